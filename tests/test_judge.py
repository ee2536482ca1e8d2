"""The judgement of one file: every fault at once, each where it lies, and never an exception."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest

from edi.judge import Demande, judge
from edi.model import FichierJuge, Finding, Limites, Outcome, Politique, Severity

DOCUMENTS = Path(__file__).parent / "documents"
FACTURE = (DOCUMENTS / "facture.xml").read_text("utf-8")
AVOIR = (DOCUMENTS / "avoir-reforme.xml").read_text("utf-8")
MIXTE = (DOCUMENTS / "mixte.xml").read_text("utf-8")
JOUR = date(2026, 11, 2)
CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"


def judged(text: str | bytes, interface: str = "") -> FichierJuge:
    data = text if isinstance(text, bytes) else text.encode()
    return judge("facture.xml", data, Demande(interface, JOUR, Politique(), Limites()))


def codes(findings: tuple[Finding, ...]) -> list[str]:
    """The codes of our own rules that block: the documents here are too small for the official ones."""
    own = [finding for finding in findings if finding.code.startswith("EDI-")]
    return [finding.code for finding in own if finding.severity > Severity.WARNING]


@pytest.mark.parametrize(
    ("text", "interface", "numeros"),
    [
        (FACTURE, "FSO1100A", ["F-2026/001"]),
        (AVOIR, "FSO1100A", ["AV-1"]),
        (MIXTE, "FSO1113A", ["MIX-1", "MIX-2"]),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_a_good_file_is_accepted_under_its_own_interface(
    text: str, interface: str, numeros: list[str], announced: bool
) -> None:
    fichier = judged(text, interface if announced else "")

    assert (fichier.interface, fichier.findings) == (interface, ())
    assert [jugee.facture.numero for jugee in fichier.factures] == numeros
    assert [codes(jugee.findings) for jugee in fichier.factures] == [[]] * len(numeros)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE a><a/>", "EDI-XML-01"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "EDI-XML-02"),
        (b"", "EDI-XML-03"),
        (b"\x00\x01\x02", "EDI-XML-03"),
        (FACTURE.encode()[:-20], "EDI-XML-03"),
    ],
)
def test_what_cannot_be_parsed_is_one_finding_of_the_file(data: bytes, code: str) -> None:
    fichier = judged(data, "FSO1100A")

    assert (codes(fichier.findings), fichier.factures) == ([code], ())
    assert (fichier.findings[0].severity, fichier.findings[0].motif) == (Severity.FATAL, "IRR_SYNTAX")


def test_a_malformed_file_is_told_with_the_line_and_column_of_its_fault() -> None:
    finding = judged("<CPPFactureMixte>\n<Enveloppe>\n</CPPFactureMixte>").findings[0]

    assert (finding.location, finding.line) == ("3:19", 3)
    assert finding.message.endswith("par la balise du même nom (ligne 3, colonne 19).")


@pytest.mark.parametrize(
    ("data", "interface", "code", "words"),
    [
        (MIXTE, "FSO1100A", "EDI-FORMAT-01", ("CPPFactureMixte", "FSO1100A", "FSO1113A")),
        (FACTURE, "FSO1113A", "EDI-FORMAT-01", ("UBL 2.1", "FSO1113A", "FSO1100A")),
        ("<CPPStatut/>", "FSO1100A", "EDI-FORMAT-01", ("un cycle de vie de Chorus Pro", "FSO1100A")),
        ("<CPPFacturePivot/>", "", "EDI-FORMAT-01", ("une facture pivot", "qu'une facture est attendue")),
        (
            f'<r:CrossIndustryInvoice xmlns:r="{CII}"/>',
            "FSO1100A",
            "EDI-FORMAT-01",
            ("structuré CII D16B", "FSO1106A"),
        ),
        ("<Invoice/>", "FSO1100A", "EDI-FORMAT-01", ("espace de noms",)),
        ("%PDF-1.7\nx", "FSO1100A", "EDI-FORMAT-01", ("un fichier PDF", "FSO1117A")),
        ("PK\x03\x04x", "FSO1100A", "EDI-FORMAT-01", ("une archive zip",)),
        ("<Facture/>", "FSO1100A", "EDI-FORMAT-02", ("« Facture »", "FSO1100A", "FSO1113A")),
        ('<x:Facture xmlns:x="urn:x"/>', "", "EDI-FORMAT-02", ("« Facture »",)),
    ],
)
def test_a_wrong_document_is_called_by_its_name_and_shown_its_way(
    data: str, interface: str, code: str, words: tuple[str, ...]
) -> None:
    fichier = judged(data, interface)
    finding = fichier.findings[0]

    assert (codes(fichier.findings), fichier.factures) == ([code], ())
    assert (finding.severity, finding.motif) == (Severity.FATAL, "IRR_TYPE_F")
    assert [word for word in words if word not in f"{finding.message} {finding.fix}"] == []


def test_schema_and_rules_are_told_at_once_but_no_place_twice() -> None:
    text = FACTURE.replace("2026-01-05", "05/01/2026").replace("F-2026/001", "F 2026 # 001")
    text = text.replace(">225.50<", ">999.00<")

    (jugee,) = judged(text).factures

    assert codes(jugee.findings)[:1] == ["EDI-XSD-03"]
    assert {"EDI-NUMERO-03", "EDI-MONTANT-01"} <= set(codes(jugee.findings))
    assert "EDI-DATE-01" not in codes(jugee.findings)  # the schema told that the date is unreadable
    assert jugee.findings[0].term == "BT-2 Date de facture (cbc:IssueDate)"
    assert jugee.verdict.outcome is Outcome.REJECTED


def test_a_missing_number_is_told_once() -> None:
    (jugee,) = judged(FACTURE.replace("<cbc:ID>F-2026/001</cbc:ID>", "")).factures

    assert [f.code for f in jugee.findings if f.location == "/Invoice/cbc:ID"] == ["EDI-XSD-02"]


def test_a_file_of_which_nothing_can_be_read_keeps_its_findings() -> None:
    fichier = judged('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>')

    assert (codes(fichier.findings), fichier.factures) == (["EDI-XSD-02"], ())


def test_a_fault_in_one_unit_leaves_the_other_accepted() -> None:
    fichier = judged(MIXTE.replace("<Cadre>A1<", "<Cadre>A11<", 1))
    first, second = fichier.factures

    assert (codes(first.findings), codes(second.findings)) == (["EDI-XSD-04"], [])
    assert fichier.findings == ()
    assert fichier.recevable


def test_sixty_faults_in_one_unit_leave_the_other_accepted() -> None:
    start, end = MIXTE.index("<TVA>"), MIXTE.index("</TVAS>")
    rows = MIXTE[start:end].replace("<Taux>20<", "<Taux>vingt<") * 60

    first, second = judged(MIXTE[:start] + rows + MIXTE[end:]).factures

    assert not first.verdict.accepted
    assert codes(second.findings) == []


def test_a_fault_of_the_envelope_condemns_every_invoice() -> None:
    fichier = judged(MIXTE.replace("<Code>DtPrd<", "<Code>Date de production<"))

    assert codes(fichier.findings) == ["EDI-XSD-06"]
    assert [codes(jugee.findings) for jugee in fichier.factures] == [["EDI-XSD-06"]] * 2
    assert not fichier.recevable


def test_an_unreadable_unit_beside_a_good_one_is_still_counted() -> None:
    start = MIXTE.index('    <CPPFactureMixteUnitaire NumOrdre="2">')
    end = MIXTE.index("  </CPPFactures>")
    fichier = judged(f'{MIXTE[:start]}<CPPFactureMixteUnitaire NumOrdre="2"/>{MIXTE[end:]}')
    first, second = fichier.factures

    assert (codes(first.findings), second.facture.rang) == ([], 2)
    assert codes(second.findings)[0] == "EDI-XSD-02"
    assert not second.verdict.accepted


def test_a_unit_is_not_taken_for_one_whose_number_begins_alike() -> None:
    start = MIXTE.index('    <CPPFactureMixteUnitaire NumOrdre="2">')
    end = MIXTE.index("  </CPPFactures>")
    eleven = MIXTE[:start] + MIXTE[start:end] * 10 + MIXTE[end:]
    bad = eleven[:start] + eleven[start:].replace("<Cadre>A1<", "<Cadre>Z<", 10)
    bad = bad[:start] + bad[start:].replace("<Cadre>Z<", "<Cadre>A1<", 9)

    accepted = [jugee.verdict.accepted for jugee in judged(bad).factures]

    assert accepted == [True] * 10 + [False]


def test_an_attachment_is_measured_against_the_limit_of_the_demande() -> None:
    demande = Demande("", JOUR, Politique(), Limites(piece_jointe=50))
    first, _ = judge("mixte.xml", MIXTE.encode(), demande).factures

    assert codes(first.findings) == ["EDI-PJ-03"]


def test_a_profile_written_on_several_lines_is_still_the_reform() -> None:
    (jugee,) = judged(AVOIR.replace("<b:ProfileID>S1<", "<b:ProfileID>A1<")).factures

    assert "BR-FR-08_BT-23" in {finding.code for finding in jugee.findings}


@pytest.mark.parametrize("text", [FACTURE, MIXTE.replace("<Cadre>A1<", "<Cadre>Z<"), "<Facture/>", ""])
def test_a_judgement_travels_between_processes(text: str) -> None:
    fichier = judged(text)

    assert pickle.loads(pickle.dumps(fichier)) == fichier


@pytest.mark.parametrize("text", [FACTURE, AVOIR, MIXTE], ids=["facture", "avoir", "mixte"])
@pytest.mark.parametrize("value", ["", "é" * 300, "{value}", "NaN", "1E999999", "2026-99-99", "</"])
def test_no_odd_value_raises(text: str, value: str) -> None:
    for start, end in spans_of_text(text):
        judged(text[:start] + value + text[end:])


def spans_of_text(text: str) -> list[tuple[int, int]]:
    """A dozen of the texts between two tags."""
    spans, at = [], 0
    while (start := text.find(">", at) + 1) > 0 and (end := text.find("<", start)) > 0:
        if text[start:end].strip():
            spans.append((start, end))
        at = end
    return spans[:: max(1, len(spans) // 12)]


def test_the_hostile_documents_of_the_corpus_are_refused_without_a_word_of_theirs(corpus: Path) -> None:
    hostile = sorted(path for path in (corpus / "negatives").glob("xml_*.xml") if path.stat().st_size)
    for path in hostile:
        fichier = judged(path.read_bytes(), "FSO1100A")

        assert [finding.motif for finding in fichier.findings] == ["IRR_SYNTAX"], path.name
        assert fichier.factures == ()
        assert "CANARI-" not in repr(fichier)
        assert "root:" not in repr(fichier)


def test_the_control_of_the_corpus_is_accepted(corpus: Path) -> None:
    (jugee,) = judged((corpus / "negatives" / "control_ok.xml").read_bytes(), "FSO1100A").factures

    assert (codes(jugee.findings), jugee.verdict.outcome) == ([], Outcome.ACCEPTED)


@pytest.mark.parametrize("name", ["UBL_invoice-fr-cius.xml", "UBL_credit-note-fr.xml"])
def test_the_french_samples_of_the_corpus_are_accepted(corpus: Path, name: str) -> None:
    (jugee,) = judged((corpus / "choruspro" / name).read_bytes(), "FSO1100A").factures

    assert jugee.verdict.outcome is Outcome.ACCEPTED
