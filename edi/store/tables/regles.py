"""What is known of the official rules besides their files."""

from __future__ import annotations

from sqlalchemy import Column, Date, Table, Text

from edi.store.tables.colonnes import Instant, metadata

# What a version that judges nothing yet would change, the last time that somebody compared it.
comparaison = Table(
    "comparaison",
    metadata,
    Column("jeu", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("sha256", Text, nullable=False),  # of its files: a version may be replaced under its name
    Column("contre", Text, nullable=False),  # the version in force that day
    Column("du", Date),  # days of the invoices that were judged, half open; None: no bound
    Column("au", Date),
    Column("le", Instant, nullable=False),
    Column("par", Text, nullable=False),
    Column("lignes", Text, nullable=False),  # JSON, one a fournisseur
)
