"""PDF of an invoice through the API, its own or attached: its pages drawn on our side, and their text."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import Response

from edi.console.api.flux import octets
from edi.console.api.problemes import declare
from edi.console.api.reponses.pdf import PdfDit
from edi.console.api.valeurs import Numero
from edi.console.pages import pdf as pages
from edi.console.visite import Ici, Visite
from edi.model import PdfNonMontre

router = APIRouter(prefix="/factures/{facture_id}", tags=["factures"])

_REPONSES = declare(401, 404, 422, 429)
_IMAGE = _REPONSES | octets("image/webp")
Rang = Annotated[int, Path(ge=0, le=9_999, description="Rang de la pièce, à partir de 0.")]
Feuille = Annotated[int, Path(ge=1, le=9_999, description="Numéro de la page, à partir de 1.")]


@router.get("/pdf", responses=_REPONSES)
def describe_document(ici: Ici, facture_id: Numero) -> PdfDit:
    """Les pages du PDF qui porte la facture, et leur texte ; 404 si ce n'en est pas un."""
    return _describe(ici, facture_id, None)


@router.get("/pieces/{rang}/pdf", responses=_REPONSES)
def describe_piece(ici: Ici, facture_id: Numero, rang: Rang) -> PdfDit:
    """Les pages d'une pièce jointe en PDF, et leur texte."""
    return _describe(ici, facture_id, rang)


@router.get("/pdf/{page}", response_class=Response, responses=_IMAGE)
def draw_document(ici: Ici, facture_id: Numero, page: Feuille) -> Response:
    """Une page du PDF qui porte la facture, en image."""
    return pages.draw_document(ici, facture_id, page)


@router.get("/pieces/{rang}/pdf/{page}", response_class=Response, responses=_IMAGE)
def draw_piece(ici: Ici, facture_id: Numero, rang: Rang, page: Feuille) -> Response:
    """Une page d'une pièce jointe en PDF, en image."""
    return pages.draw_piece(ici, facture_id, rang, page)


def _describe(ici: Visite, facture_id: int, rang: int | None) -> PdfDit:
    _, found = pages.find_pdf(ici, facture_id, rang)
    try:
        return PdfDit.of(found.nom, ici.console.gestes.describe_pdf(found.data))
    except PdfNonMontre as refused:
        raise HTTPException(404, str(refused)) from None
