"""The registry: structures, services, mandats, their history.

A row of ``structure`` or ``service`` says since which import it reads so; what an import replaces goes to
``structure_passee`` or ``service_passe`` with the import that ended it. A row without ``depuis`` was there
before that was kept; whether its past is known, ``annuaire_import.garde`` tells. A correction by hand is an
import of its own nature: it has its place among them, so that what was read before it is still known.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, false

from edi.store.tables.colonnes import NUMERO, Instant, metadata

structure = Table(
    "structure",
    metadata,
    Column("type", String(8), primary_key=True),
    Column("identifiant", Text, primary_key=True),
    Column("siren", String(9), nullable=False, index=True),  # '' where the list has none
    Column("nom", Text, nullable=False),
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
    Column("depuis", Integer),  # the import since which it reads so
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
    # Code and name without accents, in capitals.
    Column("recherche", Text, nullable=False, default="", server_default=""),
    Column("depuis", Integer),
)

# All that a search looks at, in the order of its lists: it goes along these alone.
Index(
    "ix_structure_recherche",
    *(structure.c[name] for name in ("recherche", "identifiant", "type", "siren", "code_postal")),
    *(structure.c[name] for name in ("active", "gestion_service", "gestion_engagement")),
    *(structure.c[name] for name in ("gestion_service_engagement", "moa_uniquement")),
    *(structure.c[name] for name in ("emetteur_edi", "recepteur_edi")),
)
Index("ix_service_recherche", *(service.c[name] for name in ("code", "siret", "recherche", "actif")))


def _past_of(table: Table, name: str) -> Table:
    """The rows that a table no longer holds, with the import that ended them."""
    columns = (
        Column(column.name, column.type, nullable=column.nullable, server_default=column.server_default)
        for column in table.c
    )
    ended: Column[int] = Column("jusqu_a", Integer, nullable=False)
    return Table(name, metadata, Column("id", NUMERO, primary_key=True), *columns, ended)


structure_passee = _past_of(structure, "structure_passee")
Index("ix_structure_passee_identifiant", structure_passee.c.identifiant)
Index("ix_structure_passee_siren", structure_passee.c.siren)
service_passe = _past_of(service, "service_passe")
Index("ix_service_passe_siret", service_passe.c.siret)

annuaire_import = Table(
    "annuaire_import",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("le", Instant, nullable=False),
    Column("fichier", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("nature", String(16), nullable=False),  # structures, services or correction
    Column("lignes", Integer, nullable=False),
    # What it replaced was kept.
    Column("garde", Boolean, nullable=False, default=True, server_default=false()),
    Column("par", Text, nullable=False, default="", server_default=""),  # who did it; '': nobody kept it
    Column("raison", Text, nullable=False, default="", server_default=""),  # of a correction
)

# One row for each thing that a correction said of a structure, or of a service of one.
annuaire_correction = Table(
    "annuaire_correction",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("import_id", NUMERO, ForeignKey("annuaire_import.id"), nullable=False, index=True),
    Column("type", String(8), nullable=False),
    Column("identifiant", Text, nullable=False),
    Column("code", Text, nullable=False),  # of the service; '': the structure itself
    Column("champ", String(32), nullable=False),
    Column("valeur", Text, nullable=False),  # JSON
    Column("ajout", Boolean, nullable=False),  # of a service that no import had brought
    Column("jusqu_au", Date),  # made again after each import until that day; None: the next import has it
    Column("finie_le", Instant),  # it is made again no longer
)
Index("ix_annuaire_correction_identifiant", annuaire_correction.c.identifiant)
Index(
    "ix_annuaire_correction_en_cours",
    annuaire_correction.c.jusqu_au,
    sqlite_where=annuaire_correction.c.finie_le.is_(None),
    postgresql_where=annuaire_correction.c.finie_le.is_(None),
)

mandat = Table(
    "mandat",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("mandant_type", String(8), nullable=False),
    Column("mandant", Text, nullable=False, index=True),
    Column("mandataire", String(6), nullable=False),
    Column("cree_le", Date, nullable=False),
    Column("soumis_le", Date),  # sent to be signed; None: not yet
    Column("signe_le", Date),
    Column("revoque_le", Date),
    Column("signataire", Text, nullable=False, default=""),
    Column("saisi_le", Instant, nullable=False),
    # The order of the list with all that a filter looks at.
    Index("ix_mandat_cree_le", "cree_le", "id", "mandataire", "soumis_le", "signe_le", "revoque_le"),
    Index(
        "ix_mandat_mandataire_cree_le", "mandataire", "cree_le", "id", "soumis_le", "signe_le", "revoque_le"
    ),
)

mandat_evenement = Table(
    "mandat_evenement",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("mandat_id", NUMERO, ForeignKey("mandat.id"), nullable=False, index=True),
    Column("le", Instant, nullable=False),  # of the entry
    Column("par", Text, nullable=False),  # who entered it
    Column("quoi", String(16), nullable=False),
    Column("jour", Date, nullable=False),  # from which it counts
    Column("signataire", Text, nullable=False, default=""),
    Column("raison", Text, nullable=False, default="", server_default=""),
)
