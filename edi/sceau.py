"""The signatures of one document: where they stand, and what is to be said of them.

Looking for them is a part of every judgement and costs nothing. Verifying them loads large libraries and may
be slow: it is asked for apart, and only of a document that bears one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, cast

from lxml import etree

from edi import xml
from edi.inbound.readers.pieces import FACTURE, SIGNED, contents, unwrap
from edi.model import Facture, FichierJuge, Finding, Place
from edi.validators.scenarios import SCENARIOS, Scenario
from edi.validators.signature_cards import ABSENTE, Signature, tell

_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_HIDDEN = "urn:navette:signature"
_TERM = "Signature électronique"
_PDF = b"%PDF-"


class Sceau(NamedTuple):
    """One signature: that of the whole document, or that of an invoice attached to it."""

    place: Place
    rang: int = 0  # of the invoice that is attached; 0: the document itself is signed


def find(data: bytes, tree: etree._ElementTree | None, factures: Sequence[Facture]) -> Iterator[Sceau]:
    """The signatures that a document bears. ``tree``: of an XML document; None for a PDF."""
    if tree is None:
        if SIGNED in data:
            yield Sceau(Place(term=_TERM))
        return
    signature = next(tree.iter(_SIGNATURE), None)
    if signature is not None:
        yield Sceau(Place(xml.where(signature), xml.line_of(signature), _TERM))
    for facture in factures:
        for i, piece in enumerate(facture.pieces_jointes):
            if piece.type == FACTURE and piece.signee:
                yield Sceau(facture.place(f"pj[{i}].contenu"), facture.rang)


def hide(tree: etree._ElementTree) -> etree._ElementTree:
    """The same document for its schema to see: what stands in its signature is judged by verifying it.

    The schemas of UBL know the XAdES of 2006, and would refuse what EN 319 132-1 has added to it since. The
    element that takes its place bears its name under a namespace that no schema knows.
    """
    if next(tree.getroot().iterdescendants(_SIGNATURE), None) is None:
        return tree
    shown = copy.deepcopy(tree)
    signature = next(shown.getroot().iterdescendants(_SIGNATURE))
    parent = cast(etree._Element, signature.getparent())
    other = etree.Element(f"{{{_HIDDEN}}}Signature", nsmap={signature.prefix: _HIDDEN})
    other.sourceline, other.tail = signature.sourceline, signature.tail
    parent.replace(signature, other)
    return shown


def find_missing(
    scenario: Scenario, sceaux: Sequence[Sceau], factures: Sequence[Facture]
) -> Iterator[tuple[int, Finding]]:
    """The rang of each invoice that bears no signature, and what is said of it when it was to bear one.

    In a mixed document the invoice is its attachment of type 01: that one may be signed, or all of it.
    """
    if any(not sceau.rang for sceau in sceaux):
        return
    signed = {sceau.rang for sceau in sceaux}
    for facture in factures:
        place: Place | None = Place() if scenario.pdf else facture.place("facture")
        if scenario.mixte and not scenario.pdf:
            if facture.rang in signed:
                continue
            pieces = enumerate(facture.pieces_jointes)
            own = (facture.place(f"pj[{i}].contenu") for i, p in pieces if p.type == FACTURE and not p.faute)
            place = next(own, None)  # none: no invoice is attached, or it does not open; that is told already
        if place is not None:
            for finding in tell(Signature(ABSENTE), place._replace(term=_TERM), annoncee=True):
                yield facture.rang, finding


def verify(
    fichier: FichierJuge, data: bytes, ancres: Sequence[bytes], moment: datetime, limite: int, exigee: bool
) -> FichierJuge:
    """The same file, with what its signatures are worth at the instant of the deposit.

    ``limite``: bytes of an attachment. ``exigee``: the deposit says that it is signed. Raises ValueError for
    an anchor that is no certificate.
    """
    from edi.validators import pades, xades  # a second to load, for the few documents that bear one

    tree = None if data.startswith(_PDF) else xml.parse(data)
    pieces = {} if tree is None else {xml.where(element): element for element in contents(tree)}
    factures = [jugee.facture for jugee in fichier.factures]
    told: list[tuple[int, Finding]] = []
    real = []
    for sceau in find(data, tree, factures):
        if sceau.rang:
            *_, attached = unwrap(pieces[sceau.place.path].text or "", limite)
            found = pades.verify_pades(attached, ancres, moment)
        elif tree is None:
            found = pades.verify_pades(data, ancres, moment)
        else:
            found = xades.verify_xades(data, ancres, moment)
        told += [(sceau.rang, finding) for finding in tell(found, sceau.place, annoncee=False)]
        real += [sceau] if found.etat != ABSENTE else []  # the mark of one may stand in a PDF that has none
    if exigee:
        (scenario,) = (s for s in SCENARIOS if s.id == fichier.scenario)
        told += find_missing(scenario, real, factures)
    return replace(add_findings(fichier, told), a_verifier=False)


def add_findings(fichier: FichierJuge, found: Sequence[tuple[int, Finding]]) -> FichierJuge:
    """The same file, with findings for the invoices of some rangs; 0 stands for all of them."""
    return replace(
        fichier,
        factures=tuple(
            jugee.with_findings(tuple(f for rang, f in found if rang in (0, jugee.facture.rang)))
            for jugee in fichier.factures
        ),
    )
