"""What is kept in spite of its age, and what was forgotten."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# Received bytes that were kept long enough: written before they go, and never removed.
oubli = Table(
    "oubli",
    metadata,
    Column("flux_id", NUMERO, ForeignKey("flux.id"), primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True, index=True),  # the lot, or a piece added by hand
    Column("taille", NUMERO, nullable=False),
    Column("classe", String(16), nullable=False),
    Column("regle", Text, nullable=False),  # under which it went, in French
    Column("le", Instant, nullable=False),
    Column("fait_le", Instant),  # None: the bytes may still lie there
)

# A flux whose bytes stay whatever their age: a dispute, an inquiry.
gel = Table(
    "gel",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
    Column("raison", Text, nullable=False),
    Column("par", Text, nullable=False),
    Column("le", Instant, nullable=False),
    Column("leve_le", Instant),  # None: it holds
    Column("leve_par", Text, nullable=False, default="", server_default=""),
)

Index(
    "ix_oubli_pending",
    oubli.c.sha256,
    sqlite_where=oubli.c.fait_le.is_(None),
    postgresql_where=oubli.c.fait_le.is_(None),
)

Index(
    "ix_gel_open",
    gel.c.flux_id,
    unique=True,
    sqlite_where=gel.c.leve_le.is_(None),
    postgresql_where=gel.c.leve_le.is_(None),
)
