"""What an official rule has said is not said again in our own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from edi.judge import Demande, judge
from edi.model import Finding, Limites, Politique, Severity
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.validators.catalogue import DOCUMENT_RULES
from edi.validators.redites import SAME_FAULT, drop_repeated
from edi.validators.schematron.installed import read_installed

OFFICIAL = Finding("BR-CO-15", Severity.ERROR, "")
OURS = Finding("EDI-MONTANT-01", Severity.ERROR, "")


@pytest.mark.parametrize("code", SAME_FAULT)
def test_the_table_names_rules_that_exist(code: str) -> None:
    ours = {rule.card.code for rule in DOCUMENT_RULES}

    assert code in ours
    assert set(read_installed()) >= SAME_FAULT[code]


def test_a_fault_told_by_an_official_rule_is_told_once() -> None:
    assert list(drop_repeated([OURS], [OFFICIAL])) == []


@pytest.mark.parametrize(
    "official", [(), (replace(OFFICIAL, code="BR-CO-16"),), (replace(OFFICIAL, severity=Severity.WARNING),)]
)
def test_another_fault_or_a_mere_warning_silences_nothing(official: tuple[Finding, ...]) -> None:
    assert list(drop_repeated([OURS], official)) == [OURS]


def test_a_wrong_total_of_the_reform_is_told_by_its_official_rule_alone() -> None:
    data = make_facture(REFORME, graine=1)
    start = data.index(b">", data.index(b"<cbc:TaxInclusiveAmount")) + 1
    broken = data[:start] + b"1" + data[start:]
    demande = Demande("FSO1100A", date(2026, 11, 20), Politique(), Limites())
    (jugee,) = judge("facture.xml", broken, demande).factures
    codes = [finding.code for finding in jugee.findings if finding.severity >= Severity.ERROR]

    assert "BR-CO-15" in codes
    assert "EDI-MONTANT-01" not in codes
