"""The journal, and its head: what was written is never written again."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from edi.store.tables.colonnes import NUMERO, metadata

# Triggers of the database refuse to change or to remove a row; see the migration that made it. Instants are
# kept as text here, so that a hash is taken of what lies in the row and of nothing else.
journal = Table(
    "journal",
    metadata,
    Column("numero", NUMERO, primary_key=True, autoincrement=False),  # from 1, without holes
    Column("le", String(32), nullable=False),
    Column("genre", String(16), nullable=False),
    Column("flux_id", NUMERO, index=True),  # the flux it is about
    Column("fait_id", NUMERO),  # the row that keeps what it tells, in the table of its genre
    Column("sujet", Text, nullable=False),
    Column("contenu", Text, nullable=False),  # canonical JSON
    Column("par", Text, nullable=False),
    Column("precedente", LargeBinary(32), nullable=False),  # the hash of the row before; none for the first
    Column("empreinte", LargeBinary(32), nullable=False),  # sha256 of all the rest
)

# One row: what the last row of the journal is.
journal_tete = Table(
    "journal_tete",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("numero", NUMERO, nullable=False),
    Column("empreinte", LargeBinary(32), nullable=False),
)

Index(
    "ix_journal_racine",
    journal.c.numero,
    sqlite_where=journal.c.genre == "RACINE",
    postgresql_where=journal.c.genre == "RACINE",
)
