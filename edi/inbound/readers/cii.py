"""CII (CrossIndustryInvoice, UN/CEFACT), in the shape of Chorus Pro or of EN 16931, to the one Facture.

Chorus Pro names parties by a type 1 to 7 in ``schemeID``; EN 16931 by ISO 6523 schemes. Both write the cadre
in the business process, but some software of Chorus Pro writes it in place of the profile (BT-24).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from edi.inbound.readers.cii_fields import (
    CHORUS,
    DOCUMENT,
    IDENTIFIANTS,
    MONTANTS_LIGNES,
    NAMESPACES,
    PIECE_JOINTE,
    PROFIL,
    REFORME,
    REGLEMENT,
    TERMES,
    TERMES_LIGNE,
    TRANSACTION,
    TVA,
    TVA_TOTAL,
)
from edi.inbound.readers.fields import Reading, Row, read_compact_date, read_decimal, text_of
from edi.inbound.readers.lignes import CII, read_calculs
from edi.inbound.readers.parties import is_typed_by_chorus, read_partie
from edi.inbound.readers.pieces import COMPLEMENT, DEFAULT_LIMIT, FACTURE, measure
from edi.inbound.readers.signes import Signes
from edi.inbound.readers.termes import read_identifiants, read_notes, read_termes
from edi.model import Facture, LigneTva, Montants, Note, PieceJointe, Place
from edi.xml import line_of, where

_DAY = "102"  # the only format of a date that EN 16931 and Chorus Pro know: AAAAMMJJ
_CADRE = re.compile(r"[A-Z][0-9]{1,2}")
_CADRE_CHORUS = re.compile(r"A[0-9]{1,2}")

_RAM = f"{{{NAMESPACES['ram']}}}"
_NAMING = frozenset(
    f"{_RAM}{name}" for name in ("SellerTradeParty", "BuyerTradeParty", "SpecifiedLegalOrganization")
)
# Where the type 01 or 02 of an attachment may stand: the published texts of Chorus Pro do not tell.
_TYPE_PJ = ("ram:TypeCode", "ram:Name", "ram:ReferenceTypeCode")


def read_signes(tree: etree._ElementTree) -> Signes:
    """The profile of a document, whether it is of Chorus Pro, and whether the invoice itself is attached.

    A cadre A1 to A25 is a mark of Chorus Pro here: its users send it in documents of the profile EN 16931.
    """
    root = tree.getroot()
    profil = text_of(root.find(PROFIL, NAMESPACES))
    parties = (
        e for name in ("fournisseur", "destinataire") for p in CHORUS[name].paths for e in _all(root, p)
    )
    cadres = (text_of(element) for path in CHORUS["cadre"].paths for element in _all(root, path))
    chorus = any(map(_CADRE_CHORUS.fullmatch, cadres)) or any(
        _is_naming(element) and is_typed_by_chorus(element) for element in parties
    )
    types = (_type_of(piece) for path in CHORUS["pj"].paths for piece in _all(root, path))
    amounts = (read_decimal(text_of(amount)) for amount in _all(root, MONTANTS_LIGNES))
    return Signes(profil, chorus, FACTURE in types and not any(amounts))


def place_of_profil(tree: etree._ElementTree) -> str:
    """Where BT-24 stands, or the document itself when it bears none."""
    profil = tree.getroot().find(PROFIL, NAMESPACES)
    return where(tree.getroot() if profil is None else profil)


def read(tree: etree._ElementTree, limite: int = DEFAULT_LIMIT) -> tuple[Facture, ...]:
    """The one invoice of a document. Never raises for odd values: they are read as '' or None.

    ``limite``: bytes beyond which a zipped attachment is not measured any more.
    """
    root = tree.getroot()
    path = where(root)
    reading = Reading(root, path, CHORUS if read_signes(tree).chorus else REFORME, NAMESPACES)
    reading.places["facture"] = Place(path, line_of(root))
    devise = reading.text("devise")
    reading.find("lignes")
    lignes = _rows_in(reading, TRANSACTION, "ram:IncludedSupplyChainTradeLineItem")
    facture = Facture(
        rang=1,
        numero=reading.text("numero"),
        type=reading.text("type"),
        cadre=_read_cadre(reading),
        date=_read_day(reading, "date"),
        devise=devise,
        fournisseur=read_partie(reading, "fournisseur", _is_naming),
        destinataire=read_partie(reading, "destinataire", _is_naming),
        service=reading.text("service"),
        engagement=reading.text("engagement"),
        marche=reading.text("marche"),
        mode_paiement=reading.text("mode_paiement"),
        montants=Montants(
            ht=reading.decimal("ht"),
            tva=_read_tva_total(reading, devise),
            ttc=reading.decimal("ttc"),
            net=reading.decimal("net"),
            acompte=reading.decimal("acompte"),
            arrondi=reading.decimal("arrondi"),
        ),
        tva=_read_recap(reading),
        pieces_jointes=_read_attachments(reading, limite),
        lignes=len(lignes),
        calculs=read_calculs(reading, lignes, CII),
        profil=reading.text("profil"),
        echeance=_read_day(reading, "echeance"),
        notes=read_notes(reading, _rows_in(reading, DOCUMENT, "ram:IncludedNote"), _split_note),
        identifiants=read_identifiants(reading, IDENTIFIANTS),
        termes=read_termes(reading, TERMES, TERMES_LIGNE, lignes, _counts),
        places=reading.places,
    )
    return (facture,)


def _all(root: etree._Element, path: str) -> Iterator[etree._Element]:
    return root.iterfind(path, NAMESPACES)


def _is_naming(element: etree._Element) -> bool:
    """An identifier of the party itself: not that of its taxes, nor its electronic address."""
    parent = element.getparent()
    return parent is not None and parent.tag in _NAMING


def _rows_in(reading: Reading, parent: str, step: str) -> list[Row]:
    """The children of one name of the first element at a path, numbered."""
    element = reading.element.find(parent, reading.namespaces)
    if element is None:
        return []
    return reading.rows(element, reading.path + where(element, reading.element), step)


def _read_day(reading: Reading, name: str) -> date | None:
    element = reading.find(name)
    known = element is not None and element.get("format", _DAY).strip() == _DAY
    return read_compact_date(text_of(element)) if known else None


def _split_note(element: etree._Element) -> Note:
    code, text = element.find("ram:SubjectCode", NAMESPACES), element.find("ram:Content", NAMESPACES)
    return Note(text_of(code), text_of(text))


def _counts(terme: str, element: etree._Element) -> bool:
    """BT-122 is no reference to a call for tenders (BT-17) nor to an invoiced object (BT-18)."""
    return terme != "BT-122" or text_of(element.find("../ram:TypeCode", NAMESPACES)) not in ("50", "130")


def _read_cadre(reading: Reading) -> str:
    """The business process; failing that the profile, when it holds a cadre and no profile."""
    process, guideline = reading.table["cadre"].paths
    element = reading.element.find(process, reading.namespaces)
    if not text_of(element):
        profil = reading.element.find(guideline, reading.namespaces)
        element = profil if _CADRE.fullmatch(text_of(profil)) else element
    return text_of(reading.found("cadre", element))


# -- VAT and attachments ----------------------------------------------------------------------------------


def _read_tva_total(reading: Reading, devise: str) -> Decimal | None:
    """The VAT total in the invoice's own currency; a second total may be in the tax's (BT-111)."""
    totals = list(_all(reading.element, TVA_TOTAL))
    own = (total for total in totals if total.get("currencyID", "").strip() == devise)
    total = reading.found("tva", next(own, totals[0] if totals else None))
    return read_decimal(text_of(total))


def _read_recap(reading: Reading) -> tuple[LigneTva, ...]:
    recap = []
    for i, row in enumerate(_rows_in(reading, REGLEMENT, "ram:ApplicableTradeTax")):
        line = reading.within(row, TVA, f"tva[{i}].")
        recap.append(LigneTva(line.decimal("taux"), line.decimal("base"), line.decimal("montant")))
    return tuple(recap)


def _read_attachments(reading: Reading, limite: int) -> tuple[PieceJointe, ...]:
    first = reading.find("pj")
    parent = None if first is None else first.getparent()
    if parent is None:
        return ()
    pieces: list[PieceJointe] = []
    path = reading.path + where(parent, reading.element)
    for row in reading.rows(parent, path, "ram:AdditionalReferencedDocument"):
        if row.element.find("ram:AttachmentBinaryObject", NAMESPACES) is None:
            continue  # a reference, or a link: no bytes of ours
        key = f"pj[{len(pieces)}]"
        reading.places[key] = Place(row.path, line_of(row.element), reading.table["pj"].term)
        pieces.append(_read_attachment(reading.within(row, PIECE_JOINTE, f"{key}."), limite))
    return tuple(pieces)


def _type_of(piece: etree._Element) -> str:
    found = (text_of(piece.find(step, NAMESPACES)) for step in _TYPE_PJ)
    return next((text for text in found if text in (FACTURE, COMPLEMENT)), COMPLEMENT)


def _read_attachment(reading: Reading, limite: int) -> PieceJointe:
    contenu, nom, mime = reading.find("contenu"), reading.text("nom"), ""
    if contenu is not None:
        mime = contenu.get("mimeCode", "").strip()
        if filename := contenu.get("filename", "").strip():
            nom = filename
            here = reading.places[f"{reading.key}contenu"]
            reading.places[f"{reading.key}nom"] = here._replace(path=f"{here.path}/@filename")
    zipped = mime.lower() == "application/zip"
    return measure(nom, _type_of(reading.element), mime, text_of(contenu), zipped=zipped, limite=limite)
