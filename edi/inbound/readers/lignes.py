"""What the lines of an invoice compute with: quantity, price, allowances, amount."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from edi.inbound.readers.fields import Reading, place_of, read_decimal, text_of
from edi.inbound.readers.nodes import Node, Paths, Row, first_below, rows_below, text_below
from edi.model import LigneFacture

TERM = "BT-131 Montant net HT de la ligne"
_NUL, _UN = Decimal(0), Decimal(1)


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


class _Noms(NamedTuple):
    """The Clark names of the paths that each line is asked for."""

    quantite: tuple[str, ...]
    prix: tuple[str, ...]
    par: tuple[str, ...]
    remise: tuple[str, ...]
    autres: tuple[str, ...]

    @classmethod
    def of(cls, chemins: Chemins, paths: Paths) -> _Noms:
        return cls(*(paths.names(getattr(chemins, name)) for name in cls._fields))


def read_calculs(reading: Reading, rows: Iterable[Row], chemins: Chemins) -> tuple[LigneFacture, ...]:
    """The arithmetic of each line."""
    noms, montant = _Noms.of(chemins, reading.paths), reading.paths.split_plain(chemins.montant)
    calculs = []
    for i, row in enumerate(rows):
        montants = rows_below(row, montant)
        at = montants[0] if montants else row
        reading.places[f"ligne[{i}]"] = place_of(at, TERM)
        calculs.append(_read(reading, row, read_decimal(text_of(at)) if montants else None, chemins, noms))
    return tuple(calculs)


def _read(reading: Reading, row: Row, montant: Decimal | None, chemins: Chemins, noms: _Noms) -> LigneFacture:
    line = row.node
    autres = first_below(line, noms.autres)
    # A line that tells others, or is the sum of those below it.
    if autres is not None and (autres.c or text_below(line, noms.autres) not in ("", "DETAIL")):
        return LigneFacture(None, None, _UN, _NUL, None)
    has_remises = first_below(line, noms.remise) is not None
    return LigneFacture(
        _amount(line, noms.quantite),
        _amount(line, noms.prix),
        _amount(line, noms.par) or _UN,
        _read_remises(reading, row, chemins) if has_remises else _NUL,
        montant,
    )


def _read_remises(reading: Reading, row: Row, chemins: Chemins) -> Decimal:
    """Allowances less charges."""
    remises = _NUL
    for remise in reading.within(row, {}, "").rows(chemins.remise):
        one = reading.within(remise, {}, "")
        value = read_decimal(text_of(one.first(chemins.remise_montant))) or _NUL
        frais = text_of(one.first(chemins.est_frais)) in ("true", "1")
        remises += -value if frais else value
    return remises


def _amount(line: Node, names: tuple[str, ...]) -> Decimal | None:
    text = text_below(line, names)
    return read_decimal(text) if text else None
