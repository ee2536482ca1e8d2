"""Every table, and nothing else: no query, no rule, no transition.

Instants are stored in UTC and come back aware; amounts are stored as the text they arrived in.
A statut row of ``flux_statut`` or ``facture_statut`` is history and outbox in one: ``emission_id`` names the
return flow that tells it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Unicode,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as ISO 8601 text in UTC so that it sorts and never loses its zone."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Montant(TypeDecorator[Decimal]):
    """An amount, Decimal from text to text."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# -- what arrived -----------------------------------------------------------------------------------------

flux = Table(
    "flux",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", String(64), nullable=False, unique=True),  # its entry in spool/queue
    Column("appli", String(6), nullable=False, index=True),  # whose folder it lay in
    Column("nom", Text, nullable=False, index=True),  # as received, unprintable bytes escaped
    Column("interface", String(8), nullable=False, default="", index=True),
    Column("idflux", String(25), nullable=False, default="", index=True),
    Column("sha256", String(64), nullable=False, default="", index=True),
    Column("taille", Integer, nullable=False, default=0),
    Column("recu_le", Instant, nullable=False, index=True),
    Column("statut", String(32), nullable=False, index=True),
    Column("tentatives", Integer, nullable=False, default=0),
    Column("incident", Text, nullable=False, default=""),  # why it is held, for operators
    Column("rappel_de", Integer, ForeignKey("flux.id")),  # the first delivery this one repeats
    Column("acceptees", Integer, nullable=False, default=0),
    Column("rejetees", Integer, nullable=False, default=0),
    Column("recues", Integer),  # invoices counted in the lot itself; None: not counted
    Column("proprietaire", String(80), nullable=False, default="", server_default=""),  # of the last claim
    Column("jeton", Integer, nullable=False, default=0, server_default="0"),  # number of the last claim
    Column("classe", String(16), nullable=False, default="", server_default=""),  # of what holds it
    Column("prochain_essai", Instant),  # None: not before somebody acts
    Column("nature", String(16), nullable=False, default="factures", server_default="factures"),
)

# The sets of rule packs that invoices were judged under, each once: few rows, however many invoices.
pack_set = Table(
    "pack_set",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),  # of ``packs``
    Column("packs", Text, nullable=False),  # JSON: [[id, version, [sha256 of each official file]], ...]
)

# What lies in the deposit folders and is not complete yet; a row with a ticket tells why it was quarantined.
reception = Table(
    "reception",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("appli", String(6), nullable=False),
    Column("nom", Text, nullable=False),  # unprintable bytes escaped
    Column("inode", BigInteger, nullable=False),
    Column("taille", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("vu_le", Instant, nullable=False),
    Column("change_le", Instant, nullable=False),
    Column("attend", String(16), nullable=False),
    Column("echeance", Instant),  # None: nothing ends this wait but the sender
    Column("ticket", String(64), nullable=False, default="", index=True),
    UniqueConstraint("appli", "nom", "ticket"),
)

facture = Table(
    "facture",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flux_id", Integer, ForeignKey("flux.id"), nullable=False, index=True),
    Column("ordre", Integer, nullable=False),  # sorts the invoices as the flux does
    Column("fichier", Text, nullable=False, index=True),
    Column("rang", Integer, nullable=False),  # position in the file, from 1
    Column("numero", Text, nullable=False, index=True),
    Column("type", Text, nullable=False),  # as sent, legal or not
    Column("cadre", Text, nullable=False),
    Column("date", Date),
    Column("fournisseur_type", Text, nullable=False),
    Column("fournisseur", Text, nullable=False, index=True),
    Column("fournisseur_nom", Text, nullable=False),
    Column("fournisseur_pays", Text, nullable=False),
    Column("destinataire_type", Text, nullable=False),
    Column("destinataire", Text, nullable=False, index=True),
    Column("destinataire_nom", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("engagement", Text, nullable=False, index=True),
    Column("marche", Text, nullable=False, index=True),
    Column("devise", Text, nullable=False),
    Column("ht", Montant),
    Column("tva", Montant),
    Column("ttc", Montant),
    Column("net", Montant),
    Column("lignes", Integer, nullable=False),
    Column("pieces_jointes", Integer, nullable=False),
    Column(
        "origine", Text, nullable=False, default="", server_default="", index=True
    ),  # that an avoir corrects
    Column("statut", String(32), nullable=False, index=True),
    Column("pack_set_id", Integer, ForeignKey("pack_set.id"), index=True),  # None: judged before it was kept
    UniqueConstraint("flux_id", "ordre"),
)

# The register of what was accepted: the only thing a doublon is measured against.
facture_unique = Table(
    "facture_unique",
    metadata,
    Column("fournisseur", Text, primary_key=True),  # SIREN, or type:identifiant
    Column("numero", Text, primary_key=True),
    Column("annee", Integer, primary_key=True, autoincrement=False),
    Column("facture_id", Integer, ForeignKey("facture.id"), nullable=False, unique=True),
)

# Keys of invoices being judged: what makes two flux_list with one invoice wait for each other.
cle_reservee = Table(
    "cle_reservee",
    metadata,
    Column("fournisseur", Text, primary_key=True),
    Column("numero", Text, primary_key=True),
    Column("annee", Integer, primary_key=True, autoincrement=False),
    Column("flux_id", Integer, ForeignKey("flux.id"), nullable=False, index=True),
)

finding = Table(
    "finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flux_id", Integer, ForeignKey("flux.id"), nullable=False, index=True),
    Column("facture_id", Integer, ForeignKey("facture.id"), index=True),
    Column("fichier", Text, nullable=False, default=""),
    Column("code", String(64), nullable=False, index=True),
    Column("severity", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("line", Integer),
    Column("value", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("term", Text, nullable=False),
    Column("motif", String(32), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("leve_le", Instant),  # when a replay accepted the invoice that it blocked
)

# -- what was decided, and what tells it ------------------------------------------------------------------

emission = Table(
    "emission",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flux_id", Integer, ForeignKey("flux.id"), nullable=False, index=True),  # the flux it answers
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
    Column("accuse_id", Integer, ForeignKey("flux.id")),  # in that flux
    UniqueConstraint("appli", "interface", "numero"),
)

# A return flow that is put on a server too; which server, the configuration of its déposant says.
livraison = Table(
    "livraison",
    metadata,
    Column("emission_id", Integer, ForeignKey("emission.id"), primary_key=True, autoincrement=False),
    Column("livre_le", Instant),  # None: still to be put there
    Column("serveur", Text, nullable=False, default=""),  # where it was put
    Column("essais", Integer, nullable=False, default=0),  # a try begun counts: its outcome may be unknown
    Column("prochain_essai", Instant),  # not before that instant
    Column("incident", Text, nullable=False, default=""),
)

# What is put on the server of a déposant besides its return flows: the reste of a flux, how it stands.
envoi = Table(
    "envoi",
    metadata,
    Column("flux_id", Integer, ForeignKey("flux.id"), primary_key=True, autoincrement=False),
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
    Column("emission_id", Integer, ForeignKey("emission.id"), primary_key=True, autoincrement=False),
    Column("facture_id", Integer, ForeignKey("facture.id"), index=True),
    Column("fichier", Text, nullable=False, default=""),
    Column("statut", String(3), nullable=False),
    Column("facture_statut_id", Integer, ForeignKey("facture_statut.id"), index=True),  # the change it tells
    Column("pose_le", Instant),  # when its author gave it; None: when the flow was booked
    Column("raisons", Text, nullable=False, default="[]", server_default="[]"),  # JSON: [[motif, note], ...]
)

# An accepted invoice taken up again by who deposited it: recycled, or completed.
reprise = Table(
    "reprise",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("facture_id", Integer, ForeignKey("facture.id"), nullable=False, index=True),
    Column("nature", String(16), nullable=False),
    Column("le", Instant, nullable=False),
    Column("flux_id", Integer, ForeignKey("flux.id"), index=True),  # that brought it back; None: by hand
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
    Column("id", Integer, primary_key=True),
    Column("reprise_id", Integer, ForeignKey("reprise.id"), nullable=False, index=True),
    Column("nom", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("taille", Integer, nullable=False),
)

# That who deposited an invoice has seen its rejection, or its suspension.
acquittement = Table(
    "acquittement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("facture_id", Integer, ForeignKey("facture.id"), nullable=False, index=True),
    Column("vu", String(32), nullable=False),  # the statut that was seen
    Column("le", Instant, nullable=False),
    Column("par", Text, nullable=False),  # who said so by hand, or the file that did
)

# Which invoices a pivot flow hands over.
remise = Table(
    "remise",
    metadata,
    Column("emission_id", Integer, ForeignKey("emission.id"), primary_key=True, autoincrement=False),
    Column("facture_id", Integer, ForeignKey("facture.id"), primary_key=True, autoincrement=False),
    Column("reprise_id", Integer, ForeignKey("reprise.id")),  # None: as it was deposited first
    Index("ix_remise_facture_id", "facture_id"),
)

flux_statut = Table(
    "flux_statut",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flux_id", Integer, ForeignKey("flux.id"), nullable=False, index=True),
    Column("avant", String(32)),
    Column("apres", String(32), nullable=False),
    Column("le", Instant, nullable=False),
    Column("motif", Text, nullable=False, default=""),
    Column("emission_id", Integer, ForeignKey("emission.id"), index=True),
)

facture_statut = Table(
    "facture_statut",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("facture_id", Integer, ForeignKey("facture.id"), nullable=False, index=True),
    Column("avant", String(32)),
    Column("apres", String(32), nullable=False),
    Column("le", Instant, nullable=False),
    Column("motif", Text, nullable=False, default=""),
    Column("emission_id", Integer, ForeignKey("emission.id"), index=True),
    # What a destinataire said with it; None and '' for our own statuts.
    Column("fait_le", Instant),  # when, by the destinataire
    Column("complement", Text, nullable=False, default="", server_default=""),
    Column("mandat", Text, nullable=False, default="", server_default=""),  # number of its payment order
    Column("producteur", String(14), nullable=False, default="", server_default=""),  # its SIRET
    Column("retour_id", Integer, ForeignKey("flux.id"), index=True),  # the flux that told us
)

# What a déposant was told of a flux in its ``statut/``; see edi/store/suivis.py.
suivi = Table(
    "suivi",
    metadata,
    Column("flux_id", Integer, ForeignKey("flux.id"), primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False, default=1, server_default="1"),  # counts what changed
    Column("dite", Integer, nullable=False, default=0, server_default="0"),  # the revision told last
    Column("proprietaire", String(80), nullable=False, default="", server_default=""),  # who is telling
    Column(
        "reste_de", Integer, ForeignKey("flux.id"), index=True
    ),  # the flux whose rejected invoices it mends
    Column("reste_le", Instant),  # when its own reste was put into out/
)

# -- how rules behave, and what operators are told -----------------------------------------------------------

# What decisions came to: invoices judged by a set of rules (code ''), or refused by a rule.
decompte = Table(
    "decompte",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flux_id", Integer, ForeignKey("flux.id"), nullable=False),
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
    Column("id", Integer, primary_key=True),
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
    Column("id", Integer, primary_key=True),
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
    Column("absente_depuis", Instant),  # None: it was there at the last look
    Column("resolue_le", Instant),
)

# What is told through one channel of alerts; its content is fixed before the first try.
annonce = Table(
    "annonce",
    metadata,
    Column("id", Integer, primary_key=True),
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
    Column("id", Integer, primary_key=True),
    Column("regle", Text, nullable=False),
    Column("sujet", Text, nullable=False),
    Column("constat", Text, nullable=False),
    Column("complet", Boolean, nullable=False),
    Column("vu_le", Instant, nullable=False),  # first seen
)

# -- who works here ---------------------------------------------------------------------------------------

# The processes at work. A claim of a process that has no row here any more is void.
processus = Table(
    "processus",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("depuis", Instant, nullable=False),
    Column("vu_le", Instant, nullable=False),  # its last heartbeat
)

# -- the servers of partners ------------------------------------------------------------------------------

# The remote files that were taken.
prise = Table(
    "prise",
    metadata,
    Column("id", Integer, primary_key=True),
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

# -- the work of the night --------------------------------------------------------------------------------

tache = Table(
    "tache",
    metadata,
    Column("nom", String(40), primary_key=True),
    Column("couverte", Date, nullable=False),  # every night up to that of this day is settled
    Column("pause_le", Instant),  # None: not paused
    Column("proprietaire", String(80), nullable=False, default="", server_default=""),  # who is at it
    Column("jeton", Integer, nullable=False, default=0, server_default="0"),
)

# Each due date has one row, whatever came of it; a run by hand has one too.
passage = Table(
    "passage",
    metadata,
    Column("id", Integer, primary_key=True),
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
    Column("rattrape_par", Integer, ForeignKey("passage.id")),
    Column("rapport", Text, nullable=False, default=""),
)

passage_etape = Table(
    "passage_etape",
    metadata,
    Column("passage_id", Integer, ForeignKey("passage.id"), primary_key=True, autoincrement=False),
    Column("rang", Integer, primary_key=True, autoincrement=False),
    Column("etape", String(16), nullable=False),
    Column("debut", Instant, nullable=False),
    Column("fin", Instant),
    Column("issue", String(16), nullable=False),
    Column("comptes", Text, nullable=False, default="{}"),  # JSON, by French word
    Column("incidents", Text, nullable=False, default="[]"),  # JSON, French sentences
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

# -- the registry -----------------------------------------------------------------------------------------

structure = Table(
    "structure",
    metadata,
    Column("type", String(8), primary_key=True),
    Column("identifiant", Text, primary_key=True),
    Column("siren", String(9), nullable=False, index=True),  # '' where the list has none
    Column("nom", Text, nullable=False, index=True),
    Column("recherche", Text, nullable=False),  # name and town without accents, in capitals
    Column("active", Boolean, nullable=False),
    Column("emetteur_edi", Boolean, nullable=False),
    Column("recepteur_edi", Boolean, nullable=False),
    Column("gestion_engagement", Boolean, nullable=False),
    Column("gestion_service", Boolean, nullable=False),
    Column("gestion_service_engagement", Boolean, nullable=False),
    Column("statut_paiement", Boolean, nullable=False),
    Column("moa", Boolean, nullable=False),
    Column("moa_uniquement", Boolean, nullable=False),
    Column("privee", Boolean, nullable=False),
    Column("code_postal", String(16), nullable=False, index=True),
    Column("ville", Text, nullable=False),
    Column("pays", String(8), nullable=False),
)

service = Table(
    "service",
    metadata,
    Column("siret", String(14), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("nom", Text, nullable=False),
    Column("actif", Boolean, nullable=False),
    Column("engagement", Boolean, nullable=False),
    Column("debut", Date),
    Column("fin", Date),
)

annuaire_import = Table(
    "annuaire_import",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("le", Instant, nullable=False),
    Column("fichier", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("nature", String(16), nullable=False),  # structures or services
    Column("lignes", Integer, nullable=False),
)

mandat = Table(
    "mandat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mandant_type", String(8), nullable=False),
    Column("mandant", Text, nullable=False, index=True),
    Column("mandataire", String(6), nullable=False, index=True),
    Column("cree_le", Date, nullable=False),
    Column("soumis_le", Date),  # sent to be signed; None: not yet
    Column("signe_le", Date),
    Column("revoque_le", Date),
    Column("signataire", Text, nullable=False, default=""),
    Column("saisi_le", Instant, nullable=False),
)

mandat_evenement = Table(
    "mandat_evenement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mandat_id", Integer, ForeignKey("mandat.id"), nullable=False, index=True),
    Column("le", Instant, nullable=False),  # of the entry
    Column("par", Text, nullable=False),  # who entered it
    Column("quoi", String(16), nullable=False),
    Column("jour", Date, nullable=False),  # from which it counts
    Column("signataire", Text, nullable=False, default=""),
)

Index(
    "ix_prise_apres_pending",
    prise.c.serveur,
    sqlite_where=prise.c.apres_le.is_(None),
    postgresql_where=prise.c.apres_le.is_(None),
)

Index(
    "ix_livraison_pending",
    livraison.c.emission_id,
    sqlite_where=livraison.c.livre_le.is_(None),
    postgresql_where=livraison.c.livre_le.is_(None),
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
