"""CII (CrossIndustryInvoice, UN/CEFACT), in the shape of Chorus Pro or of EN 16931, to the one Facture.

Chorus Pro names parties by a type 1 to 7 in ``schemeID``; EN 16931 by ISO 6523 schemes. Both write the cadre
in the business process, but some software of Chorus Pro writes it in place of the profile (BT-24).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from lxml import etree

from edi.inbound.readers.cii_fields import (
    CHORUS,
    DOCUMENT,
    IDENTIFIANTS,
    MONTANTS_LIGNES,
    NAMESPACES,
    PATHS,
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
from edi.inbound.readers.fields import Reading, place_of, read_compact_date, read_decimal, text_of
from edi.inbound.readers.lignes import CII, read_calculs
from edi.inbound.readers.nodes import Node, Row, first_below, root_of, text_below
from edi.inbound.readers.parties import identifying_rows, is_typed_by_chorus, read_partie
from edi.inbound.readers.pieces import COMPLEMENT, DEFAULT_LIMIT, FACTURE, measure
from edi.inbound.readers.signes import Signes
from edi.inbound.readers.termes import read_identifiants, read_notes, read_termes
from edi.model import Facture, LigneTva, Montants, Note, PieceJointe

_DAY = "102"  # the only format of a date that EN 16931 and Chorus Pro know: AAAAMMJJ
_CADRE = re.compile(r"[A-Z][0-9]{1,2}")
_CADRE_CHORUS = re.compile(r"A[0-9]{1,2}")

_RAM = f"{{{NAMESPACES['ram']}}}"
_NAMING = frozenset(
    f"{_RAM}{name}" for name in ("SellerTradeParty", "BuyerTradeParty", "SpecifiedLegalOrganization")
)
# Where the type 01 or 02 of an attachment may stand: the published texts of Chorus Pro do not tell.
_TYPE_PJ = tuple(map(PATHS.names, ("ram:TypeCode", "ram:Name", "ram:ReferenceTypeCode")))
_BINARY = PATHS.names("ram:AttachmentBinaryObject")
_TYPE = PATHS.names("ram:TypeCode")
_SUBJECT, _CONTENT = PATHS.names("ram:SubjectCode"), PATHS.names("ram:Content")


def read_signes(tree: etree._ElementTree) -> Signes:
    """The profile of a document, whether it is of Chorus Pro, and whether the invoice itself is attached.

    A cadre A1 to A25 is a mark of Chorus Pro here: its users send it in documents of the profile EN 16931.
    """
    reading = Reading(root_of(tree), CHORUS, PATHS)
    mixte = FACTURE in map(_type_of, reading.candidates("pj")) and not any(
        read_decimal(text_of(amount)) for amount in reading.rows(MONTANTS_LIGNES)
    )
    return Signes(text_of(reading.first(PROFIL)), _is_of_chorus(reading), mixte)


def _is_of_chorus(reading: Reading) -> bool:
    cadres = map(text_of, reading.candidates("cadre"))
    return any(map(_CADRE_CHORUS.fullmatch, cadres)) or any(
        map(is_typed_by_chorus, identifying_rows(reading, IDENTIFIANTS))
    )


def place_of_profil(tree: etree._ElementTree) -> str:
    """Where BT-24 stands, or the document itself when it bears none."""
    root = root_of(tree)
    return (Reading(root, CHORUS, PATHS).first(PROFIL) or root).path


def read(
    tree: etree._ElementTree, limite: int = DEFAULT_LIMIT, node: Node | None = None, before: str = ""
) -> tuple[Facture, ...]:
    """The one invoice of a document. Never raises for odd values: they are read as '' or None.

    ``limite``: bytes beyond which a zipped attachment is not measured any more. ``node``: of the root, where
    somebody holds the document in nodes already. ``before``: what every path begins with.
    """
    root = root_of(tree, node, before)
    reading = Reading(root, CHORUS, PATHS)
    if not _is_of_chorus(reading):
        reading.table = REFORME
    reading.places["facture"] = place_of(root)
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
        fournisseur=read_partie(reading, "fournisseur", _NAMING),
        destinataire=read_partie(reading, "destinataire", _NAMING),
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


def _rows_in(reading: Reading, parent: str, step: str) -> list[Row]:
    """The children of one name of the first element at a path, numbered."""
    first = reading.first(parent)
    return [] if first is None else [row for row in reading.rows(f"{parent}/{step}") if row.above is first]


def _read_day(reading: Reading, name: str) -> date | None:
    row = reading.find(name)
    known = row is not None and row.element.get("format", _DAY).strip() == _DAY
    return read_compact_date(text_of(row)) if known else None


def _split_note(row: Row) -> Note:
    return Note(text_below(row.node, _SUBJECT), text_below(row.node, _CONTENT))


def _counts(terme: str, row: Row) -> bool:
    """BT-122 is no reference to a call for tenders (BT-17) nor to an invoiced object (BT-18)."""
    return terme != "BT-122" or row.above is None or text_below(row.above.node, _TYPE) not in ("50", "130")


def _read_cadre(reading: Reading) -> str:
    """The business process; failing that the profile, when it holds a cadre and no profile."""
    process, guideline = reading.table["cadre"].paths
    row = reading.first(process)
    if not text_of(row):
        profil = reading.first(guideline)
        row = profil if _CADRE.fullmatch(text_of(profil)) else row
    return text_of(reading.found("cadre", row))


# -- VAT and attachments ----------------------------------------------------------------------------------


def _read_tva_total(reading: Reading, devise: str) -> Decimal | None:
    """The VAT total in the invoice's own currency; a second total may be in the tax's (BT-111)."""
    totals = reading.rows(TVA_TOTAL)
    own = (total for total in totals if total.element.get("currencyID", "").strip() == devise)
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
    pieces: list[PieceJointe] = []
    for row in reading.candidates("pj"):
        if first is None or row.above is not first.above or first_below(row.node, _BINARY) is None:
            continue  # a reference, or a link: no bytes of ours
        key = f"pj[{len(pieces)}]"
        reading.places[key] = place_of(row, reading.table["pj"].term)
        pieces.append(_read_attachment(reading.within(row, PIECE_JOINTE, f"{key}."), limite))
    return tuple(pieces)


def _type_of(piece: Row) -> str:
    found = (text_below(piece.node, names) for names in _TYPE_PJ)
    return next((text for text in found if text in (FACTURE, COMPLEMENT)), COMPLEMENT)


def _read_attachment(reading: Reading, limite: int) -> PieceJointe:
    contenu, nom, mime = reading.find("contenu"), reading.text("nom"), ""
    if contenu is not None:
        mime = contenu.element.get("mimeCode", "").strip()
        if filename := contenu.element.get("filename", "").strip():
            nom = filename
            here = reading.places[f"{reading.key}contenu"]
            reading.places[f"{reading.key}nom"] = here._replace(path=f"{here.path}/@filename")
    zipped = mime.lower() == "application/zip"
    return measure(nom, _type_of(reading.row), mime, text_of(contenu), zipped=zipped, limite=limite)
