"""Which judgement decided what, and what it was made under; see edi/model/jugements.py."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# What was set, each once: few rows, however many judgements.
reglage = Table(
    "reglage",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),  # of ``texte``
    Column("texte", Text, nullable=False),  # JSON, keys in order
)

jugement = Table(
    "jugement",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
    Column("passe", String(16), nullable=False),
    Column("le", Instant, nullable=False),
    Column("jour", Date, nullable=False),
    Column("reglage_id", NUMERO, ForeignKey("reglage.id"), nullable=False),
    # The last row of each history that it could see.
    Column("annuaire", NUMERO, nullable=False),
    Column("mandats", NUMERO, nullable=False),
    Column("factures", NUMERO, nullable=False),
    Column("flux", NUMERO, nullable=False),
    Column("reprises", NUMERO, nullable=False),
)

jugement_facture = Table(
    "jugement_facture",
    metadata,
    Column("facture_id", NUMERO, ForeignKey("facture.id"), primary_key=True, autoincrement=False),
    Column("jugement_id", NUMERO, ForeignKey("jugement.id"), primary_key=True, autoincrement=False),
    Column("pack_set_id", NUMERO, ForeignKey("pack_set.id")),  # of that judgement; None: none was asked
)
