"""What the lines of an invoice compute with: quantity, price, allowances, amount."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from edi.inbound.readers.fields import Reading, Row, read_decimal, text_of
from edi.model import LigneFacture, Place
from edi.xml import line_of, where

TERM = "BT-131 Montant net HT de la ligne"


class Chemins(NamedTuple):
    """Where a format keeps them, from the line; ``autres`` marks a line whose amount is no such product."""

    quantite: str
    prix: str
    par: str
    remise: str  # each allowance or charge
    est_frais: str  # from it: true for a charge
    remise_montant: str
    montant: str
    autres: str


UBL = Chemins(
    quantite="cbc:InvoicedQuantity",
    prix="cac:Price/cbc:PriceAmount",
    par="cac:Price/cbc:BaseQuantity",
    remise="cac:AllowanceCharge",
    est_frais="cbc:ChargeIndicator",
    remise_montant="cbc:Amount",
    montant="cbc:LineExtensionAmount",
    autres="cac:SubInvoiceLine",
)
UBL_AVOIR = UBL._replace(quantite="cbc:CreditedQuantity", autres="cac:SubCreditNoteLine")
_ACCORD = "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice"
_REGLEMENT = "ram:SpecifiedLineTradeSettlement"
CII = Chemins(
    quantite="ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
    prix=f"{_ACCORD}/ram:ChargeAmount",
    par=f"{_ACCORD}/ram:BasisQuantity",
    remise=f"{_REGLEMENT}/ram:SpecifiedTradeAllowanceCharge",
    est_frais="ram:ChargeIndicator/{*}Indicator",
    remise_montant="ram:ActualAmount",
    montant=f"{_REGLEMENT}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
    autres="ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode",  # GROUP, INFORMATION
)


def read_calculs(reading: Reading, rows: Iterable[Row], chemins: Chemins) -> tuple[LigneFacture, ...]:
    """The arithmetic of each line."""
    return tuple(_read(reading, i, row, chemins) for i, row in enumerate(rows))


def _read(reading: Reading, rang: int, row: Row, chemins: Chemins) -> LigneFacture:
    line, names = row.element, reading.namespaces

    def amount(path: str, of: etree._Element = line) -> Decimal | None:
        return read_decimal(text_of(of.find(path, names)))

    element = line.find(chemins.montant, names)
    at = line if element is None else element
    reading.places[f"ligne[{rang}]"] = Place(row.path + where(at, line), line_of(at), TERM)
    if text_of(line.find(chemins.autres, names)) not in ("", "DETAIL") or _is_group(line, chemins, reading):
        return LigneFacture(None, None, Decimal(1), Decimal(0), None)
    remises = Decimal(0)
    for one in line.iterfind(chemins.remise, names):
        value = amount(chemins.remise_montant, one) or Decimal(0)
        frais = text_of(one.find(chemins.est_frais, names)) in ("true", "1")
        remises += -value if frais else value
    par = amount(chemins.par) or Decimal(1)
    return LigneFacture(
        amount(chemins.quantite), amount(chemins.prix), par, remises, read_decimal(text_of(element))
    )


def _is_group(line: etree._Element, chemins: Chemins, reading: Reading) -> bool:
    """A line that is the sum of others below it."""
    below = line.find(chemins.autres, reading.namespaces)
    return below is not None and len(below) > 0
