"""What was decided, and the return flows that tell it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from edi.store.tables.colonnes import NUMERO, Instant, metadata

emission = Table(
    "emission",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),  # the flux it answers
    Column("appli", String(6), nullable=False),
    Column("interface", String(8), nullable=False),
    Column("numero", Integer, nullable=False),  # without holes per (appli, interface), from 1
    Column("nom", Text, nullable=False, unique=True),
    Column("cree_le", Instant, nullable=False),
    Column("emis_le", Instant),  # None: still to be put into out/
    Column("sha256", String(64), nullable=False, default=""),
    Column("proprietaire", String(80), nullable=False, default="", server_default=""),  # who is emitting it
    Column("pas_avant", Instant),  # it is still being filled until then; None: whole as booked
    Column("accuse", String(2), nullable=False, default="", server_default=""),  # IdStatut its receiver gave
    Column("accuse_id", NUMERO, ForeignKey("flux.id")),  # in that flux
    UniqueConstraint("appli", "interface", "numero"),
)

# A return flow that is put on a server too; which server, the configuration of its déposant says.
livraison = Table(
    "livraison",
    metadata,
    Column("emission_id", NUMERO, ForeignKey("emission.id"), primary_key=True, autoincrement=False),
    Column("livre_le", Instant),  # None: still to be put there
    Column("serveur", Text, nullable=False, default=""),  # where it was put
    Column("essais", Integer, nullable=False, default=0),  # a try begun counts: its outcome may be unknown
    Column("prochain_essai", Instant),  # not before that instant
    Column("incident", Text, nullable=False, default=""),
    Column("redemandee_le", Instant),  # an operator has it put there once more
)

# What is put on the server of a déposant besides its return flows: the reste of a flux, how it stands.
envoi = Table(
    "envoi",
    metadata,
    Column("flux_id", NUMERO, ForeignKey("flux.id"), primary_key=True, autoincrement=False),
    Column("nature", String(16), primary_key=True),  # reste, statut
    Column("revision", Integer, nullable=False),  # of what it tells
    Column("livre_le", Instant),  # None: still to be put there
    Column("serveur", Text, nullable=False, default=""),  # where it was put
    Column("essais", Integer, nullable=False, default=0),
    Column("prochain_essai", Instant),  # not before that instant
    Column("incident", Text, nullable=False, default=""),
)

# A message of cycle de vie of the reform: the statut it tells, of an invoice, of a file, or of the flux.
message_cdv = Table(
    "message_cdv",
    metadata,
    Column("emission_id", NUMERO, ForeignKey("emission.id"), primary_key=True, autoincrement=False),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), index=True),
    Column("fichier", Text, nullable=False, default=""),
    Column("statut", String(3), nullable=False),
    Column("facture_statut_id", NUMERO, ForeignKey("facture_statut.id"), index=True),  # the change it tells
    Column("pose_le", Instant),  # when its author gave it; None: when the flow was booked
    Column("raisons", Text, nullable=False, default="[]", server_default="[]"),  # JSON: [[motif, note], ...]
)

# An accepted invoice taken up again by who deposited it: recycled, or completed.
reprise = Table(
    "reprise",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), nullable=False, index=True),
    Column("nature", String(16), nullable=False),
    Column("le", Instant, nullable=False),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), index=True),  # that brought it back; None: by hand
    Column("fichier", Text, nullable=False),
    Column("rang", Integer, nullable=False),
    Column("par", Text, nullable=False),  # who did it by hand
    Column("commentaire", Text, nullable=False),
    # Where the invoice was to go before.
    Column("destinataire_type", Text, nullable=False),
    Column("destinataire", Text, nullable=False),
    Column("destinataire_nom", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("engagement", Text, nullable=False),
)

# The attachments that an invoice completed by hand was given; their bytes lie in the store.
piece_ajoutee = Table(
    "piece_ajoutee",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("reprise_id", NUMERO, ForeignKey("reprise.id"), nullable=False, index=True),
    Column("nom", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("taille", NUMERO, nullable=False),
)

# That who deposited an invoice has seen its rejection, or its suspension.
acquittement = Table(
    "acquittement",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), nullable=False, index=True),
    Column("vu", String(32), nullable=False),  # the statut that was seen
    Column("le", Instant, nullable=False),
    Column("par", Text, nullable=False),  # who said so by hand, or the file that did
)

# Which invoices a pivot flow hands over.
remise = Table(
    "remise",
    metadata,
    Column("emission_id", NUMERO, ForeignKey("emission.id"), primary_key=True, autoincrement=False),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), primary_key=True, autoincrement=False),
    Column("reprise_id", NUMERO, ForeignKey("reprise.id")),  # None: as it was deposited first
    Index("ix_remise_facture_id", "facture_id"),
)

flux_statut = Table(
    "flux_statut",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
    Column("avant", String(32)),
    Column("apres", String(32), nullable=False),
    Column("le", Instant, nullable=False),
    Column("motif", Text, nullable=False, default=""),
    Column("emission_id", NUMERO, ForeignKey("emission.id"), index=True),
)

facture_statut = Table(
    "facture_statut",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), nullable=False, index=True),
    Column("avant", String(32)),
    Column("apres", String(32), nullable=False),
    Column("le", Instant, nullable=False),
    Column("motif", Text, nullable=False, default=""),
    Column("emission_id", NUMERO, ForeignKey("emission.id"), index=True),
    # What a destinataire said with it; None and '' for our own statuts.
    Column("fait_le", Instant),  # when, by the destinataire
    Column("complement", Text, nullable=False, default="", server_default=""),
    Column("mandat", Text, nullable=False, default="", server_default=""),  # number of its payment order
    Column("producteur", String(14), nullable=False, default="", server_default=""),  # its SIRET
    Column("retour_id", NUMERO, ForeignKey("flux.id"), index=True),  # the flux that told us
)

# What a déposant was told of a flux in its ``statut/``; see edi/store/suivis.py.
suivi = Table(
    "suivi",
    metadata,
    Column("flux_id", NUMERO, ForeignKey("flux.id"), primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False, default=1, server_default="1"),  # counts what changed
    Column("dite", Integer, nullable=False, default=0, server_default="0"),  # the revision told last
    Column("proprietaire", String(80), nullable=False, default="", server_default=""),  # who is telling
    Column(
        "reste_de", NUMERO, ForeignKey("flux.id"), index=True
    ),  # the flux whose rejected invoices it mends
    Column("reste_le", Instant),  # when its own reste was put into out/
)

Index(
    "ix_flux_statut_first",
    flux_statut.c.flux_id,
    sqlite_where=flux_statut.c.avant.is_(None),
    postgresql_where=flux_statut.c.avant.is_(None),
)

Index(
    "ix_livraison_pending",
    livraison.c.emission_id,
    sqlite_where=livraison.c.livre_le.is_(None),
    postgresql_where=livraison.c.livre_le.is_(None),
)

Index(
    "ix_livraison_again",
    livraison.c.emission_id,
    sqlite_where=livraison.c.redemandee_le.is_not(None),
    postgresql_where=livraison.c.redemandee_le.is_not(None),
)

Index(
    "ix_envoi_pending",
    envoi.c.flux_id,
    sqlite_where=envoi.c.livre_le.is_(None),
    postgresql_where=envoi.c.livre_le.is_(None),
)

Index(
    "ix_suivi_pending",
    suivi.c.flux_id,
    sqlite_where=suivi.c.revision != suivi.c.dite,
    postgresql_where=suivi.c.revision != suivi.c.dite,
)

Index(
    "ix_emission_pending",
    emission.c.id,
    sqlite_where=emission.c.emis_le.is_(None),
    postgresql_where=emission.c.emis_le.is_(None),
)
