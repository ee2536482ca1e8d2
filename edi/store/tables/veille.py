"""How rules behave, and what operators are told."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from edi.store.tables.colonnes import NUMERO, Instant, metadata

# What decisions came to: invoices judged by a set of rules (code ''), or refused by a rule.
decompte = Table(
    "decompte",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False),
    Column("le", Instant, nullable=False, index=True),
    Column("source", Text, nullable=False),  # pack and version, or "edi"
    Column("code", String(64), nullable=False),
    Column("appli", String(6), nullable=False),
    Column("fournisseur", Text, nullable=False),  # its SIREN where it has one
    Column("factures", Integer, nullable=False),
    Index("ix_decompte_source_code_le", "source", "code", "le", "factures"),  # sums read it alone
)

# The rules that refused far more than usual, and what was said of them.
disjoncteur = Table(
    "disjoncteur",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("source", Text, nullable=False),
    Column("code", String(64), nullable=False),
    Column("declenche_le", Instant, nullable=False),
    Column("refusees", Integer, nullable=False),
    Column("jugees", Integer, nullable=False),
    Column("fournisseurs", Integer, nullable=False),
    Column("deposants", Integer, nullable=False),
    Column("refusees_avant", Integer, nullable=False),
    Column("jugees_avant", Integer, nullable=False),
    Column("avis", String(16), nullable=False, default="", server_default=""),  # juste, fautive
    Column("par", Text, nullable=False, default="", server_default=""),
    Column("leve_le", Instant),
)

# A condition that somebody must look at, from its first sign to its end; see edi/alertes.
alerte = Table(
    "alerte",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("cle", Text, nullable=False),
    Column("regle", String(32), nullable=False),
    Column("gravite", String(16), nullable=False),
    Column("qui", String(16), nullable=False),  # who must act
    Column("phrase", Text, nullable=False),
    Column("remede", Text, nullable=False),
    Column("depuis", Instant, nullable=False),  # of the condition itself
    Column("apparue_le", Instant, nullable=False),  # first seen
    Column("vue_le", Instant, nullable=False),  # last seen
    Column("ouverte_le", Instant),  # None: not held for long enough to be told
    Column("dite_le", Instant),  # told last
    Column("acquittee_par", Text, nullable=False, default="", server_default=""),
    Column("acquittee_jusqu", Instant),
    Column("acquittee_raison", Text, nullable=False, default="", server_default=""),
    Column("absente_depuis", Instant),  # None: it was there at the last look
    Column("resolue_le", Instant),
)

# What is told through one channel of alerts; its content is fixed before the first try.
annonce = Table(
    "annonce",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("cle", String(64), nullable=False, unique=True),  # the same at each try
    Column("canal", Text, nullable=False),
    Column("contenu", Text, nullable=False),  # JSON
    Column("cree_le", Instant, nullable=False),
    Column("essais", Integer, nullable=False, default=0, server_default="0"),
    Column("prochain_essai", Instant),
    Column("incident", Text, nullable=False, default="", server_default=""),
    Column("partie_le", Instant),  # None: still to be told
)

# What the last audit found; a quick one says nothing of what only a whole one sees.
ecart = Table(
    "ecart",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("regle", Text, nullable=False),
    Column("sujet", Text, nullable=False),
    Column("constat", Text, nullable=False),
    Column("complet", Boolean, nullable=False),
    Column("vu_le", Instant, nullable=False),  # first seen
)

Index(
    "ix_disjoncteur_open",
    disjoncteur.c.source,
    disjoncteur.c.code,
    unique=True,
    sqlite_where=disjoncteur.c.avis != "juste",
    postgresql_where=disjoncteur.c.avis != "juste",
)

Index(
    "ix_alerte_current",
    alerte.c.cle,
    unique=True,
    sqlite_where=alerte.c.resolue_le.is_(None),
    postgresql_where=alerte.c.resolue_le.is_(None),
)

Index(
    "ix_annonce_pending",
    annonce.c.id,
    sqlite_where=annonce.c.partie_le.is_(None),
    postgresql_where=annonce.c.partie_le.is_(None),
)
