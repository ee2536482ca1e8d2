"""What is rejected now, grouped by cause; replays that people asked for."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# One row an invoice that was rejected at deposit, still is, and has not come again mended: what pages group.
rejet = Table(
    "rejet",
    metadata,
    Column("facture_id", NUMERO, ForeignKey("facture.id"), primary_key=True, autoincrement=False),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False),
    Column("appli", String(6), nullable=False),
    Column("recu_le", Instant, nullable=False, index=True),  # of its flux
    Column("code", String(64), nullable=False),  # of the finding that decided
    Column("signature", Text, nullable=False),
    Column("fournisseur", Text, nullable=False),
    Column("devise", Text, nullable=False),
    Column("centimes", BigInteger, nullable=False),  # of its TTC, so that the database may sum them
    Index("ix_rejet_code_facture_id", "code", "facture_id"),
    # The groups of a code are counted along it alone.
    Index("ix_rejet_cause", "code", "signature", "fournisseur", "facture_id", "recu_le", "appli"),
)

# A replay that somebody asked for, and how far it is.
rejeu_lance = Table(
    "rejeu_lance",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("par", Text, nullable=False, index=True),
    Column("cible", Text, nullable=False),  # French
    Column("adresse", Text, nullable=False, default="", server_default=""),
    Column("valider", Boolean, nullable=False),
    Column("raison", Text, nullable=False, default="", server_default=""),
    Column("demande_le", Instant, nullable=False),
    Column("emission_avant", NUMERO, nullable=False),  # the last return flow that was booked before it
    Column("processus", Text, nullable=False),
    Column("avance_le", Instant, nullable=False),
    Column("fini_le", Instant),  # None: it is under way, or was interrupted without a word
    Column("issue", String(16), nullable=False),
    Column("incident", Text, nullable=False, default="", server_default=""),
)

# The invoices of a replay: what is to be judged, then what became of it.
rejeu_facture = Table(
    "rejeu_facture",
    metadata,
    Column("rejeu_id", NUMERO, ForeignKey("rejeu_lance.id"), primary_key=True, autoincrement=False),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), primary_key=True, autoincrement=False),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False),
    Column("change", String(16), nullable=False, default="", server_default=""),  # '': still to come
    Column("raison", Text, nullable=False, default="", server_default=""),
    Column("avant", Text, nullable=False, default="[]", server_default="[]"),  # JSON
    Column("apres", Text, nullable=False, default="[]", server_default="[]"),
)
