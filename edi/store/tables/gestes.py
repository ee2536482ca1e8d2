"""What operators have said, and what follows from it."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from edi.store.tables.colonnes import Instant, metadata

# What became of a quarantined deposit, by the ticket that it was quarantined under.
quarantaine = Table(
    "quarantaine",
    metadata,
    Column("ticket", String(64), primary_key=True),
    Column("issue", String(16), nullable=False),  # reprise, abandon
    Column("raison", Text, nullable=False),
    Column("par", Text, nullable=False),
    Column("le", Instant, nullable=False),
    Column("vers", String(64), nullable=False, default=""),  # the ticket that it was taken up under
)
