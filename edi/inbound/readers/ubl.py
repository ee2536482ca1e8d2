"""UBL 2.1 Invoice and CreditNote, in the shape of Chorus Pro or of EN 16931, to the one Facture.

Chorus Pro names parties by a type 1 to 7 in ``schemeName``, its cadre in an extension and the service in a
contact; EN 16931 uses ISO 6523 schemes, BT-23 and BT-10. Both are looked for; the profile decides which is
preferred, and where a missing field is said to be missing.
"""

from __future__ import annotations

from decimal import Decimal

from lxml import etree

from edi.identifiers import siret_is_well_formed
from edi.inbound.readers.fields import Field, Reading, Row, text_of
from edi.inbound.readers.pieces import COMPLEMENT, DEFAULT_LIMIT, FACTURE, measure
from edi.inbound.readers.ubl_fields import (
    CHORUS,
    CREDIT_NOTE,
    NAMESPACES,
    PIECE_JOINTE,
    PROFIL_REFORME,
    REFORME,
    TVA,
    UBL,
)
from edi.model import SIREN, SIRET, Facture, Identifiant, LigneTva, Montants, Partie, PieceJointe, Place
from edi.xml import line_of, where

_AVOIR = "381"
_CREDIT_NOTE = f"{{{UBL}CreditNote-2}}CreditNote"

# Scheme of an identifier -> the type of our Identifiant. ISO 6523: 0009 SIRET, 0002 SIREN.
_SCHEMES = {**{str(n): str(n) for n in range(1, 8)}, "0009": SIRET, "0002": SIREN}
_SERVICE_SCHEME = "0224"  # a code of the buyer's own: its service, not its identity
_NAMING = frozenset(f"{{{NAMESPACES['cac']}}}{name}" for name in ("PartyIdentification", "PartyLegalEntity"))


def read_profil(tree: etree._ElementTree) -> str:
    """BT-24, the profile that a document claims; '' when it claims none."""
    return text_of(tree.find("cbc:CustomizationID", NAMESPACES))


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
    facture = Facture(
        rang=1,
        numero=reading.text("numero"),
        type=reading.text("type") or (_AVOIR if is_credit_note else ""),
        cadre=reading.text("cadre"),
        date=reading.date("date"),
        devise=devise,
        fournisseur=_read_party(reading, "fournisseur"),
        destinataire=_read_party(reading, "destinataire"),
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
        lignes=sum(1 for _ in reading.candidates("lignes")),
        places=reading.places,
    )
    return (facture,)


# -- parties ----------------------------------------------------------------------------------------------


def _read_party(reading: Reading, name: str) -> Partie:
    """A party under the best of its identifiers: a SIRET, a type of Chorus Pro, a SIREN, then any."""
    best, rank = None, 5
    for element in reading.candidates(name):
        worth = _rank(element)
        if worth < rank:
            best, rank = element, worth
    reading.found(name, best)
    identifiant = Identifiant("", "") if best is None else _identifiant(best)
    return Partie(identifiant, reading.text(f"{name}_nom"), reading.text(f"{name}_pays"))


def _rank(element: etree._Element) -> int:
    type_, valeur = _identifiant(element)
    if type_ == _SERVICE_SCHEME:
        return 5
    if not valeur:
        return 4
    if not _is_naming(element):
        return 3
    return 0 if type_ == SIRET else 2 if type_ == SIREN else 1 if type_ in _SCHEMES else 3


def _is_naming(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag in _NAMING


def _identifiant(element: etree._Element) -> Identifiant:
    """An identifier with its scheme; the raw scheme where it is none of ours, so that rules can tell it."""
    valeur = text_of(element)
    schemes = [element.get(name, "").strip() for name in ("schemeID", "schemeName")]
    if _is_naming(element):
        ours = [_SCHEMES[scheme] for scheme in schemes if scheme in _SCHEMES]
        if ours:
            return Identifiant(ours[0], valeur)
        if not any(schemes) and siret_is_well_formed(valeur):
            return Identifiant(SIRET, valeur)
    return Identifiant(next(filter(None, schemes), ""), valeur)


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
