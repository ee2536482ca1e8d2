"""What the table of scenarios promises: every name in it leads somewhere."""

from __future__ import annotations

import pytest

from edi.judge import READERS
from edi.validators import schema
from edi.validators.rules import FAMILLES
from edi.validators.scenarios import (
    DOCUMENTS,
    INTERFACES,
    SCENARIOS,
    SCHEMAS,
    Scenario,
    find_scenario,
    name_document,
)

INVOICE = "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice"
CREDIT_NOTE = "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"


@pytest.mark.parametrize(
    ("racine", "profil", "expected"),
    [
        (INVOICE, "", "ubl-invoice-chorus"),
        (INVOICE, "urn:cen.eu:en16931:2017", "ubl-invoice-reforme"),
        (INVOICE, "urn:cen.eu:en16931:2017#conformant#urn:x", "ubl-invoice-reforme"),
        (INVOICE, "urn:autre", "ubl-invoice-chorus"),
        (CREDIT_NOTE, "", "ubl-credit-note-chorus"),
        (CREDIT_NOTE, "urn:cen.eu:en16931:2017", "ubl-credit-note-reforme"),
        ("CPPFactureMixte", "", "cpp-facture-mixte"),
    ],
)
def test_a_document_finds_its_scenario_by_root_and_profile(racine: str, profil: str, expected: str) -> None:
    scenario = find_scenario(racine, profil)

    assert scenario is not None
    assert scenario.id == expected


@pytest.mark.parametrize("racine", ["", "Facture", "{urn:x}Invoice", *DOCUMENTS])
def test_any_other_root_has_no_scenario(racine: str) -> None:
    assert find_scenario(racine) is None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_every_scenario_names_things_that_exist(scenario: Scenario) -> None:
    assert INTERFACES[scenario.interface].ouverte
    assert scenario.famille in FAMILLES
    assert scenario.lecteur in READERS
    assert scenario.schema in SCHEMAS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_every_root_of_a_scenario_has_one_for_any_profile(scenario: Scenario) -> None:
    assert find_scenario(scenario.racine, "un profil que personne ne connaît") is not None


def test_two_interfaces_are_opened_and_the_others_are_known() -> None:
    opened = {code for code, interface in INTERFACES.items() if interface.ouverte}

    assert opened == {"FSO1100A", "FSO1113A"}
    assert {"FSO1106A", "FSO1110A", "FSO1116A", "FSO1117A"} < set(INTERFACES) - opened


@pytest.mark.parametrize("code", ["FSO1101A", "FSO1111A", "FSO1112A"])
def test_a_withdrawn_format_says_so(code: str) -> None:
    assert "retiré" in INTERFACES[code].libelle


@pytest.mark.parametrize("racine", DOCUMENTS)
def test_a_known_stranger_belongs_to_a_known_interface_or_to_none(racine: str) -> None:
    assert DOCUMENTS[racine].interface in {"", *INTERFACES}


def test_what_is_no_xml_is_named_by_its_first_bytes() -> None:
    document = name_document(data=b"%PDF-1.7\n")

    assert document is not None
    assert document.libelle == "un fichier PDF"
    assert name_document(data=b"<a/>") is None


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_where_the_table_says_and_is_the_one_it_says(name: str) -> None:
    assert schema.locate(name).is_file()
