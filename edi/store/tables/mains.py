"""Undecided invoices, and what two persons say of them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# What waits in a flux that is not decided, as its last pass left it.
indecise = Table(
    "indecise",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
    Column("fichier", Text, nullable=False),
    Column("rang", Integer, nullable=False),  # 0: a file that could not be read
    Column("numero", Text, nullable=False),
    Column("fournisseur", Text, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the bytes of the flux
    Column("doutes", Text, nullable=False),  # JSON: [[code, source, location, value, severity, message], ...]
)

# What one person proposes of an undecided invoice, and what another answers; never removed.
jugement_main = Table(
    "jugement_main",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
    Column("fichier", Text, nullable=False),
    Column("rang", Integer, nullable=False),
    Column("numero", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("doutes", Text, nullable=False),  # JSON: the findings that it is about
    Column("issue", String(16), nullable=False),  # acceptee, rejetee
    Column("motif", String(32), nullable=False),
    Column("raison", Text, nullable=False),
    Column("propose_par", Text, nullable=False),
    Column("propose_le", Instant, nullable=False),
    Column("confirme", Boolean),  # None: not answered
    Column("repondu_par", Text, nullable=False, default="", server_default=""),
    Column("repondu_le", Instant),
    Column("reponse", Text, nullable=False, default="", server_default=""),
)

Index(
    "ix_jugement_main_open",
    jugement_main.c.flux_id,
    jugement_main.c.fichier,
    jugement_main.c.rang,
    unique=True,
    sqlite_where=jugement_main.c.confirme.is_(None),
    postgresql_where=jugement_main.c.confirme.is_(None),
)
