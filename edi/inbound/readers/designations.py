"""What the lines of an invoice are of (BT-153 and beside it): for screens; no control asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lxml import etree

from edi.inbound.readers.cii_fields import NAMESPACES as CII
from edi.inbound.readers.fields import read_decimal
from edi.inbound.readers.ubl_fields import NAMESPACES as UBL
from edi.model import Designation


class Chemins(NamedTuple):
    """Where a format says it: its lines, then from each of them."""

    lignes: str
    nom: str
    reference: str
    taux: str
    quantite: str  # whose unitCode is the unit
    prefixes: Mapping[str, str]


_UBL = Chemins(
    "cac:InvoiceLine",
    "cac:Item/cbc:Name",
    "cac:Item/cac:SellersItemIdentification/cbc:ID",
    "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
    "cbc:InvoicedQuantity",
    UBL,
)
_UBL_AVOIR = _UBL._replace(lignes="cac:CreditNoteLine", quantite="cbc:CreditedQuantity")
_CII = Chemins(
    ".//ram:IncludedSupplyChainTradeLineItem",
    "ram:SpecifiedTradeProduct/ram:Name",
    "ram:SpecifiedTradeProduct/ram:SellerAssignedID",
    "ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:RateApplicablePercent",
    "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
    CII,
)
_CHEMINS = {"ubl": (_UBL, _UBL_AVOIR), "cii": (_CII,), "facturx": (_CII,)}  # by reader


def read_designations(tree: etree._ElementTree, lecteur: str) -> tuple[Designation, ...]:
    """What each line is of, in order; nothing where the format has no lines."""
    root = tree.getroot()
    return tuple(
        _read(line, chemins)
        for chemins in _CHEMINS.get(lecteur, ())
        for line in root.iterfind(chemins.lignes, chemins.prefixes)
    )


def _read(line: etree._Element, chemins: Chemins) -> Designation:
    def find(path: str) -> etree._Element | None:
        return line.find(path, chemins.prefixes)

    def text(path: str) -> str:
        element = find(path)
        return "" if element is None else (element.text or "").strip()

    quantity = find(chemins.quantite)
    return Designation(
        text(chemins.nom),
        text(chemins.reference),
        read_decimal(text(chemins.taux)),
        "" if quantity is None else quantity.get("unitCode", "").strip(),
    )
