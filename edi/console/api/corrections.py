"""Correcting the annuaire through the API, and letting go of what is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from edi.console.api.gestes import MOTS, Court, Demande, Raison, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.registre import Nomme, tell_structure
from edi.console.api.reponses.corrections import CorrectionDite
from edi.console.api.reponses.registre import StructureEntiere
from edi.console.api.valeurs import Numero
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model import Identifiant
from edi.model.corrections import Correction, Maintien, Valeur
from edi.store import corrections

router = APIRouter(prefix="/annuaire/{identifiant}", tags=["référentiel"])


class ChampsStructure(Demande):
    """Ce que l'annuaire doit dire ; ce qui n'est pas nommé ne change pas."""

    active: bool = True
    gestion_service: bool = False
    gestion_engagement: bool = False
    gestion_service_engagement: bool = False
    moa_uniquement: bool = False
    emetteur_edi: bool = False


class ChampsService(Demande):
    """Ce que l'annuaire doit dire d'un service ; ce qui n'est pas nommé ne change pas."""

    nom: Court = ""
    actif: bool = True
    engagement: bool = False
    debut: date | None = None
    fin: date | None = None


class CorrectionVoulue(Raison):
    """Ce que dit une structure, contre le dernier import."""

    champs: ChampsStructure
    jusqu_au: date | None = Field(
        None, description="Refaite après chaque import jusqu'à ce jour ; null : le prochain import fait foi."
    )


class CorrectionDeService(Raison):
    """Ce que dit un service, contre le dernier import."""

    code: Annotated[str, StringConstraints(max_length=100, pattern=MOTS)] = Field(
        description="Code du service."
    )
    ajout: bool = Field(False, description="Il n'est pas encore dans l'annuaire.")
    champs: ChampsService
    jusqu_au: date | None = None


@router.get(
    "/corrections",
    responses=declare(401, 403, 404, 422, 429),
    dependencies=[needs(Droit.VOIR_PLATEFORME)],
)
def list_corrections(ici: Ici, nomme: Nomme) -> list[CorrectionDite]:
    """Les corrections d'une structure que les imports ne défont pas."""
    tell_structure(ici, nomme)
    return [CorrectionDite.of(one) for one in _standing(ici, nomme)]


@act(router, "/corrections")
def correct(ici: Ici, nomme: Nomme, voulue: CorrectionVoulue) -> StructureEntiere:
    """Corrige ce que l'annuaire dit d'une structure."""
    said: dict[str, Valeur] = voulue.champs.model_dump(exclude_unset=True)
    asked = Correction(nomme, said, voulue.raison, jusqu_au=voulue.jusqu_au)
    return _correct(ici, asked)


@act(router, "/services/corrections")
def correct_service(ici: Ici, nomme: Nomme, voulue: CorrectionDeService) -> StructureEntiere:
    """Corrige ce que l'annuaire dit d'un service, ou en ajoute un."""
    said: dict[str, Valeur] = voulue.champs.model_dump(exclude_unset=not voulue.ajout)
    asked = Correction(
        nomme,
        said,
        voulue.raison,
        voulue.code.strip(),
        ajout=voulue.ajout,
        jusqu_au=voulue.jusqu_au,
    )
    return _correct(ici, asked)


@act(router, "/corrections/{correction_id}/relachement")
def release(ici: Ici, nomme: Nomme, correction_id: Numero, pourquoi: Raison) -> StructureEntiere:
    """Relâche une correction : l'annuaire la garde jusqu'au prochain import, qui fera foi."""
    ici.known(next((one for one in _standing(ici, nomme) if one.import_id == correction_id), None))
    ici.console.gestes.referentiel.release(correction_id, pourquoi.raison, who_asks(ici))
    return tell_structure(ici, nomme)


def _correct(ici: Visite, asked: Correction) -> StructureEntiere:
    tell_structure(ici, asked.identifiant)  # 404 for one that there is not
    ici.console.gestes.referentiel.correct(asked, who_asks(ici))
    return tell_structure(ici, asked.identifiant)


def _standing(ici: Visite, nomme: Identifiant) -> list[Maintien]:
    today = ici.console.now().astimezone(ici.console.fuseau).date()
    with ici.reading() as conn:
        return corrections.standing(conn, today, nomme)
