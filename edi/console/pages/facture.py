"""One invoice: what is wrong with it beside its document, what it says, its life so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from edi.console import source
from edi.console.avenir import foresee
from edi.console.precedente import compare_with_last
from edi.console.visite import Ici
from edi.model import Facsimile, FactureDeposee, FactureStatut, LigneFacture, Severity
from edi.model.jugements_main import JugementMain
from edi.outbound.suites import PERSONNE, say, suite_deposee, who_said, why_said
from edi.store import jugements_main, recherches
from edi.store.fiches import read_fiches

router = APIRouter(prefix="/factures")

_LIGNES = 300  # of an invoice on its page
_MONTRES = 6  # PDF on its page


class Ligne(NamedTuple):
    """A line as it is shown."""

    rang: int
    designation: str
    calcul: LigneFacture


@router.get("/{facture_id}")
def show_facture(ici: Ici, facture_id: int, comparer: bool = False) -> HTMLResponse:
    """All that is known of one invoice; ``comparer``: with the one before it, however large its lot."""
    with ici.reading() as conn:
        facture = ici.known(recherches.find_facture(conn, ici.portee, facture_id))
        flux = ici.known(recherches.find_flux(conn, ici.portee, facture.flux_id))
        said = jugements_main.of_flux(conn, flux.id) if ici.portee.est_entiere else []
        (fiche,) = read_fiches(conn, [(facture, flux.reference)])
        originale = recherches.find_original(conn, ici.portee, facture)
    vue = ici.console.gestes.make_facsimile(facture)
    findings = sorted(fiche.findings, key=lambda one: -one.severity)
    lines = vue.source if vue else ()
    marked = source.match(lines, findings)
    shown, left_out = source.select(lines, marked)
    suite = suite_deposee(facture.statut, findings, flux)
    return ici.show(
        "facture.html",
        fiche=fiche,
        facture=facture,
        flux=flux,
        vue=vue,
        lue=vue.facture if vue else None,
        lignes=_lines(vue),
        constats=findings,
        ancres={number: rank + 1 for rank, numbers in marked.items() for number in numbers},
        source=shown,
        fin_sautee=left_out,
        dit=say(suite),
        suite=suite,
        rejetee=facture.statut is FactureStatut.NON_CONFORME,
        cause=next((one.code for one in findings if one.severity >= Severity.ERROR), ""),
        personne=PERSONNE,
        avenir=foresee(facture.statut),
        originale=originale,
        vie=[
            (one, who_said(one.statut, one.fait), why_said(one.statut, one.fait, findings))
            for one in fiche.history
        ],
        montres=_pdfs(facture, vue),
        rapprochement=compare_with_last(ici, facture, vue, findings, asked=comparer),
        trop_de_lignes=_LIGNES,
        mains=by_hand(facture, said),
    )


def by_hand(facture: FactureDeposee, said: Sequence[JugementMain]) -> list[JugementMain]:
    """What two persons have judged of an invoice, among all that was said of its flux."""
    place = (facture.fichier, facture.rang)
    return [one for one in said if one.confirme and (one.fichier, one.rang) == place]


def _lines(vue: Facsimile | None) -> list[Ligne]:
    if vue is None:
        return []
    names = vue.designations
    return [
        Ligne(rank + 1, names[rank].nom if rank < len(names) else "", one)
        for rank, one in enumerate(vue.facture.calculs[:_LIGNES])
    ]


def _pdfs(facture: FactureDeposee, vue: Facsimile | None) -> list[tuple[str, str]]:
    """The PDF that are shown: name, where. The document itself; else, those attached, the invoice first."""
    if vue is None:
        return []
    if vue.pdf:
        return [(vue.fichier, f"/factures/{facture.id}/pdf")]
    attached = sorted(enumerate(vue.facture.pieces_jointes), key=lambda one: one[1].type)
    return [
        (piece.nom or "sans nom", f"/factures/{facture.id}/pieces/{rank}/pdf")
        for rank, piece in attached
        if piece.nature == "pdf" and piece.lisible is not False
    ][:_MONTRES]


@router.get("/{facture_id}/document")
def give_document(ici: Ici, facture_id: int) -> Response:
    """The file that holds an invoice, as it was received."""
    return _give(ici, facture_id, None)


@router.get("/{facture_id}/pieces/{piece}")
def give_piece(ici: Ici, facture_id: int, piece: int) -> Response:
    """An attachment, out of its base64 and of its zip."""
    return _give(ici, facture_id, piece)


def _give(ici: Ici, facture_id: int, piece: int | None) -> Response:
    with ici.reading() as conn:
        facture: FactureDeposee = ici.known(recherches.find_facture(conn, ici.portee, facture_id))
    found = ici.console.gestes.find_document(facture, piece)
    if found is None:
        raise HTTPException(404, "Ce document n'est pas dans la facture, ou ne se lit plus.")
    return ici.give(found.nom, found.data)
