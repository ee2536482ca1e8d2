"""UBL 2.1 Invoice and CreditNote, in the shape of Chorus Pro or of EN 16931, to the one Facture.

Chorus Pro names parties by a type 1 to 7 in ``schemeName``, its cadre in an extension and the service in a
contact; EN 16931 uses ISO 6523 schemes, BT-23 and BT-10. Both are looked for; the profile decides which is
preferred, and where a missing field is said to be missing.
"""

from __future__ import annotations

import re
from decimal import Decimal

from lxml import etree

from edi.inbound.readers.fields import Field, Reading, place_of, read_decimal, text_of
from edi.inbound.readers.lignes import UBL as LIGNES_UBL
from edi.inbound.readers.lignes import UBL_AVOIR, read_calculs
from edi.inbound.readers.nodes import Node, Row, first_below, root_of, text_below
from edi.inbound.readers.parties import identifying_rows, is_typed_by_chorus, read_partie
from edi.inbound.readers.pieces import COMPLEMENT, DEFAULT_LIMIT, FACTURE, measure
from edi.inbound.readers.signes import Signes
from edi.inbound.readers.termes import read_identifiants, read_notes, read_termes
from edi.inbound.readers.ubl_fields import (
    CHORUS,
    CREDIT_NOTE,
    IDENTIFIANTS,
    NAMESPACES,
    PATHS,
    PIECE_JOINTE,
    PROFIL_REFORME,
    REFORME,
    TERMES,
    TERMES_LIGNE,
    TVA,
    UBL,
)
from edi.model import Facture, LigneTva, Montants, Note, PieceJointe

_AVOIR = "381"
_CODED_NOTE = re.compile(r"#([A-Z]{3})#")
_CREDIT_NOTE = f"{{{UBL}CreditNote-2}}CreditNote"

_NAMING = frozenset(f"{{{NAMESPACES['cac']}}}{name}" for name in ("PartyIdentification", "PartyLegalEntity"))
_SCHEME_OF_TAX = PATHS.names("cac:TaxScheme/cbc:ID")
_AMOUNTS = ("{*}InvoiceLine/cbc:LineExtensionAmount", "{*}CreditNoteLine/cbc:LineExtensionAmount")
_TAX_AMOUNT = PATHS.names("cbc:TaxAmount")
_BINARY = PATHS.names("cac:Attachment/cbc:EmbeddedDocumentBinaryObject")
_DOCUMENT_TYPE = PATHS.names("cbc:DocumentTypeCode")


def read(
    tree: etree._ElementTree, limite: int = DEFAULT_LIMIT, node: Node | None = None
) -> tuple[Facture, ...]:
    """The one invoice of a document. Never raises for odd values: they are read as '' or None.

    ``limite``: bytes beyond which a zipped attachment is not measured any more. ``node``: of the root, where
    somebody holds the document in nodes already.
    """
    root = root_of(tree, node)
    is_credit_note = root.element.tag == _CREDIT_NOTE
    reading = Reading(root, CHORUS, PATHS)
    table = REFORME if _read_profil(reading).startswith(PROFIL_REFORME) else CHORUS
    reading.table = {**table, **CREDIT_NOTE} if is_credit_note else table
    reading.places["facture"] = place_of(root)
    devise = reading.text("devise")
    tva, recap = _read_tva(reading, devise)
    reading.find("lignes")
    lignes = reading.rows(reading.table["lignes"].paths[0])
    facture = Facture(
        rang=1,
        numero=reading.text("numero"),
        type=reading.text("type") or (_AVOIR if is_credit_note else ""),
        cadre=reading.text("cadre"),
        date=reading.date("date"),
        devise=devise,
        fournisseur=read_partie(reading, "fournisseur", _NAMING),
        destinataire=read_partie(reading, "destinataire", _NAMING),
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
        notes=read_notes(reading, reading.rows("cbc:Note"), _split_note),
        identifiants=read_identifiants(reading, IDENTIFIANTS),
        termes=read_termes(reading, TERMES, TERMES_LIGNE, lignes, _counts),
        places=reading.places,
    )
    return (facture,)


def _split_note(row: Row) -> Note:
    """``#PMT#text``: the subject code stands in the note itself."""
    text = text_of(row)
    match = _CODED_NOTE.match(text)
    return Note(match[1], text[match.end() :]) if match else Note("", text)


def _counts(terme: str, row: Row) -> bool:
    """A VAT number is one of the scheme VAT; BT-122 is no reference to an invoiced object (BT-18)."""
    if terme in ("BT-31", "BT-48"):
        return row.above is None or text_below(row.above.node, _SCHEME_OF_TAX) in ("", "VAT")
    return terme != "BT-122" or row.above is None or text_below(row.above.node, _DOCUMENT_TYPE) != "130"


# -- what kind of document it is ---------------------------------------------------------------------------


def _read_profil(reading: Reading) -> str:
    """BT-24, the profile that a document claims; '' when it claims none."""
    return text_of(reading.first("cbc:CustomizationID"))


def read_signes(tree: etree._ElementTree) -> Signes:
    """The profile of a document, whether it is of Chorus Pro, and whether the invoice itself is attached."""
    reading = Reading(root_of(tree), CHORUS, PATHS)
    chorus = any(map(is_typed_by_chorus, identifying_rows(reading, IDENTIFIANTS)))
    types = map(text_of, reading.rows("cac:AdditionalDocumentReference/cbc:DocumentType"))
    mixte = FACTURE in types and not any(
        read_decimal(text_of(row)) for path in _AMOUNTS for row in reading.rows(path)
    )
    return Signes(_read_profil(reading), chorus, mixte)


# -- VAT and attachments ----------------------------------------------------------------------------------


def _read_tva(reading: Reading, devise: str) -> tuple[Decimal | None, tuple[LigneTva, ...]]:
    """The VAT total and recap in the invoice's own currency; a second total may be in the tax's (BT-111)."""
    totals = reading.rows("cac:TaxTotal")
    in_devise = (row for row in totals if _currency(row) == devise)
    total = next(in_devise, totals[0] if totals else None)
    if total is None:
        return reading.decimal("tva"), ()
    own = reading.within(total, {"tva": Field(reading.table["tva"].term, ("cbc:TaxAmount",))}, "")
    recap = []
    for i, row in enumerate(own.rows("cac:TaxSubtotal")):
        line = reading.within(row, TVA, f"tva[{i}].")
        recap.append(LigneTva(line.decimal("taux"), line.decimal("base"), line.decimal("montant")))
    return own.decimal("tva"), tuple(recap)


def _currency(total: Row) -> str:
    amount = first_below(total.node, _TAX_AMOUNT)
    return "" if amount is None else amount.e.get("currencyID", "").strip()


def _read_attachments(reading: Reading, limite: int) -> tuple[PieceJointe, ...]:
    reading.find("pj")
    pieces: list[PieceJointe] = []
    for row in reading.rows("cac:AdditionalDocumentReference"):
        if first_below(row.node, _BINARY) is None:
            continue  # a reference, or a link: no bytes of ours
        key = f"pj[{len(pieces)}]"
        reading.places[key] = place_of(row, reading.table["pj"].term)
        pieces.append(_read_attachment(reading.within(row, PIECE_JOINTE, f"{key}."), limite))
    return tuple(pieces)


def _read_attachment(reading: Reading, limite: int) -> PieceJointe:
    contenu, type_, code = reading.find("contenu"), reading.text("type"), reading.text("mime")
    nom, declared = reading.text("nom"), ""
    if contenu is not None:
        declared = contenu.element.get("mimeCode", "").strip()
        if filename := contenu.element.get("filename", "").strip():
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
