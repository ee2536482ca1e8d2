"""Who works here."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from edi.store.tables.colonnes import Instant, metadata

# The processes at work. A claim of a process that has no row here any more is void.
processus = Table(
    "processus",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("depuis", Instant, nullable=False),
    Column("vu_le", Instant, nullable=False),  # its last heartbeat
)
