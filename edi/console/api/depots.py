"""Deposits by hand through the API: a file tried or deposited, those that were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from edi.console.api.formulaire import FORMULAIRE, Formulaire
from edi.console.api.gestes import REPONSES, SANS_CONTROLE, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.depots import DepotDit, EssaiDit
from edi.console.api.valeurs import Curseur, Numero, Page, cut, read_cursor, texte
from edi.console.droits import Droit, needs
from edi.console.pages.deposer import read_voulu
from edi.console.televersement import Brut
from edi.console.visite import Ici, Visite
from edi.model import DepotVoulu, Versement
from edi.store import depots_manuels

router = APIRouter(prefix="/depots", tags=["dépôts à la main"], dependencies=[needs(Droit.DEPOSER)])

_PAGE = 50
Deposant = Annotated[str, texte("Code appli.", vide=False)]
Nom = Annotated[str, texte("Nom du fichier chez qui le dépose.", vide=False)]
RaisonDite = Annotated[
    str,
    Query(
        max_length=500,
        pattern=SANS_CONTROLE,
        description="Pourquoi à la main ; seul un fournisseur peut ne pas le dire.",
    ),
]
_CORPS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Les octets du fichier, tels quels.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", responses=declare(401, 403, 422, 429))
def list_depots(ici: Ici, curseur: Curseur = "") -> Page[DepotDit]:
    """Les dépôts faits à la main, le plus récent d'abord."""
    with ici.reading() as conn:
        page = depots_manuels.list_depots(conn, ici.portee, _PAGE + 1, avant=read_cursor(curseur))
    return cut(page.lignes, _PAGE, DepotDit.of, lambda one: one.id)


@router.get("/{depot_id}", responses=declare(401, 403, 404, 422, 429))
def show_depot(ici: Ici, depot_id: Numero) -> DepotDit:
    """Un dépôt, et où en est son flux."""
    return _find(ici, depot_id)


@router.post("", responses=REPONSES | declare(507), openapi_extra=_CORPS)
def deposit(ici: Ici, recu: Brut, deposant: Deposant, nom: Nom, raison: RaisonDite = "") -> DepotDit:
    """Dépose une facture ou un lot : il sera jugé comme s'il était arrivé par son canal."""
    return _deposit(ici, _want(ici, {"deposant": deposant, "raison": raison}, nom), recu)


@router.post("/essai", responses=REPONSES | declare(507), openapi_extra=_CORPS)
def try_out(ici: Ici, recu: Brut, deposant: Deposant, nom: Nom) -> EssaiDit:
    """Essaie un dépôt à blanc : les mêmes contrôles, sans rien déposer ni garder. Un seul à la fois."""
    voulu = _want(ici, {"deposant": deposant}, nom)
    return EssaiDit.of(ici.console.gestes.manuel.try_out(voulu, recu))


@router.post("/pdf", responses=REPONSES | declare(507), openapi_extra=FORMULAIRE)
def deposit_pdf(ici: Ici, recu: Formulaire) -> DepotDit:
    """Dépose un PDF et ses données saisies ; un autre fichier l'est tel quel, sans elles."""
    return _deposit(ici, _want(ici, recu.champs, recu.nom), recu.versement)


@router.post("/pdf/essai", responses=REPONSES | declare(507), openapi_extra=FORMULAIRE)
def try_out_pdf(ici: Ici, recu: Formulaire) -> EssaiDit:
    """Essaie à blanc un PDF et ses données saisies. Un seul essai à la fois."""
    voulu = _want(ici, recu.champs, recu.nom)
    return EssaiDit.of(ici.console.gestes.manuel.try_out(voulu, recu.versement))


def _want(ici: Visite, said: Mapping[str, str], nom: str) -> DepotVoulu:
    """What is asked for; 404 for a déposant for whom nobody may deposit here."""
    voulu = read_voulu(ici, said, nom)
    ici.known(voulu.appli or None)
    return voulu


def _deposit(ici: Visite, voulu: DepotVoulu, recu: Versement) -> DepotDit:
    return _find(ici, ici.console.gestes.manuel.deposit(voulu, recu, who_asks(ici)))


def _find(ici: Visite, depot_id: int) -> DepotDit:
    with ici.reading() as conn:
        return DepotDit.of(ici.known(depots_manuels.find(conn, ici.portee, depot_id)))
