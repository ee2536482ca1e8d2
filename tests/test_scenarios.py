"""What the table of scenarios promises: every name in it leads somewhere."""

from __future__ import annotations

from typing import Any

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
CII = "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"
EN = "urn:cen.eu:en16931:2017"
CTC = f"{EN}#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"
FX_EXTENDED = f"{EN}#conformant#urn:factur-x.eu:1p0:extended"
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
        (INVOICE, CTC, "ubl-invoice-extended"),
        (CREDIT_NOTE, CTC, "ubl-credit-note-extended"),
        (CII, "", "cii-chorus"),
        (CII, "A1", "cii-chorus"),
        (CII, EN, "cii-reforme"),
        (CII, f"{EN}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", "cii-reforme"),
        (CII, CTC, "cii-extended"),
        (CII, FX_EXTENDED, "cii-facturx-extended"),
        (CII, "urn:factur-x.eu:1p0:basicwl", "cii-basicwl"),
    ],
)
def test_a_document_finds_its_scenario_by_root_and_profile(racine: str, profil: str, expected: str) -> None:
    scenario = find_scenario(racine, profil)

    assert scenario is not None
    assert scenario.id == expected


@pytest.mark.parametrize(
    ("signes", "expected"),
    [
        ({"interface": "FSO1106A"}, "cii-chorus"),
        ({"interface": "FSO1116A"}, "cii-min"),
        ({"interface": "FSO1106A", "mixte": True}, "cii-chorus"),
        ({"mixte": True}, "cii-min"),
        ({"profil": EN, "interface": "FSO1116A"}, "cii-reforme"),  # of another interface than announced
        ({"profil": EN, "chorus": True}, "cii-chorus"),
        ({"profil": EN, "chorus": True, "interface": "FSO1116A"}, "cii-min"),
        ({"profil": EN, "pdf": True}, "facturx-en16931"),
        ({"profil": EN, "pdf": True, "chorus": True}, "facturx-en16931-chorus"),
        ({"profil": CTC, "pdf": True}, "facturx-extended-ctc-fr"),
        ({"profil": FX_EXTENDED, "pdf": True}, "facturx-extended"),
        ({"profil": "urn:cen.eu:en16931:2017:compliant:factur-x.eu:1p0:basic", "pdf": True}, "facturx-basic"),
        ({"profil": "urn:factur-x.eu:1p0:minimum", "pdf": True}, "facturx-minimum"),
        ({"profil": "urn:exemple", "pdf": True}, None),
        ({"interface": "FSO1117A"}, "cii-chorus"),  # no PDF: not of that interface
    ],
)
def test_a_cii_document_is_told_by_its_marks(signes: dict[str, Any], expected: str | None) -> None:
    scenario = find_scenario(CII, **signes)

    assert (scenario and scenario.id) == expected


def test_legacy_documents_have_no_official_pack_and_those_of_the_reform_have_some() -> None:
    with_packs = {s.id for s in SCENARIOS if s.packs}

    assert with_packs == {s.id for s in SCENARIOS if s.famille == "reforme"}


@pytest.mark.parametrize(
    ("id", "packs"),
    [
        ("ubl-invoice-reforme", ("en16931-ubl", "br-fr-ubl")),
        ("ubl-credit-note-extended", ("extended-ctc-fr-ubl", "br-fr-ubl")),
        ("cii-reforme", ("en16931-cii", "br-fr-cii")),
        ("facturx-extended-ctc-fr", ("extended-ctc-fr-cii", "br-fr-cii")),
        ("facturx-basicwl", ("facturx-basicwl", "br-fr-cii")),
        ("facturx-basic", ("facturx-basic",)),  # no profile that France kept
    ],
)
def test_the_packs_of_a_scenario_stand_in_their_order(id: str, packs: tuple[str, ...]) -> None:
    assert [s.packs for s in SCENARIOS if s.id == id] == [packs]


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


def test_every_opened_interface_has_a_scenario_and_the_others_have_none() -> None:
    opened = {code for code, interface in INTERFACES.items() if interface.ouverte}

    assert opened == {scenario.interface for scenario in SCENARIOS}
    assert opened == {"FSO1100A", "FSO1106A", "FSO1110A", "FSO1113A", "FSO1116A", "FSO1117A"}


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
