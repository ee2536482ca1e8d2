"""The servers of partners."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# The remote files that were taken.
prise = Table(
    "prise",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("serveur", Text, nullable=False),
    Column("appli", String(6), nullable=False),
    Column("dossier", Text, nullable=False),
    Column("nom", Text, nullable=False),
    Column("taille", BigInteger, nullable=False),
    Column("mtime", BigInteger, nullable=False),  # seconds, by the server's clock
    Column("sha256", String(64), nullable=False),
    Column("ticket", String(64), nullable=False, unique=True),
    Column("pris_le", Instant, nullable=False),
    Column("apres", String(16), nullable=False),  # laisser, deplacer, supprimer
    Column("apres_le", Instant),  # None: the after-action is still to be done
    Index("ix_prise_serveur_dossier_nom", "serveur", "dossier", "nom"),
)

canal = Table(
    "canal",
    metadata,
    Column("serveur", Text, primary_key=True),
    Column("arrete", Boolean, nullable=False, default=False),
    Column("incident", Text, nullable=False, default=""),
    Column("empreinte", Text, nullable=False, default=""),
    Column("reussi_le", Instant),
    Column("essais", Integer, nullable=False, default=0),
    Column("prochain_essai", Instant),
)

Index(
    "ix_prise_apres_pending",
    prise.c.serveur,
    sqlite_where=prise.c.apres_le.is_(None),
    postgresql_where=prise.c.apres_le.is_(None),
)
