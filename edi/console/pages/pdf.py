"""PDF of an invoice, its own or attached: drawn page by page on our side; no browser opens one here."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from edi.console.visite import Ici
from edi.model import FactureDeposee, Fichier, PdfNonMontre
from edi.store import recherches

router = APIRouter(prefix="/factures")


@router.get("/{facture_id}/pdf")
def show_document(ici: Ici, facture_id: int) -> HTMLResponse:
    """Every page of the file that holds an invoice, when it is a PDF."""
    return _show(ici, facture_id, None)


@router.get("/{facture_id}/pieces/{piece}/pdf")
def show_piece(ici: Ici, facture_id: int, piece: int) -> HTMLResponse:
    """Every page of an attachment."""
    return _show(ici, facture_id, piece)


@router.get("/{facture_id}/pdf/{page}")
def draw_document(ici: Ici, facture_id: int, page: int) -> Response:
    """One page of the file that holds an invoice, as a picture."""
    return _draw(ici, facture_id, None, page)


@router.get("/{facture_id}/pieces/{piece}/pdf/{page}")
def draw_piece(ici: Ici, facture_id: int, piece: int, page: int) -> Response:
    """One page of an attachment, as a picture."""
    return _draw(ici, facture_id, piece, page)


def _show(ici: Ici, facture_id: int, piece: int | None) -> HTMLResponse:
    facture, found = find_pdf(ici, facture_id, piece)
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, facture.flux_id))
    liasse, refus = None, ""
    try:
        liasse = ici.console.gestes.describe_pdf(found.data)
    except PdfNonMontre as refused:
        refus = str(refused)
    whole = "document" if piece is None else f"pieces/{piece}"
    return ici.show(
        "pdf.html",
        facture=facture,
        flux=flux,
        nom=found.nom,
        liasse=liasse,
        refus=refus,
        entier=f"/factures/{facture.id}/{whole}",
    )


def _draw(ici: Ici, facture_id: int, piece: int | None, page: int) -> Response:
    if page < 1:
        raise HTTPException(404)
    _, found = find_pdf(ici, facture_id, piece)
    try:
        image = ici.console.gestes.draw_pdf(found.data, page)
    except PdfNonMontre as refused:
        raise HTTPException(404, str(refused)) from None
    return Response(image, media_type="image/webp")


def find_pdf(ici: Ici, facture_id: int, piece: int | None) -> tuple[FactureDeposee, Fichier]:
    """The PDF of an invoice that may be seen, or of an attachment. Raises HTTPException."""
    with ici.reading() as conn:
        facture = ici.known(recherches.find_facture(conn, ici.portee, facture_id))
    found = ici.console.gestes.find_document(facture, piece)
    if found is None or not found.est_pdf:
        raise HTTPException(404, "Ce document n'est pas un PDF, ou ne se lit plus.")
    return facture, found
