"""What is known of the official rules besides their files."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKeyConstraint, Integer, String, Table, Text

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

# How the compiled form of an official sheet has done under one compiler; see edi/confiance.py.
feuille = Table(
    "feuille",
    metadata,
    Column("feuille", String(64), primary_key=True),  # sha256 of the sheet
    Column("compilateur", String(64), primary_key=True),  # digest of its sources
    Column("nom", Text, nullable=False),
    Column("etat", String(16), nullable=False),  # name of EtatFeuille
    Column("depuis", Instant, nullable=False),
    Column("documents", Integer, nullable=False),  # that the compiled form judged
    Column("documents_etat", Integer, nullable=False),  # the same, since it is in that state
    Column("replis", Integer, nullable=False),  # that it could not judge
    Column("doubles", Integer, nullable=False),  # that both forms judged
    Column("ecarts", Integer, nullable=False),  # of those, where they differed
    Column("dernier_ecart", Text, nullable=False),  # rules and places, nothing of the document
    Column("ecart_le", Instant),
)

# Why the official form judged instead, and how often.
feuille_repli = Table(
    "feuille_repli",
    metadata,
    Column("feuille", String(64), primary_key=True),
    Column("compilateur", String(64), primary_key=True),
    Column("raison", Text, primary_key=True),
    Column("nombre", Integer, nullable=False),
    Column("vu_le", Instant, nullable=False),  # last
    ForeignKeyConstraint(["feuille", "compilateur"], ["feuille.feuille", "feuille.compilateur"]),
)
