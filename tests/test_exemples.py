"""The examples of the rules: valid documents, edits, short fragments, lots that break an official rule."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

from edi.cli import app
from edi.exemples.bases import load_bases, parse, write_base
from edi.exemples.edits import EditRefused, apply_edits, find, path_of, read_edit
from edi.exemples.fragments import compare
from edi.inbound.readers import facturx
from edi.judge import Demande, judge
from edi.model import FichierJuge, Finding, Limites, Politique, Severity
from edi.samples import CII_REFORME, FACTURX, JOUR, LES_REFORMES, REFORME, LotSpec, make_files
from edi.samples.officielles import find_officielle
from edi.validators.scenarios import SCENARIOS

DOC = b"<a><b>1</b><b>2</b><c x='y'><d/></c></a>"
REFORMES = [s for s in SCENARIOS if s.famille == "reforme"]


def judged(data: bytes, nom: str = "facture.xml", jour: date = JOUR) -> FichierJuge:
    return judge(nom, data, Demande("", jour, Politique(), Limites()))


def findings(data: bytes, nom: str = "facture.xml", jour: date = JOUR) -> list[Finding]:
    result = judged(data, nom, jour)
    return [*result.findings, *(f for jugee in result.factures for f in jugee.findings)]


def blocking(data: bytes, nom: str = "facture.xml", jour: date = JOUR) -> list[str]:
    return [found.code for found in findings(data, nom, jour) if found.severity > Severity.WARNING]


# -- bases --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [name for name, base in load_bases().items() if base.scenario])
def test_a_base_with_a_scenario_passes_the_whole_check(base: str) -> None:
    data = write_base(base)

    assert blocking(data) == []


@pytest.mark.parametrize(
    "base", "ubl-facture ubl-avoir ubl-facture-etendue ubl-avoir-etendu cii-facture cii-etendue".split()
)
def test_the_main_bases_are_without_any_remark(base: str) -> None:
    assert findings(write_base(base)) == []


@pytest.mark.parametrize("scenario", REFORMES, ids=lambda scenario: scenario.id)
def test_every_scenario_of_the_reform_has_a_base(scenario: object) -> None:
    served = {s.profil for s in REFORMES for base in load_bases().values() if base.scenario == s.id}

    assert scenario.profil in served  # type: ignore[attr-defined]


# -- edits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"en": "b[2]", "retire": True}, '<a><b>1</b><c x="y"><d/></c></a>'),
        ({"en": "b", "double": True}, '<a><b>1</b><b>1</b><b>2</b><c x="y"><d/></c></a>'),
        ({"en": "c/d", "texte": "3"}, '<a><b>1</b><b>2</b><c x="y"><d>3</d></c></a>'),
        ({"en": "b", "texte": ""}, '<a><b/><b>2</b><c x="y"><d/></c></a>'),
        ({"en": "c", "attribut": "x"}, "<a><b>1</b><b>2</b><c><d/></c></a>"),
        ({"en": "c", "attribut": "z", "valeur": "1"}, '<a><b>1</b><b>2</b><c x="y" z="1"><d/></c></a>'),
        ({"en": "c", "insere": "<e/>", "avant": "d"}, '<a><b>1</b><b>2</b><c x="y"><e/><d/></c></a>'),
        ({"insere": "<e/>"}, '<a><b>1</b><b>2</b><c x="y"><d/></c><e/></a>'),
    ],
)
def test_an_edit_does_one_thing(entry: dict[str, object], expected: str) -> None:
    root = parse(DOC)
    apply_edits(root, (read_edit(entry),))

    assert etree.tostring(root).decode() == expected


@pytest.mark.parametrize(
    "entry",
    [
        {"en": "b"},
        {"en": "b", "retire": True, "texte": "1"},
        {"en": "b", "retire": True, "inconnu": 1},
        {"en": "z", "retire": True},
        {"en": "b[3]", "retire": True},
        {"en": "b()", "retire": True},
        {"en": "", "retire": True},
        {"en": "c", "insere": "<e>"},
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(EditRefused):
        apply_edits(parse(DOC), (read_edit(entry),))


def test_a_path_finds_the_element_it_was_made_of() -> None:
    root = parse(write_base("ubl-facture"))

    assert all(find(root, path_of(element)) is element for element in root.iter())


# -- fragments ----------------------------------------------------------------------------------------------


def shown(fautif: bytes) -> tuple[list[str], list[str]]:
    sides = compare(DOC, fautif)
    return tuple([f"{'>' if x.change else ' '}{x.texte}" for x in side.lignes] for side in sides)  # type: ignore


@pytest.mark.parametrize(
    ("fautif", "valable", "attendu"),
    [
        (
            b"<a><b>1</b><b>3</b><c x='y'><d/></c></a>",
            [" <a>", "   <b>1</b>", ">  <b>2</b>", '   <c x="y">…</c>', " </a>"],
            [" <a>", "   <b>1</b>", ">  <b>3</b>", '   <c x="y">…</c>', " </a>"],
        ),
        (
            b"<a><b>1</b><b>2</b><c x='y'><d>4</d></c></a>",
            [' <c x="y">', ">  <d/>", " </c>"],
            [' <c x="y">', ">  <d>4</d>", " </c>"],
        ),
        (
            b"<a><b>1</b><b>2</b></a>",
            [" <a>", "   …", "   <b>2</b>", '>  <c x="y">', ">    <d/>", ">  </c>", " </a>"],
            [" <a>", "   …", "   <b>2</b>", " </a>"],
        ),
        (
            b"<a><b>1</b><b>2</b><c x='z'><d/></c></a>",
            [" <a>", "   …", "   <b>2</b>", '>  <c x="y">', "     …", "   </c>", " </a>"],
            [" <a>", "   …", "   <b>2</b>", '>  <c x="z">', "     …", "   </c>", " </a>"],
        ),
    ],
)
def test_fragments_are_the_element_around_the_change(
    fautif: bytes, valable: list[str], attendu: list[str]
) -> None:
    assert shown(fautif) == (valable, attendu)


def test_long_values_are_shortened() -> None:
    _, fautif = compare(b"<a><b>1</b></a>", b"<a><b>" + b"x" * 500 + b"</b></a>")

    assert max(len(ligne.texte) for ligne in fautif.lignes) < 100


# -- rules explain ------------------------------------------------------------------------------------------


def invoke(*words: str) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("code", "faux"),
    [("BR-FR-09", "00031001200019"), ("EDI-MONTANT-01", "TaxInclusiveAmount"), ("BR-CO-15", "<")],
)
def test_rules_explain_shows_a_valid_and_a_faulty_fragment(code: str, faux: str) -> None:
    told = invoke("rules", "explain", code)
    as_json = json.loads(invoke("rules", "explain", code, "--json"))

    assert told.index("Exemple valable") < told.index("Exemple fautif")
    assert "\n> " in told
    assert faux in as_json["exemple_fautif"]["xml"]
    assert as_json["exemple_valable"]["xml"] != as_json["exemple_fautif"]["xml"]


def test_rules_explain_says_why_no_document_breaks_a_rule() -> None:
    assert "aucun document ne l'enfreint" in invoke("rules", "explain", "BR-FR-16_BT-103")


# -- lots ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nom_format", LES_REFORMES)
@pytest.mark.parametrize("code", ["BR-FR-09", "BR-FR-01", "BR-CO-15", "BR-FR-MV-12_BT-128"])
def test_an_official_rule_strikes_one_invoice_of_a_lot(nom_format: str, code: str) -> None:
    officielle = find_officielle(code, nom_format)
    spec = LotSpec(nom_format, 3, (code,), jour=date(2025, 10, 1))
    verdicts = [set(blocking(data, nom, spec.jour)) for nom, data in make_files(spec)]

    assert officielle is not None
    assert verdicts[:2] == [set(), set()]
    assert officielle.regle in verdicts[2]


def test_the_faulty_invoice_has_the_number_and_the_day_of_its_lot() -> None:
    spec = LotSpec(REFORME, 2, ("BR-FR-09",), jour=date(2025, 10, 1))
    (_, first), (_, struck) = make_files(spec)
    (facture,) = (jugee.facture for jugee in judged(struck, jour=spec.jour).factures)

    assert facture.date == date(2025, 10, 1)
    assert facture.numero.endswith("-0002")
    assert b"FA-EXEMPLE" not in struck.replace(b"FA-EXEMPLE-000", b"")
    assert first != struck


def test_a_factur_x_bears_the_level_of_its_example() -> None:
    ((_, data),) = make_files(LotSpec(FACTURX, 1, ("FX-SCH-A-000045",), archive="tar.gz"))

    assert facturx.open_pdf(data, len(data)).data.startswith(b"<?xml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--faute", "BR-FR-16_BT-103"), "aucun"),
        (("--faute", "BR-NUL-99"), "BR-NUL-99"),
        (("--faute", "BR-FR-09", "--format", "ubl"), "au format ubl"),
    ],
)
def test_a_rule_without_example_is_told(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ("sample", "lot", *words, "--nombre", "2", "--vers", str(tmp_path)))

    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "interface"),
    [
        (("BR-FR-09",), "FSO1100A"),
        (("BR-FR-01_BT-1",), "FSO1106A"),  # the sheet of CII alone names it so
        (("BR-FR-09", "--format", CII_REFORME), "FSO1106A"),
    ],
)
def test_the_format_follows_from_the_official_rule(
    words: tuple[str, ...], interface: str, tmp_path: Path
) -> None:
    told = invoke("sample", "lot", "--nombre", "2", "--vers", str(tmp_path), "--faute", *words)

    assert interface in told


def test_sample_exemple_lists_and_writes_examples(tmp_path: Path) -> None:
    listed = invoke("sample", "exemple")
    invoke("sample", "exemple", "cii-etendue", "--vers", str(tmp_path))
    invoke("sample", "exemple", "--faute", "BR-FR-09_BT-29", "--vers", str(tmp_path))

    assert "ubl-multi-vendeurs" in listed
    assert (tmp_path / "cii-etendue.xml").read_bytes() == write_base("cii-etendue")
    assert "BR-FR-09_BT-29" in blocking((tmp_path / "BR-FR-09_BT-29.xml").read_bytes())
