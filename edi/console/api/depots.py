"""Deposits by hand through the API: a file sent as it is, and those that were made."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from edi.console.api.gestes import MOTS, REPONSES, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.depots import DepotDit
from edi.console.api.valeurs import Curseur, Numero, Page, cut, read_cursor, texte
from edi.console.droits import Droit, needs
from edi.console.televersement import Brut
from edi.console.visite import Ici, Visite
from edi.model import DepotVoulu
from edi.store import depots_manuels

router = APIRouter(prefix="/depots", tags=["dépôts à la main"], dependencies=[needs(Droit.DEPOSER)])

_PAGE = 50
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
def deposit(
    ici: Ici,
    recu: Brut,
    deposant: Annotated[str, texte("Code appli.", vide=False)],
    nom: Annotated[str, texte("Nom du fichier chez qui le dépose.", vide=False)],
    raison: Annotated[str, Query(max_length=500, pattern=MOTS, description="Pourquoi à la main.")],
) -> DepotDit:
    """Dépose une facture ou un lot : il sera jugé comme s'il était arrivé par son canal."""
    manuel = ici.console.gestes.manuel
    ici.known(deposant if deposant in manuel.deposants and ici.sees(deposant) else None)
    voulu = DepotVoulu(deposant, nom, {}, " ".join(raison.split()))
    return _find(ici, manuel.deposit(voulu, recu, who_asks(ici)))


def _find(ici: Visite, depot_id: int) -> DepotDit:
    with ici.reading() as conn:
        return DepotDit.of(ici.known(depots_manuels.find(conn, ici.portee, depot_id)))
