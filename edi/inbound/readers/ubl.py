"""UBL 2.1 Invoice and CreditNote, in the shape of Chorus Pro or of EN 16931, to the one Facture.

Chorus Pro names parties by a type 1 to 7 in ``schemeName``, its cadre in an extension and the service in a
contact; EN 16931 uses ISO 6523 schemes, BT-23 and BT-10. Both are looked for; the profile decides which is
preferred, and where a missing field is said to be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from lxml import etree

from edi.inbound.readers.fields import Field, Reading, Row, read_decimal, text_of
from edi.inbound.readers.lignes import UBL as LIGNES_UBL
from edi.inbound.readers.lignes import UBL_AVOIR, read_calculs
from edi.inbound.readers.parties import is_typed_by_chorus, read_partie
from edi.inbound.readers.pieces import COMPLEMENT, DEFAULT_LIMIT, FACTURE, measure
from edi.inbound.readers.signes import Signes
from edi.inbound.readers.termes import read_identifiants, read_notes, read_termes
from edi.inbound.readers.ubl_fields import (
    CHORUS,
    CREDIT_NOTE,
    IDENTIFIANTS,
    NAMESPACES,
    PIECE_JOINTE,
    PROFIL_REFORME,
    REFORME,
    TERMES,
    TERMES_LIGNE,
    TVA,
    UBL,
)
from edi.model import Facture, LigneTva, Montants, Note, PieceJointe, Place
from edi.xml import line_of, where

_AVOIR = "381"
_CODED_NOTE = re.compile(r"#([A-Z]{3})#")
_CREDIT_NOTE = f"{{{UBL}CreditNote-2}}CreditNote"

_NAMING = frozenset(f"{{{NAMESPACES['cac']}}}{name}" for name in ("PartyIdentification", "PartyLegalEntity"))


def read(tree: etree._ElementTree, limite: int = DEFAULT_LIMIT) -> tuple[Facture, ...]:
    """The one invoice of a document. Never raises for odd values: they are read as '' or None.

    ``limite``: bytes beyond which a zipped attachment is not measured any more.
    """
    root = tree.getroot()
    is_credit_note = root.tag == _CREDIT_NOTE
    table = REFORME if read_profil(tree).startswith(PROFIL_REFORME) else CHORUS
    if is_credit_note:
        table = {**table, **CREDIT_NOTE}
    path = where(root)
    reading = Reading(root, path, table, NAMESPACES)
    reading.places["facture"] = Place(path, line_of(root))
    devise = reading.text("devise")
    tva, recap = _read_tva(reading, devise)
    reading.find("lignes")
    lignes = reading.rows(root, path, table["lignes"].paths[0])
    facture = Facture(
        rang=1,
        numero=reading.text("numero"),
        type=reading.text("type") or (_AVOIR if is_credit_note else ""),
        cadre=reading.text("cadre"),
        date=reading.date("date"),
        devise=devise,
        fournisseur=read_partie(reading, "fournisseur", _is_naming),
        destinataire=read_partie(reading, "destinataire", _is_naming),
        service=reading.text("service"),
        engagement=reading.text("engagement"),
        marche=reading.text("marche"),
        mode_paiement=reading.text("mode_paiement"),
        montants=Montants(
            ht=reading.decimal("ht"),
            tva=tva,
            ttc=reading.decimal("ttc"),
            net=reading.decimal("net"),
            acompte=reading.decimal("acompte"),
            arrondi=reading.decimal("arrondi"),
        ),
        tva=recap,
        pieces_jointes=_read_attachments(reading, limite),
        lignes=len(lignes),
        calculs=read_calculs(reading, lignes, UBL_AVOIR if is_credit_note else LIGNES_UBL),
        profil=reading.text("profil"),
        echeance=reading.date("echeance"),
        notes=read_notes(reading, reading.rows(root, path, "cbc:Note"), _split_note),
        identifiants=read_identifiants(reading, IDENTIFIANTS),
        termes=read_termes(reading, TERMES, TERMES_LIGNE, lignes, _counts),
        places=reading.places,
    )
    return (facture,)


def _split_note(element: etree._Element) -> Note:
    """``#PMT#text``: the subject code stands in the note itself."""
    text = text_of(element)
    match = _CODED_NOTE.match(text)
    return Note(match[1], text[match.end() :]) if match else Note("", text)


def _counts(terme: str, element: etree._Element) -> bool:
    """A VAT number is one of the scheme VAT; BT-122 is no reference to an invoiced object (BT-18)."""
    if terme in ("BT-31", "BT-48"):
        return text_of(element.find("../cac:TaxScheme/cbc:ID", NAMESPACES)) in ("", "VAT")
    return terme != "BT-122" or text_of(element.find("../cbc:DocumentTypeCode", NAMESPACES)) != "130"


# -- what kind of document it is ---------------------------------------------------------------------------


def read_profil(tree: etree._ElementTree) -> str:
    """BT-24, the profile that a document claims; '' when it claims none."""
    return text_of(tree.find("cbc:CustomizationID", NAMESPACES))


def read_signes(tree: etree._ElementTree) -> Signes:
    """The profile of a document, whether it is of Chorus Pro, and whether the invoice itself is attached."""
    root = tree.getroot()
    parties = (
        e for name in ("fournisseur", "destinataire") for p in CHORUS[name].paths for e in _all(root, p)
    )
    chorus = any(_is_naming(element) and is_typed_by_chorus(element) for element in parties)
    types = (text_of(e) for e in _all(root, "cac:AdditionalDocumentReference/cbc:DocumentType"))
    amounts = _all(
        root, "{*}InvoiceLine/cbc:LineExtensionAmount", "{*}CreditNoteLine/cbc:LineExtensionAmount"
    )
    mixte = FACTURE in types and not any(read_decimal(text_of(amount)) for amount in amounts)
    return Signes(read_profil(tree), chorus, mixte)


def _all(root: etree._Element, *paths: str) -> Iterator[etree._Element]:
    for path in paths:
        yield from root.iterfind(path, NAMESPACES)


def _is_naming(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag in _NAMING


# -- VAT and attachments ----------------------------------------------------------------------------------


def _read_tva(reading: Reading, devise: str) -> tuple[Decimal | None, tuple[LigneTva, ...]]:
    """The VAT total and recap in the invoice's own currency; a second total may be in the tax's (BT-111)."""
    totals = reading.rows(reading.element, reading.path, "cac:TaxTotal")
    in_devise = (row for row in totals if _currency(row) == devise)
    total = next(in_devise, totals[0] if totals else None)
    if total is None:
        return reading.decimal("tva"), ()
    own = reading.within(total, {"tva": Field(reading.table["tva"].term, ("cbc:TaxAmount",))}, "")
    recap = []
    for i, row in enumerate(reading.rows(total.element, total.path, "cac:TaxSubtotal")):
        line = reading.within(row, TVA, f"tva[{i}].")
        recap.append(LigneTva(line.decimal("taux"), line.decimal("base"), line.decimal("montant")))
    return own.decimal("tva"), tuple(recap)


def _currency(total: Row) -> str:
    amount = total.element.find("cbc:TaxAmount", NAMESPACES)
    return "" if amount is None else amount.get("currencyID", "").strip()


def _read_attachments(reading: Reading, limite: int) -> tuple[PieceJointe, ...]:
    reading.find("pj")
    pieces: list[PieceJointe] = []
    for row in reading.rows(reading.element, reading.path, "cac:AdditionalDocumentReference"):
        if row.element.find("cac:Attachment/cbc:EmbeddedDocumentBinaryObject", NAMESPACES) is None:
            continue  # a reference, or a link: no bytes of ours
        key = f"pj[{len(pieces)}]"
        reading.places[key] = Place(row.path, line_of(row.element), reading.table["pj"].term)
        pieces.append(_read_attachment(reading.within(row, PIECE_JOINTE, f"{key}."), limite))
    return tuple(pieces)


def _read_attachment(reading: Reading, limite: int) -> PieceJointe:
    contenu, type_, code = reading.find("contenu"), reading.text("type"), reading.text("mime")
    nom, declared = reading.text("nom"), ""
    if contenu is not None:
        declared = contenu.get("mimeCode", "").strip()
        if filename := contenu.get("filename", "").strip():
            nom = filename
            here = reading.places[f"{reading.key}contenu"]
            reading.places[f"{reading.key}nom"] = here._replace(path=f"{here.path}/@filename")
    return measure(
        nom,
        type_ if type_ in (FACTURE, COMPLEMENT) else COMPLEMENT,
        code if "/" in code else declared,
        text_of(contenu),
        zipped=declared.lower() == "application/zip",
        limite=limite,
    )
