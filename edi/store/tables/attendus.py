"""What déposants are expected to bring, what operators did to that, what déposants were told."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from edi.store.tables.colonnes import NUMERO, Instant, metadata

attendu = Table(
    "attendu",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("appli", String(6), nullable=False, index=True),
    Column("etat", String(16), nullable=False),
    Column("jours", Text, nullable=False),  # JSON: {"semaine": [...], "mois": [...], "ouvres": [...]}
    Column("debut", String(5), nullable=False),  # HH:MM, in the zone of the platform
    Column("fin", String(5), nullable=False),
    Column("volumes", Text, nullable=False),  # JSON: {"flux": [min, max], "factures": ..., "montants": {...}}
    Column("pointe", Text, nullable=False, default="", server_default=""),  # the same around a month's end
    Column("feries", String(16), nullable=False),
    Column("territoire", String(8), nullable=False, default="", server_default=""),
    Column("fermetures", Text, nullable=False, default="[]", server_default="[]"),  # JSON: days
    Column("du", Date),  # None: not fixed yet
    Column("au", Date),
    Column("pause_au", Date),
)

attendu_evenement = Table(
    "attendu_evenement",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("attendu_id", NUMERO, ForeignKey("attendu.id"), nullable=False, index=True),
    Column("le", Instant, nullable=False),
    Column("par", Text, nullable=False),
    Column("acte", String(16), nullable=False),
    Column("detail", Text, nullable=False),
)

# What a déposant was told of one window: once, whatever becomes of it.
signalement = Table(
    "signalement",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("attendu_id", NUMERO, ForeignKey("attendu.id"), nullable=False),
    Column("appli", String(6), nullable=False),
    Column("jour", Date, nullable=False),  # on which the window opens
    Column("nature", String(16), nullable=False),
    Column("phrase", Text, nullable=False),
    Column("depuis", Instant, nullable=False),
    Column("dit_le", Instant, nullable=False),
    Column("courriel", Text, nullable=False, default="[]", server_default="[]"),  # JSON: addresses
    Column("suivante", Instant),  # when the next window opens
    Column("fin_le", Instant),
    Column("fin", Text, nullable=False, default="", server_default=""),
    Column("pose", Boolean, nullable=False),  # its file says what holds now
    Column("a_livrer", Boolean, nullable=False),  # it is still to be put on the server of its déposant
    Column("essais", Integer, nullable=False, default=0, server_default="0"),
    Column("prochain_essai", Instant),  # not before that instant
    Column("incident", Text, nullable=False, default="", server_default=""),
    UniqueConstraint("attendu_id", "jour", "nature"),
)

Index(
    "uq_attendu_appli_etat",
    attendu.c.appli,
    attendu.c.etat,
    unique=True,
    sqlite_where=attendu.c.etat != "TERMINE",
    postgresql_where=attendu.c.etat != "TERMINE",
)

Index(
    "ix_signalement_open",
    signalement.c.appli,
    sqlite_where=signalement.c.fin_le.is_(None),
    postgresql_where=signalement.c.fin_le.is_(None),
)
