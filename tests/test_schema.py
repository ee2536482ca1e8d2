"""Schemas: what they refuse, told in sentences, at the places of the document received."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from edi import xml
from edi.model import Finding, Severity
from edi.validators import schema, xsd_log
from edi.validators.scenarios import SCHEMAS

DOCUMENTS = Path(__file__).parent / "documents"
FACTURE = (DOCUMENTS / "facture.xml").read_text("utf-8")
MIXTE = (DOCUMENTS / "mixte.xml").read_text("utf-8")
UNIT = "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def validate(text: str, name: str) -> tuple[Finding, ...]:
    return schema.validate(xml.parse(text.encode()), name)


def by_log(text: str, name: str) -> list[Finding]:
    """The same refusal as told from libxml2's own log."""
    tree = xml.parse(text.encode())
    compiled = schema._compile(name)
    compiled.validate(tree)
    return list(xsd_log.tell(tree, list(compiled.error_log)))


def without(text: str, start: str, end: str) -> str:
    first = text.index(start)
    return text[:first] + text[text.index(end, first) + len(end) :]


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("facture.xml", "ubl-invoice"),
        ("avoir-reforme.xml", "ubl-credit-note"),
        ("mixte.xml", "cpp-facture-mixte"),
    ],
)
def test_a_good_document_is_accepted(document: str, name: str) -> None:
    assert validate((DOCUMENTS / document).read_text("utf-8"), name) == ()


UBL_FAULTS = [
    pytest.param(
        FACTURE.replace("<cbc:ID>F-2026/001</cbc:ID>", "<cbc:ID>F-1</cbc:ID><cbc:Foo>x</cbc:Foo>"),
        ("EDI-XSD-01", "/Invoice/cbc:Foo", 9),
        "L'élément « cbc:Foo » n'est pas attendu ici ; attendu : cbc:IssueDate.",
        id="an element that nobody knows",
    ),
    pytest.param(
        without(FACTURE, "<cbc:ID>F-2026", "</cbc:ID>"),
        ("EDI-XSD-02", "/Invoice/cbc:ID", 10),
        "Il manque dans l'élément « Invoice » l'élément « cbc:ID ».",
        id="an element missing in the middle",
    ),
    pytest.param(
        without(FACTURE, "<cac:InvoiceLine>", "</cac:InvoiceLine>"),
        ("EDI-XSD-02", "/Invoice/cac:InvoiceLine", 2),
        "Il manque dans l'élément « Invoice » l'élément « cac:InvoiceLine ».",
        id="an element missing at the end",
    ),
    pytest.param(
        FACTURE.replace("2026-01-05", "05/01/2026"),
        ("EDI-XSD-03", "/Invoice/cbc:IssueDate", 10),
        "La valeur « 05/01/2026 » de l'élément « cbc:IssueDate » n'a pas la forme voulue ; attendu : "
        "une date de la forme AAAA-MM-JJ.",
        id="a date that is none",
    ),
    pytest.param(
        FACTURE.replace(">225.50<", ">225,50<"),
        ("EDI-XSD-03", "/Invoice/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", 54),
        "La valeur « 225,50 » de l'élément « cbc:TaxInclusiveAmount » n'a pas la forme voulue ; attendu : "
        "un nombre dont les décimales suivent un point, comme 828.43.",
        id="an amount with a comma",
    ),
    pytest.param(
        FACTURE.replace(' currencyID="EUR">225.50', ">225.50"),
        ("EDI-XSD-05", "/Invoice/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount/@currencyID", 54),
        "L'attribut « currencyID » de l'élément « cbc:TaxInclusiveAmount » manque.",
        id="an attribute missing",
    ),
    pytest.param(
        FACTURE.replace(' currencyID="EUR">225.50', ' currencyID="EUR" devise="EUR">225.50'),
        ("EDI-XSD-05", "/Invoice/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount/@devise", 54),
        "L'attribut « devise » de l'élément « cbc:TaxInclusiveAmount » n'est pas admis.",
        id="an attribute too many",
    ),
    pytest.param(
        FACTURE.replace("<cac:OrderReference>", "<cac:OrderReference>bonjour"),
        ("EDI-XSD-09", "/Invoice/cac:OrderReference", 13),
        "Le document n'est pas conforme au schéma de son format : l'élément « cac:OrderReference » est "
        "fautif, du texte s'y trouve entre les éléments.",
        id="a text between elements",
    ),
    pytest.param(
        FACTURE.replace("<cac:OrderReference>", '<cac:OrderReference xmlns:cac="urn:autre">', 1),
        ("EDI-XSD-01", "/Invoice/cac:OrderReference", 13),
        None,
        id="an element of another namespace",
    ),
]

MIXTE_FAULTS = [
    pytest.param(
        MIXTE.replace("<Cadre>A1<", "<Cadre>A11<", 1),
        ("EDI-XSD-04", f"{UNIT}[1]/DonneesFacture/Cadre", 18),
        None,
        id="a code outside its list",
    ),
    pytest.param(
        MIXTE.replace("<Id>MIX-2", "<Id>" + "M" * 21, 1),
        ("EDI-XSD-06", f"{UNIT}[2]/DonneesFacture/Id", 30),
        f"La valeur « {'M' * 21} » de l'élément « Id » compte 21 caractères ; attendu : "
        "20 caractères au plus.",
        id="a number too long",
    ),
    pytest.param(
        MIXTE.replace("<Devise>EUR", "<Devise>Euros", 1),
        ("EDI-XSD-03", f"{UNIT}[1]/DonneesFacture/Devise", 19),
        "La valeur « Euros » de l'élément « Devise » n'a pas la forme voulue ; attendu : le motif [A-Z]{3}.",
        id="a value that does not fit its pattern",
    ),
    pytest.param(
        MIXTE.replace("<MontantHT>100.00", "<MontantHT>100.0000001", 1),
        ("EDI-XSD-03", f"{UNIT}[1]/DonneesFacture/Montants/MontantHT", 20),
        "La valeur « 100.0000001 » de l'élément « MontantHT » n'a pas la forme voulue ; attendu : "
        "6 décimales au plus.",
        id="too many decimals",
    ),
    pytest.param(
        MIXTE.replace('Unitaire NumOrdre="2"', 'Unitaire NumOrdre="deux"', 1),
        ("EDI-XSD-05", f"{UNIT}[2]/@NumOrdre", 26),
        "L'attribut « NumOrdre » de l'élément « CPPFactureMixteUnitaire » vaut « deux », ce qui n'est pas "
        "admis ; attendu : un nombre entier, positif ou nul.",
        id="an attribute of the wrong type",
    ),
]
FAULTS = [
    *(pytest.param("ubl-invoice", *fault.values, id=fault.id) for fault in UBL_FAULTS),
    *(pytest.param("cpp-facture-mixte", *fault.values, id=fault.id) for fault in MIXTE_FAULTS),
]


@pytest.mark.parametrize(("name", "text", "expected", "message"), FAULTS)
def test_a_fault_is_told_at_its_place_in_a_sentence(
    name: str, text: str, expected: tuple[str, str, int], message: str | None
) -> None:
    finding = validate(text, name)[0]

    assert (finding.code, finding.location, finding.line) == expected
    assert (finding.severity, finding.motif) == (Severity.FATAL, "IRR_SYNTAX")
    if message is not None:
        assert finding.message == message


@pytest.mark.parametrize(("name", "text", "expected", "message"), FAULTS)
def test_libxml2_alone_tells_the_same_place_and_no_brace(
    name: str, text: str, expected: tuple[str, str, int], message: str | None
) -> None:
    findings = by_log(text, name)
    code, location, line = expected
    if code == "EDI-XSD-02" and line != 2:  # libxml2 names the element that came instead
        code, location = "EDI-XSD-01", "/Invoice/cbc:IssueDate"

    assert (findings[0].code, findings[0].location, findings[0].line) == (code, location, line)
    assert not [finding for finding in findings if "{urn" in finding.message]


def test_a_wrong_namespace_is_told_as_one() -> None:
    finding = validate(MIXTE.replace("<CPPFactures ", '<CPPFactures xmlns="urn:x" '), "cpp-facture-mixte")[0]

    assert finding.expected == "CPPFactures sans espace de noms (attribut xmlns)"


def test_what_xmlschema_cannot_explain_libxml2_does() -> None:
    odd = MIXTE.replace("<Nom>", f'<Nom {XSI} xmlns:x="urn:x" xsi:type="x:inconnu">', 1)

    assert [finding.code for finding in validate(odd, "cpp-facture-mixte")] == ["EDI-XSD-05"]


def test_a_location_written_in_the_document_is_never_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (tmp_path / "mine.xsd").write_text("not even a schema")
    hints = (
        f'{XSI} xsi:noNamespaceSchemaLocation="{tmp_path}/mine.xsd" '
        'xsi:schemaLocation="urn:x http://schema.example.invalid/x.xsd"'
    )
    bad = MIXTE.replace("<CPPFactureMixte>", f"<CPPFactureMixte {hints}>").replace(
        "<Cadre>A1<", "<Cadre>Z<", 1
    )

    assert [finding.code for finding in validate(bad, "cpp-facture-mixte")] == ["EDI-XSD-04"]


def test_fifty_faults_are_told_and_the_others_are_counted() -> None:
    line = FACTURE[FACTURE.index("  <cac:InvoiceLine>") : FACTURE.index("</Invoice>")]
    many = FACTURE.replace(line, line.replace("200.00", "cent") * 62)

    findings = validate(many, "ubl-invoice")

    assert len(findings) == 51
    assert {finding.code for finding in findings[:50]} == {"EDI-XSD-03"}
    assert (findings[50].code, findings[50].location) == ("EDI-XSD-09", "/Invoice")
    assert "en plus des 50 fautes détaillées, il en contient 12 autres" in findings[50].message


def test_the_count_stands_where_all_that_it_counts_lies() -> None:
    start, end = MIXTE.index("<TVA>"), MIXTE.index("</TVAS>")
    bad_rows = MIXTE[start:end].replace("<Taux>20<", "<Taux>vingt<") * 60
    many = MIXTE[:start] + bad_rows + MIXTE[end:]

    findings = validate(many, "cpp-facture-mixte")

    assert findings[50].location == f"{UNIT}[1]/DonneesFacture/TVAS"


def test_a_document_of_a_great_many_faults_is_refused_in_a_bounded_time() -> None:
    line = FACTURE[FACTURE.index("  <cac:InvoiceLine>") : FACTURE.index("</Invoice>")]
    many = xml.parse(FACTURE.replace(line, "<cac:InvoiceLine/>" * 100_000).encode())

    start = time.perf_counter()
    findings = schema.validate(many, "ubl-invoice")

    assert time.perf_counter() - start < 60  # hours, when each fault writes its path
    assert (len(findings), findings[50].code) == (51, "EDI-XSD-09")


def test_a_fault_beyond_the_sample_still_refuses_the_document() -> None:
    line = FACTURE[FACTURE.index("  <cac:InvoiceLine>") : FACTURE.index("</Invoice>")]
    late = FACTURE.replace(line, line * 1500 + line.replace("200.00", "cent"))

    findings = validate(late, "ubl-invoice")

    assert [(finding.code, finding.location) for finding in findings] == [("EDI-XSD-09", "/Invoice")]


def test_a_long_and_good_document_is_accepted() -> None:
    line = FACTURE[FACTURE.index("  <cac:InvoiceLine>") : FACTURE.index("</Invoice>")]

    assert validate(FACTURE.replace(line, line * 1500), "ubl-invoice") == ()


def test_a_fault_in_a_document_above_two_megabytes_is_told_by_libxml2() -> None:
    note = f"<cbc:Note>{'x' * 3_000_000}</cbc:Note>"
    large = FACTURE.replace("<cbc:DocumentCurrencyCode>", f"{note}<cbc:DocumentCurrencyCode>").replace(
        "2026-01-05", "hier"
    )

    assert [finding.location for finding in validate(large, "ubl-invoice")] == ["/Invoice/cbc:IssueDate"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": "0" * 64}, "sha256 differs"),
        ({"path": "maindoc/UBL-Facture-2.1.xsd"}, "is missing"),
        ({"files": {"common/UBL-XAdESv132-2.1.xsd": "0" * 64}}, "sha256 differs"),
        ({"package": "un_paquet_absent"}, "not installed"),
    ],
)
def test_a_schema_that_is_not_the_expected_one_is_not_used(
    monkeypatch: pytest.MonkeyPatch, change: dict, words: str
) -> None:
    monkeypatch.setitem(SCHEMAS, "essai", replace(SCHEMAS["ubl-invoice"], **change))

    with pytest.raises(schema.SchemaUnavailable, match=words):
        validate(FACTURE, "essai")


def test_a_schema_that_nobody_recorded_is_not_used() -> None:
    with pytest.raises(schema.SchemaUnavailable, match="inconnu"):
        validate(FACTURE, "inconnu")


def test_the_codes_of_the_cards_are_the_published_ones() -> None:
    assert [card.code for card in schema.CARDS] == [
        "EDI-XSD-01",
        "EDI-XSD-02",
        "EDI-XSD-03",
        "EDI-XSD-04",
        "EDI-XSD-05",
        "EDI-XSD-06",
        "EDI-XSD-09",
    ]


def test_the_examples_of_the_norm_pass_the_schema(corpus: Path) -> None:
    for path in sorted((corpus / "en16931" / "examples" / "ubl").iterdir()):
        assert schema.validate(xml.parse(path.read_bytes()), "ubl-invoice") == (), path.name
