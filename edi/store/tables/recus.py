"""What arrived: flux, invoices, what was found in them, what lies incomplete in the folders."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from edi.store.tables.colonnes import NUMERO, Instant, Montant, metadata

flux = Table(
    "flux",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("ticket", String(64), nullable=False, unique=True),  # its entry in spool/queue
    Column("appli", String(6), nullable=False),  # whose folder it lay in
    Column("nom", Text, nullable=False, index=True),  # as received, unprintable bytes escaped
    Column("interface", String(8), nullable=False, default=""),
    Column("idflux", String(25), nullable=False, default="", index=True),
    Column("sha256", String(64), nullable=False, default="", index=True),
    Column("taille", NUMERO, nullable=False, default=0),
    Column("recu_le", Instant, nullable=False, index=True),
    Column("statut", String(32), nullable=False),
    Column("tentatives", Integer, nullable=False, default=0),
    Column("incident", Text, nullable=False, default=""),  # why it is held, for operators
    Column("rappel_de", NUMERO, ForeignKey("flux.id")),  # the first delivery this one repeats
    Column("acceptees", Integer, nullable=False, default=0),
    Column("rejetees", Integer, nullable=False, default=0),
    Column("recues", Integer),  # invoices counted in the lot itself; None: not counted
    Column("proprietaire", String(80), nullable=False, default="", server_default=""),  # of the last claim
    Column("jeton", Integer, nullable=False, default=0, server_default="0"),  # number of the last claim
    Column("classe", String(16), nullable=False, default="", server_default=""),  # of what holds it
    Column("prochain_essai", Instant),  # None: not before somebody acts
    Column("nature", String(16), nullable=False, default="factures", server_default="factures"),
    # Lists are read along one of these, the newest first.
    Index("ix_flux_appli_recu_le", "appli", "recu_le"),
    Index("ix_flux_interface_recu_le", "interface", "recu_le"),
    Index("ix_flux_statut_recu_le", "statut", "recu_le"),
)

# The sets of rule packs that invoices were judged under, each once: few rows, however many invoices.
pack_set = Table(
    "pack_set",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),  # of ``packs``
    Column("packs", Text, nullable=False),  # JSON: [[id, version, [sha256 of each official file]], ...]
)

# What lies in the deposit folders and is not complete yet; a row with a ticket tells why it was quarantined.
reception = Table(
    "reception",
    metadata,
    Column("id", NUMERO, primary_key=True),
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
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
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
    Column("pack_set_id", NUMERO, ForeignKey("pack_set.id"), index=True),  # None: judged before it was kept
    UniqueConstraint("flux_id", "ordre"),
)

# The register of what was accepted: the only thing a doublon is measured against.
facture_unique = Table(
    "facture_unique",
    metadata,
    Column("fournisseur", Text, primary_key=True),  # SIREN, or type:identifiant
    Column("numero", Text, primary_key=True),
    Column("annee", Integer, primary_key=True, autoincrement=False),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), nullable=False, unique=True),
)

# Keys of invoices being judged: what makes two flux_list with one invoice wait for each other.
cle_reservee = Table(
    "cle_reservee",
    metadata,
    Column("fournisseur", Text, primary_key=True),
    Column("numero", Text, primary_key=True),
    Column("annee", Integer, primary_key=True, autoincrement=False),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
)

finding = Table(
    "finding",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("flux_id", NUMERO, ForeignKey("flux.id"), nullable=False, index=True),
    Column("facture_id", NUMERO, ForeignKey("facture.id"), index=True),
    Column("fichier", Text, nullable=False, default=""),
    Column("code", String(64), nullable=False),
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
    Index("ix_finding_code_flux_id", "code", "flux_id"),
)

# That an invoice was accepted at deposit, whatever became of it: as its index writes it, so that it serves.
_REFUSEE: list[ColumnElement[str]] = [literal_column("''"), literal_column("'NON_CONFORME'")]
ACCEPTEE: ColumnElement[bool] = facture.c.statut.not_in(_REFUSEE)
Index(
    "ix_facture_acceptee",
    facture.c.fournisseur,
    facture.c.destinataire,
    facture.c.id,
    sqlite_where=ACCEPTEE,
    postgresql_where=ACCEPTEE,
)

Index(
    "ix_finding_lifted",
    finding.c.flux_id,
    sqlite_where=finding.c.leve_le.is_not(None),
    postgresql_where=finding.c.leve_le.is_not(None),
)
