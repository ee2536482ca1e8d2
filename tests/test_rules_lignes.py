"""Quantity by price is the amount of a line, within what rounding explains."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest

from edi import xml
from edi.inbound.readers import cii, ubl
from edi.model import LigneFacture, Limites, Politique
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.validators.lignes import RULES
from edi.validators.rules import Context, run

CII = Path(__file__).with_name("documents") / "cii-reforme.xml"
(FACTURE,) = ubl.read(xml.parse(make_facture(REFORME, graine=1)))


def found(*lines: LigneFacture) -> list[tuple[str, str]]:
    facture = replace(FACTURE, calculs=lines)
    context = Context(facture, "reforme", Politique(), Limites(), date(2026, 11, 20))
    return [(f.value, f.expected) for f in run(RULES, context)]


def line(quantite: str, prix: str, montant: str, par: str = "1", remises: str = "0") -> LigneFacture:
    return LigneFacture(D(quantite), D(prix), D(par), D(remises), D(montant))


@pytest.mark.parametrize(
    "right",
    [
        line("3", "12.50", "37.50"),
        line("3", "12.50", "37.52"),
        line("20", "4.10", "81.90"),  # 4.095 a piece, written to the cent
        line("100", "5", "0.50", par="1000"),
        line("2", "10", "19", remises="1"),
        line("2", "10", "21", remises="-1"),
        line("-2", "10", "-20"),
        LigneFacture(None, D(10), D(1), D(0), D(99)),
        LigneFacture(D(10), None, D(1), D(0), D(99)),
        LigneFacture(D(10), D(10), D(1), D(0), None),
        line("1", "10", "99", par="0"),
        line("1E+30", "10", "99"),
    ],
    ids=str,
)
def test_a_right_line_or_one_that_cannot_be_computed_is_left_alone(right: LigneFacture) -> None:
    assert found(right) == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (line("2", "160", "160"), "320.00"),
        (line("3", "12.50", "37.54"), "37.50"),
        (line("400", "0.1", "316"), "40.00"),
    ],
)
def test_a_wrong_line_is_told_with_what_it_should_be(wrong: LigneFacture, expected: str) -> None:
    assert [expected for _, expected in found(wrong)] == [expected]


def test_our_own_invoices_compute() -> None:
    assert len(FACTURE.calculs) == FACTURE.lignes > 0
    assert all(one.montant is not None and one.quantite is not None for one in FACTURE.calculs)
    assert found(*FACTURE.calculs) == []


LIGNE = b"""<ram:SpecifiedLineTradeSettlement>
        <ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>%s</udt:Indicator>
        </ram:ChargeIndicator><ram:ActualAmount>2.50</ram:ActualAmount></ram:SpecifiedTradeAllowanceCharge>"""


@pytest.mark.parametrize(("est_frais", "remises"), [(b"false", D("2.50")), (b"true", D("-2.50"))])
def test_allowances_and_charges_of_a_cii_line_are_read(est_frais: bytes, remises: D) -> None:
    data = CII.read_bytes().replace(b"<ram:SpecifiedLineTradeSettlement>", LIGNE % est_frais, 1)
    (facture,) = cii.read(xml.parse(data))

    assert facture.calculs == (LigneFacture(D("1"), D("100.00"), D(1), remises, D("100.00")),)
    assert facture.place("ligne[0]").path.endswith("/ram:LineTotalAmount")


def test_a_line_that_gathers_others_is_not_computed() -> None:
    group = b"<ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode></ram:AssociatedDocumentLineDocument>"
    data = CII.read_bytes().replace(b"</ram:AssociatedDocumentLineDocument>", group, 1)
    (facture,) = cii.read(xml.parse(data))

    assert facture.calculs[0].montant is None
