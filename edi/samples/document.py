"""One sample document: its invoices in the syntax of its format, with the faults asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from lxml import etree

from edi.model import Structure
from edi.samples.brouillon import Brouillon, draw_brouillon
from edi.samples.cii import build_cii, build_cii_min, build_cii_reforme
from edi.samples.facturx import FICHIER, Hybride, write_hybride
from edi.samples.faults import (
    CII,
    CII_MIN,
    CII_REFORME,
    FACTURX,
    FAULTS,
    LES_E2,
    LES_REFORMES,
    MIXTE,
    REFORME,
    UBL,
    UBL_MIN,
    Fault,
    Scene,
)
from edi.samples.mixte import Enveloppe, build_mixte
from edi.samples.pieces import PieceJointe, write_heavy_pdf, write_pdf
from edi.samples.ubl import build_e1
from edi.samples.ubl_min import build_min
from edi.samples.ubl_reforme import build_reforme
from edi.samples.world import BREST, KERVADEC

INTERFACES = {
    UBL: "FSO1100A",
    REFORME: "FSO1100A",
    UBL_MIN: "FSO1110A",
    CII: "FSO1106A",
    CII_REFORME: "FSO1106A",
    CII_MIN: "FSO1116A",
    FACTURX: "FSO1117A",
    MIXTE: "FSO1113A",
}
_BUILD: Mapping[str, Callable[[Brouillon], etree._Element]] = {
    UBL: build_e1,
    REFORME: build_reforme,
    UBL_MIN: build_min,
    CII: build_cii,
    CII_REFORME: build_cii_reforme,
    CII_MIN: build_cii_min,
    FACTURX: build_cii_reforme,
}
CADRES = {nom: ("S1", "B1", "M1") if nom in LES_REFORMES else ("A1",) for nom in INTERFACES}
JOUR = date(2025, 9, 15)  # of the invoices, unless another is asked for


def make_facture(
    nom_format: str = UBL,
    *,
    graine: int = 1,
    faute: str = "",
    avoir: bool = False,
    pieces_jointes: bool = False,
    fournisseur: Structure = KERVADEC,
    destinataire: Structure = BREST,
    jour: date = JOUR,
    longueur: int = 0,
    **changes: Any,
) -> bytes:
    """A document of one invoice; ``changes`` replace fields of its :class:`Brouillon`.

    ``longueur`` is its number of lines, 0 to let it be drawn.
    Raises KeyError for an unknown format or fault, ValueError for a fault that asks for a lot (``doublon``).
    """
    rng = random.Random(f"{nom_format}|{graine}")  # noqa: S311 - samples, not secrets
    numero, cadre = f"FA-{rng.randrange(10**6):06d}", rng.choice(CADRES[nom_format])
    brouillon = draw_brouillon(rng, numero, jour, fournisseur, destinataire, cadre, avoir, longueur)
    brouillon = replace(attach_pieces(brouillon, nom_format, pieces_jointes), **changes)
    fault = FAULTS[faute] if faute else None
    if fault is not None and fault.values is not None:
        brouillon = fault.values(brouillon, Scene(rng, jour, None))
    enveloppe = Enveloppe("AAA123", f"AAA123{INTERFACES[nom_format][3:7]}{graine:015d}", jour)
    return write_document(nom_format, (brouillon,), enveloppe, {0: fault} if fault else {})


def attach_pieces(brouillon: Brouillon, nom_format: str, complement: bool, poids: int = 0) -> Brouillon:
    """The PDF of the invoice itself where the format wants it, and a delivery note when asked for.

    ``poids``: bytes of a scanned note, 0 for none.
    """
    pieces = []
    if nom_format in LES_E2:
        pieces.append(PieceJointe(f"{brouillon.numero}.pdf", write_pdf(_sheet(brouillon)), "01"))
    if complement:
        note = write_pdf(("Bon de livraison", f"Facture {brouillon.numero}"))
        pieces.append(PieceJointe(f"BL_{brouillon.numero}.pdf", note))
    if poids:
        rng = random.Random(brouillon.numero)  # noqa: S311 - samples, not secrets
        scan = write_heavy_pdf((f"Bon signé, facture {brouillon.numero}",), poids, rng)
        pieces.append(PieceJointe(f"BS_{brouillon.numero}.pdf", scan))
    return replace(brouillon, pieces_jointes=tuple(pieces))


def _sheet(brouillon: Brouillon) -> tuple[str, ...]:
    """The lines of the invoice as people read it."""
    title = f"{'Avoir' if brouillon.est_avoir else 'Facture'} {brouillon.numero} du {brouillon.date}"
    lines = (title, brouillon.fournisseur.nom, "", *(ligne.libelle for ligne in brouillon.lignes))
    return (*lines, "", f"Total TTC : {brouillon.ttc} {brouillon.devise}")


def write_document(
    nom_format: str,
    brouillons: Sequence[Brouillon],
    enveloppe: Enveloppe,
    fautes: Mapping[int, Fault] | None = None,
) -> bytes:
    """The bytes of one file. ``fautes``: by rank in the file (from 0), those of its tree and of its bytes.

    Only a mixed document holds more than one invoice.
    """
    root, units = _build(nom_format, brouillons, enveloppe)
    fautes = fautes or {}
    for rank, faute in fautes.items():
        if faute.tree is not None:
            faute.tree(units[rank])
    if nom_format not in LES_REFORMES:
        text = f'type="text/xsl" href="{INTERFACES[nom_format]}.xsl"'
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", text))
    data = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True)
    for faute in fautes.values():
        if faute.octets is not None:
            data = faute.octets(data)
    if nom_format == FACTURX and data:
        return _write_pdf(brouillons[0], data, tuple(fautes.values()))
    return data


def _write_pdf(brouillon: Brouillon, data: bytes, fautes: Sequence[Fault]) -> bytes:
    hybride = Hybride(_sheet(brouillon), ((FICHIER, data),))
    for faute in fautes:
        hybride = faute.pdf(hybride) if faute.pdf is not None else hybride
    pdf = write_hybride(hybride)
    for faute in fautes:
        pdf = faute.fichier(pdf) if faute.fichier is not None else pdf
    return pdf


def _build(
    nom_format: str, brouillons: Sequence[Brouillon], enveloppe: Enveloppe
) -> tuple[etree._Element, Sequence[etree._Element]]:
    """The root of a document, and the element of each of its invoices."""
    if nom_format == MIXTE:
        root = build_mixte(brouillons, enveloppe)
        return root, list(root.iter("CPPFactureMixteUnitaire"))
    (brouillon,) = brouillons
    root = _BUILD[nom_format](brouillon)
    return root, (root,)
