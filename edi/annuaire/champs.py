"""What an annuaire says of a structure and of a service, field by field, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from edi.model import Service, Structure
from edi.model.corrections import Valeur


class Champ(NamedTuple):
    """A field that somebody may correct."""

    nom: str  # in Structure or Service
    cle: str  # on the command line
    libelle: str  # what it says when it is true; what is asked for when it is no flag


STRUCTURE = (
    Champ("active", "active", "Active : elle reçoit des factures"),
    Champ("gestion_service", "service", "Exige un code service"),
    Champ("gestion_engagement", "engagement", "Exige un numéro d'engagement"),
    Champ(
        "gestion_service_engagement",
        "service-ou-engagement",
        "Exige un code service ou un numéro d'engagement",
    ),
    Champ("moa_uniquement", "travaux-seulement", "Ne reçoit que des pièces de marchés de travaux"),
    Champ("emetteur_edi", "emetteur-edi", "Émet des flux EDI"),
)
SERVICE = (
    Champ("actif", "actif", "Ouvert : il reçoit des factures"),
    Champ("engagement", "engagement", "Exige un numéro d'engagement"),
    Champ("debut", "debut", "Valable à partir du"),
    Champ("fin", "fin", "Valable jusqu'au"),
    Champ("nom", "nom", "Nom"),
)

# What a change of each flag comes to: when it becomes true, when it becomes false.
_DEVENU: Mapping[str, tuple[str, str]] = {
    "active": ("structure active", "structure inactive"),
    "actif": ("service ouvert", "service fermé"),
    "gestion_service": ("exige un code service", "n'exige plus de code service"),
    "gestion_engagement": ("exige un numéro d'engagement", "n'exige plus de numéro d'engagement"),
    "gestion_service_engagement": (
        "exige un code service ou un numéro d'engagement",
        "n'exige plus « l'un ou l'autre »",
    ),
    "engagement": ("exige un numéro d'engagement", "n'exige plus de numéro d'engagement"),
    "moa_uniquement": ("marchés de travaux seulement", "toutes les factures"),
    "emetteur_edi": ("émet des flux EDI", "n'émet plus de flux EDI"),
    "recepteur_edi": ("reçoit par EDI", "ne reçoit plus par EDI"),
    "statut_paiement": ("dit la mise en paiement", "ne dit plus la mise en paiement"),
    "moa": ("maître d'ouvrage", "n'est plus maître d'ouvrage"),
    "privee": ("structure privée", "structure publique"),
}
_TEXTES = {
    "nom": "nom",
    "code_postal": "code postal",
    "ville": "ville",
    "pays": "pays",
    "debut": "début",
    "fin": "fin",
}


def tell_change(champ: str, avant: Valeur, apres: Valeur) -> str:
    """« n'exige plus de code service », « fin : aucune → 31/12/2026 »."""
    if champ in _DEVENU:
        return _DEVENU[champ][0 if apres else 1]
    return f"{_TEXTES.get(champ, champ)} : {_show(avant)} → {_show(apres)}"


def tell_changes(avant: Structure | Service, apres: Structure | Service) -> tuple[str, ...]:
    """What differs between two readings of one structure, or of one service."""
    names = (*_DEVENU, *_TEXTES)
    pairs = ((name, getattr(avant, name, None), getattr(apres, name, None)) for name in names)
    return tuple(tell_change(name, old, new) for name, old, new in pairs if old != new)


def _show(value: Valeur) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"« {value} »" if value else "rien"
