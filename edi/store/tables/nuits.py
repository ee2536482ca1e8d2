"""The work of the night."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Unicode,
)

from edi.store.tables.colonnes import NUMERO, Instant, metadata

tache = Table(
    "tache",
    metadata,
    Column("nom", String(40), primary_key=True),
    Column("couverte", Date, nullable=False),  # every night up to that of this day is settled
    Column("pause_le", Instant),  # None: not paused
    Column("pause_par", Text, nullable=False, default="", server_default=""),
    Column("pause_raison", Text, nullable=False, default="", server_default=""),
    Column("proprietaire", String(80), nullable=False, default="", server_default=""),  # who is at it
    Column("jeton", Integer, nullable=False, default=0, server_default="0"),
)

# Each due date has one row, whatever came of it; a run by hand has one too.
passage = Table(
    "passage",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("tache", String(40), nullable=False, index=True),
    Column("jour", Date, nullable=False),
    Column("echeance", Instant, nullable=False),
    Column("genre", String(16), nullable=False),
    Column("issue", String(16), nullable=False, index=True),
    Column("debut", Instant),  # None: not run
    Column("fin", Instant),
    Column("processus", String(80), nullable=False, default=""),
    Column("reprises", Integer, nullable=False, default=0),
    Column("doubles", Integer, nullable=False, default=0),
    Column("chevauche", Instant),
    Column("rattrape_par", NUMERO, ForeignKey("passage.id")),
    Column("rapport", Text, nullable=False, default=""),
)

passage_etape = Table(
    "passage_etape",
    metadata,
    Column("passage_id", NUMERO, ForeignKey("passage.id"), primary_key=True, autoincrement=False),
    Column("rang", Integer, primary_key=True, autoincrement=False),
    Column("etape", String(16), nullable=False),
    Column("debut", Instant, nullable=False),
    Column("fin", Instant),
    Column("issue", String(16), nullable=False),
    Column("comptes", Text, nullable=False, default="{}"),  # JSON, by French word
    Column("incidents", Text, nullable=False, default="[]"),  # JSON, French sentences
)

# The figures of a run, that its report is made of.
passage_bilan = Table(
    "passage_bilan",
    metadata,
    Column("passage_id", NUMERO, ForeignKey("passage.id"), primary_key=True, autoincrement=False),
    Column("tache", String(40), nullable=False),
    Column("le", Instant, nullable=False),
    Column("contenu", Text, nullable=False),  # JSON
    Index("ix_passage_bilan_tache_passage_id", "tache", "passage_id"),
)

# Which flux a report tells of: each is told as received once a job, and again while it is under way.
passage_flux = Table(
    "passage_flux",
    metadata,
    Column("passage_id", NUMERO, ForeignKey("passage.id"), primary_key=True, autoincrement=False),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), primary_key=True, autoincrement=False, index=True),
    Column("ouvert", Boolean, nullable=False),  # it was not decided then
    Column("derniere", NUMERO, nullable=False),  # the last of its invoices that had been; 0: none
)

# The relevés that jobs of the night have made: what is owed is what is not here.
releve_jour = Table(
    "releve_jour",
    metadata,
    Column("appli", String(6), primary_key=True),
    Column("jour", Date, primary_key=True),
    Column("fait_le", Instant, nullable=False),
    Column("flux", Integer, nullable=False),
    Column("factures", Integer, nullable=False),
)

# What APScheduler keeps, as its SQLAlchemyJobStore asks for it. It wakes us; it decides nothing.
apscheduler_jobs = Table(
    "apscheduler_jobs",
    metadata,
    Column("id", Unicode(191), primary_key=True),
    Column("next_run_time", Float(25), index=True),
    Column("job_state", LargeBinary, nullable=False),
)

Index(
    "uq_passage_tache_jour",
    passage.c.tache,
    passage.c.jour,
    unique=True,
    sqlite_where=passage.c.genre != "MANUEL",
    postgresql_where=passage.c.genre != "MANUEL",
)
