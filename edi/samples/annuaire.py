"""The sample world printed as the two CSV files of the official annuaire: ``;``, UTF-8, one header row.

Each bears the columns of the official export, then ours, for what the portal holds and the export does not
tell: ``StructurePriveePublique`` (PRIVEE or PUBLIQUE) of a structure, ``DateDebutValidite`` and
``DateFinValidite`` (AAAA-MM-JJ or empty, both days included) of a service. Booleans are ``true``, ``false``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from edi.model import Service, Structure
from edi.samples.world import SERVICES, STRUCTURES

_ADRESSE = (
    "Adresse",
    "ComplementAdresse1",
    "ComplementAdresse2",
    "CodePostal",
    "Ville",
    "NumTelephone",
    "Courriel",
    "CodePays",
    "LibellePays",
)
COLONNES_STRUCTURES = (
    "TypeIdentifiant",
    "Identifiant",
    "RaisonSociale",
    "EmetteurEdi",
    "RecepteurEdi",
    "GestionStatutMiseEnPaiement",
    "GestionEngagement",
    "GestionService",
    "GestionServiceEngagement",
    "EstMOA",
    "EstMOAUniquement",
    "StructureActive",
    *_ADRESSE,
    "StructurePriveePublique",
)
COLONNES_SERVICES = (
    "Identifiant",
    "RaisonSociale",
    "Code",
    "Nom",
    "GestionEGMT",
    "ServiceActif",
    *_ADRESSE,
    "DateDebutValidite",
    "DateFinValidite",
)


def structures_csv(structures: Sequence[Structure] = STRUCTURES) -> bytes:
    """The file of structures, fournisseurs included."""
    return _csv(COLONNES_STRUCTURES, map(_structure_row, structures))


def services_csv(
    services: Sequence[Service] = SERVICES, structures: Sequence[Structure] = STRUCTURES
) -> bytes:
    """The file of services, each with the name and address of its structure."""
    owners = {structure.identifiant.valeur: structure for structure in structures}
    return _csv(COLONNES_SERVICES, (_service_row(service, owners[service.siret]) for service in services))


def _structure_row(structure: Structure) -> tuple[str, ...]:
    flags = (
        structure.emetteur_edi,
        structure.recepteur_edi,
        structure.statut_paiement,
        structure.gestion_engagement,
        structure.gestion_service,
        structure.gestion_service_engagement,
        structure.moa,
        structure.moa_uniquement,
        structure.active,
    )
    nature = "PRIVEE" if structure.privee else "PUBLIQUE"
    return (*structure.identifiant, structure.nom, *map(_boolean, flags), *_address(structure), nature)


def _service_row(service: Service, owner: Structure) -> tuple[str, ...]:
    head = (service.siret, owner.nom, service.code, service.nom)
    flags = (_boolean(service.engagement), _boolean(service.actif))
    return (*head, *flags, *_address(owner), _day(service.debut), _day(service.fin))


def _address(structure: Structure) -> tuple[str, ...]:
    street = "3 rue des Artisans" if structure.privee else "1 place de la République"
    return (street, "", "", structure.code_postal, structure.ville, "", "", structure.pays, "FRANCE")


def _boolean(flag: bool) -> str:
    return "true" if flag else "false"


def _day(jour: date | None) -> str:
    return jour.isoformat() if jour else ""


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
