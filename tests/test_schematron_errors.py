"""What becomes of an invoice on which an official sheet raises: EDI-REGLES-01, by the policy of the pack."""

from __future__ import annotations

from dataclasses import replace

import pytest
from changed import CBC, change
from lxml import etree

from edi.model import Outcome, Severity, Verdict
from edi.validators.schematron import runner, saxon
from edi.validators.schematron.packs import PACKS, Part

pytest.importorskip("saxonche")

EN = PACKS["en16931-ubl"][0]


def doubled(name: str) -> etree._ElementTree:
    return change(rf"(<cbc:{name}>[^<]*</cbc:{name}>)", r"\1\1")


@pytest.mark.parametrize("way", [saxon.REWRITTEN, saxon.OFFICIAL])
def test_a_sheet_that_raises_is_a_dynamic_error(way: str) -> None:
    with pytest.raises(saxon.DynamicError, match="more than one item"):
        saxon.run_pack(EN, saxon.open_document(doubled("InvoiceTypeCode")), way)


def test_the_code_of_a_dynamic_error_is_known_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(saxon.DynamicError) as caught:
        saxon.run_pack(EN, saxon.open_document(doubled("InvoiceTypeCode")))

    assert caught.value.code == "XPTY0004"
    assert capfd.readouterr() == ("", "")


def test_a_rule_that_raises_is_told_at_its_element_and_the_others_still_judge() -> None:
    tree = doubled("InvoiceTypeCode")
    line = next(tree.iter(f"{CBC}InvoicedQuantity"))
    line.set("unitCode", "kWh")

    found = runner.apply(EN, tree)

    raised = [f for f in found if f.code == "EDI-REGLES-01"]
    assert [(f.location, f.severity) for f in raised] == [("/Invoice", Severity.ERROR)]
    assert raised[0].message == (
        "La règle officielle BR-04 (en16931-ubl 1.3.16) ne peut pas être évaluée ici : une donnée y est "
        "vide, répétée ou mal formée (erreur XPTY0004)."
    )
    assert "BR-CL-23" in {f.code for f in found}


@pytest.mark.parametrize(
    ("dynamic", "severity"),
    [
        ((), Severity.ERROR),
        ((("XPTY0004", Severity.HOLD),), Severity.HOLD),
        ((("*", Severity.HOLD),), Severity.HOLD),
        ((("FORG0001", Severity.HOLD),), Severity.ERROR),
        ((("*", Severity.HOLD), ("XPTY0004", Severity.ERROR)), Severity.ERROR),
    ],
)
def test_the_policy_of_the_pack_says_what_a_dynamic_error_comes_to(
    dynamic: tuple[tuple[str, Severity], ...], severity: Severity
) -> None:
    found = runner.apply(replace(EN, dynamic=dynamic), doubled("InvoiceTypeCode"))

    assert {f.severity for f in found if f.code == "EDI-REGLES-01"} == {severity}


@pytest.mark.parametrize(
    ("pack", "outcome"), [("en16931-ubl", "rejected"), ("extended-ctc-fr-ubl", "undecided")]
)
def test_the_shipped_policies_reject_what_lacks_something_and_hold_where_the_sheet_is_wrong(
    pack: str, outcome: str
) -> None:
    found = runner.apply(PACKS[pack][0], doubled("InvoiceTypeCode"))

    raised = tuple(f for f in found if f.code == "EDI-REGLES-01")
    assert Verdict(raised).outcome == Outcome(outcome)


def test_a_sheet_that_raises_and_cannot_be_isolated_is_told_once_at_the_root() -> None:
    part = EN.parts[0]
    pack = replace(EN, parts=(Part(replace(part.sheet, rewrite=False)),))

    found = runner.apply(pack, doubled("InvoiceTypeCode"))

    assert [(f.code, f.location, f.severity) for f in found] == [
        ("EDI-REGLES-01", "/Invoice", Severity.ERROR)
    ]
    assert "(erreur inconnue)" in found[0].message
