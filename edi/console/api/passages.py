"""Runs of the nights through the API: what each counted, what failed, its report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response

from edi.console.api.problemes import declare
from edi.console.api.reponses.plateforme import PassageDit, PassageEntier
from edi.console.api.valeurs import Curseur, Numero, Page, read_cursor, texte, write_cursor
from edi.console.droits import Droit, needs
from edi.console.pages import nuits as pages
from edi.console.visite import Ici
from edi.store import passages

router = APIRouter(prefix="/passages", tags=["plateforme"], dependencies=[needs(Droit.VOIR_PLATEFORME)])

_PAGE = 50
_TEXTE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {kind: {"schema": {"type": "string"}} for kind in ("text/html", "text/plain")},
        "description": "Le rapport : la page qui part par courriel, ou son texte.",
    }
}


@router.get("", responses=declare(401, 403, 422, 429))
def list_passages(
    ici: Ici, tache: Annotated[str, texte("Nom de la tâche de nuit.")] = "", curseur: Curseur = ""
) -> Page[PassageDit]:
    """Les passages des nuits, le plus récent d'abord."""
    with ici.reading() as conn:
        page = passages.list_page(conn, tache.strip(), _PAGE, avant=read_cursor(curseur))
    suivant = write_cursor(page.lignes[-1].id) if page.plus_anciens else None
    return Page(elements=[PassageDit.of(one) for one in page.lignes], suivant=suivant)


@router.get("/{passage_id}", responses=declare(401, 403, 404, 422, 429))
def show_passage(ici: Ici, passage_id: Numero) -> PassageEntier:
    """Un passage : ses étapes, les échéances manquées qu'il rattrape, le texte de son rapport."""
    with ici.reading() as conn:
        found = ici.known(passages.find(conn, passage_id))
        report = ici.console.gestes.plateforme.rapport(conn, passage_id, "txt")
        good = passages.made_good_by(conn, passage_id)
    return PassageEntier.whole(found, report[1] if report else None, good)


@router.get(
    "/{passage_id}/rapport.{forme}",
    response_class=Response,
    responses=declare(401, 403, 404, 422, 429) | _TEXTE,
)
def give_report(ici: Ici, passage_id: Numero, forme: Literal["html", "txt"]) -> Response:
    """Le rapport d'un passage, en fichier ; 404 s'il n'en est pas gardé."""
    return pages.give_report(ici, passage_id, forme)
