"""Which judgement decided what, and what it was made under; see edi/model/jugements.py."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, Text

from edi.store.tables.colonnes import Instant, metadata

# What was set, each once: few rows, however many judgements.
reglage = Table(
    "reglage",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),  # of ``texte``
    Column("texte", Text, nullable=False),  # JSON, keys in order
)

jugement = Table(
    "jugement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flux_id", Integer, ForeignKey("flux.id"), nullable=False, index=True),
    Column("passe", String(16), nullable=False),
    Column("le", Instant, nullable=False),
    Column("jour", Date, nullable=False),
    Column("reglage_id", Integer, ForeignKey("reglage.id"), nullable=False),
    # The last row of each history that it could see.
    Column("annuaire", Integer, nullable=False),
    Column("mandats", Integer, nullable=False),
    Column("factures", Integer, nullable=False),
    Column("flux", Integer, nullable=False),
    Column("reprises", Integer, nullable=False),
)

jugement_facture = Table(
    "jugement_facture",
    metadata,
    Column("facture_id", Integer, ForeignKey("facture.id"), primary_key=True, autoincrement=False),
    Column("jugement_id", Integer, ForeignKey("jugement.id"), primary_key=True, autoincrement=False),
    Column("pack_set_id", Integer, ForeignKey("pack_set.id")),  # of that judgement; None: none was asked
)
