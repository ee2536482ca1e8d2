"""Two forms of each sheet: the compiled one loses no document, and is never right against the official."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from petite_feuille import (
    GOOD,
    NAMELESS,
    NAMELESS_FAILED,
    NEGATIVE,
    NEGATIVE_FAILED,
    RAISING,
    make,
    right,
    write_pack,
)

from edi import xml
from edi.judge import Demande
from edi.model import Finding, Limites, Politique
from edi.model.confiance import EtatFeuille, Execution, Voie
from edi.validators.compiled.engine import AskSaxon, NotCompiled
from edi.validators.schematron import runner
from edi.validators.schematron.confiance import (
    OFFICIELLE,
    Confiance,
    Preuve,
    first_state,
    read_proofs,
    shipped,
    shipped_proofs,
)
from edi.validators.schematron.double import tell_difference
from edi.validators.schematron.packs import PACKS, Pack, Part
from edi.validators.schematron.saxon import DynamicError, Failed

OFFICIEL, ECARTE, OMBRE = EtatFeuille.OFFICIEL, EtatFeuille.ECARTE, EtatFeuille.OMBRE
JEUNE, ETABLI = EtatFeuille.JEUNE, EtatFeuille.ETABLI
COMPILEE, DOUBLE, OFFICIELLE_SEULE = Voie.COMPILEE, Voie.DOUBLE, Voie.OFFICIELLE
Run = Callable[[Part, etree._ElementTree], tuple[Failed, ...]]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return write_pack(tmp_path_factory.mktemp("petite"))


def apply(data: bytes, confiance: Confiance, *packs: Pack, sampled: bool = False) -> runner.Applied:
    return runner.apply_all(packs, xml.parse(data), confiance, sampled=sampled)


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


# -- which form is asked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("etat", "data", "sampled", "voie"),
    [
        (OFFICIEL, GOOD, True, OFFICIELLE_SEULE),
        (ECARTE, NEGATIVE, True, OFFICIELLE_SEULE),
        (OMBRE, GOOD, False, DOUBLE),
        (JEUNE, GOOD, False, COMPILEE),
        (JEUNE, GOOD, True, DOUBLE),
        (JEUNE, NEGATIVE, False, DOUBLE),
        (JEUNE, NAMELESS, False, DOUBLE),  # a warning is a failed assert too
        (ETABLI, NEGATIVE, False, COMPILEE),
        (ETABLI, GOOD, True, DOUBLE),
    ],
)
def test_the_state_of_a_sheet_says_which_form_is_asked(
    pack: Pack, etat: EtatFeuille, data: bytes, sampled: bool, voie: Voie
) -> None:
    applied = apply(data, make(right, etat, pack), pack, sampled=sampled)
    sheet = pack.parts[0].sheet

    assert applied.executions == (Execution(sheet.sha256, "petite", voie),)
    assert applied.findings == apply(data, OFFICIELLE, pack).findings


def test_a_sheet_that_nobody_has_spoken_of_is_tried_beside_the_official_one(pack: Pack) -> None:
    (execution,) = apply(GOOD, make(right, ETABLI), pack).executions

    assert execution.voie is DOUBLE


def test_a_young_sheet_is_compared_on_a_document_in_which_another_sheet_finds_a_fault(
    pack: Pack, tmp_path: Path
) -> None:
    other = write_pack(tmp_path, "autre")

    def run(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
        return right(part, tree) if part == pack.parts[0] else ()

    applied = apply(NEGATIVE, make(run, JEUNE, pack, other), other, pack)

    assert [one.voie for one in applied.executions] == [DOUBLE, DOUBLE]
    assert applied.executions[0].ecart == "manque : T-1 en /invoice[1]"
    assert codes(applied.findings) == ["T-1", "T-1"]


def test_a_document_that_needs_no_saxon_never_loads_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from petite_feuille import *;"
        "from edi import xml; from edi.validators.schematron import runner;"
        f"pack = write_pack(Path({str(tmp_path)!r}));"
        "found = runner.apply_all((pack,), xml.parse(NEGATIVE), make(right, EtatFeuille.ETABLI, pack));"
        "print(len(found.findings), 'saxonche' in sys.modules)"
    )
    here = Path(__file__).parent
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=here, timeout=120
    )

    assert told.stdout.split() == ["1", "False"]


# -- the sample -------------------------------------------------------------------------------------------


def test_the_sample_is_drawn_from_the_bytes_and_is_always_the_same() -> None:
    documents = [f"<a>{rank}</a>".encode() for rank in range(20_000)]
    one_percent = Confiance(echantillon=0.01)
    drawn = [data for data in documents if one_percent.samples(data)]

    assert 150 < len(drawn) < 250
    assert [data for data in documents if one_percent.samples(data)] == drawn
    assert {data for data in documents if Confiance(echantillon=0.005).samples(data)} < set(drawn)


@pytest.mark.parametrize(("rate", "all_of_them"), [(0.0, False), (1.0, True)])
def test_nothing_or_everything_may_be_the_sample(rate: float, all_of_them: bool) -> None:
    confiance = Confiance(echantillon=rate)

    assert {confiance.samples(bytes([n])) for n in range(256)} == {all_of_them}


# -- differences ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "found", "told"),
    [
        (NEGATIVE, (), "manque : T-1 en /invoice[1]"),
        (GOOD, (NEGATIVE_FAILED,), "en trop : T-1 en /invoice[1]"),
        (NAMELESS, NAMELESS_FAILED[:1], "manque : T-2 en /invoice[1]/line[2]"),
        (
            NEGATIVE,
            (NEGATIVE_FAILED._replace(flag="warning"),),
            "autre texte ou autre gravité : T-1 en /invoice[1]",
        ),
        (
            NEGATIVE,
            (NEGATIVE_FAILED._replace(text="SECRET"),),
            "autre texte ou autre gravité : T-1 en /invoice[1]",
        ),
        (NEGATIVE, (NEGATIVE_FAILED, NEGATIVE_FAILED), "en trop : T-1 en /invoice[1]"),  # a multiset
        (NAMELESS, NAMELESS_FAILED[::-1], ""),  # in another order
        (RAISING, (), "la feuille officielle lève une erreur, la forme compilée non"),
    ],
)
def test_where_both_differ_the_official_form_is_right(
    pack: Pack, data: bytes, found: tuple[Failed, ...], told: str
) -> None:
    def run(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
        return found

    applied = apply(data, make(run, ETABLI, pack), pack, sampled=True)
    (execution,) = applied.executions

    assert (execution.voie, execution.ecart) == (DOUBLE, told)
    assert applied.findings == apply(data, OFFICIELLE, pack).findings


def test_a_difference_is_told_without_anything_of_the_document_and_not_at_length() -> None:
    path = "/*:Invoice[namespace-uri()='urn:x'][1]/*:Line[namespace-uri()='urn:x'][{}]"
    official = tuple(Failed("BR-1", "fatal", path.format(rank), "SECRET") for rank in range(1, 9))

    assert tell_difference(official, ()) == (
        "manque : BR-1 en /Invoice[1]/Line[1], BR-1 en /Invoice[1]/Line[2], BR-1 en /Invoice[1]/Line[3], "
        "BR-1 en /Invoice[1]/Line[4] et 4 autres"
    )
    assert (
        tell_difference((), (Failed("", "report", "/a[1]", "SECRET"),))
        == "en trop : règle sans code en /a[1]"
    )
    raised = DynamicError("p", "XPTY0004", "SECRET")
    assert tell_difference(raised, ()) == "la feuille officielle lève XPTY0004, la forme compilée non"


# -- whatever breaks --------------------------------------------------------------------------------------


def ask_saxon(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
    raise AskSaxon("valeur NaN")


def not_compiled(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
    raise NotCompiled("axe following", "fonction inconnue")


def broken(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
    raise ValueError(f"cannot read {tree.getroot().findtext('total')}")


def endless(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
    return endless(part, tree)


def nonsense(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
    return ("T-1",)  # type: ignore[return-value]


@pytest.mark.parametrize("data", [GOOD, NEGATIVE, NAMELESS, RAISING])
@pytest.mark.parametrize("etat", [OMBRE, JEUNE, ETABLI])
@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (ask_saxon, "valeur NaN"),
        (not_compiled, "ne se compile pas : axe following ; fonction inconnue"),
        (broken, "ValueError (test_double.py:"),
        (endless, "RecursionError (test_double.py:"),
        (nonsense, "TypeError ("),
    ],
)
def test_whatever_the_compiled_form_raises_the_official_one_judges_and_the_reason_is_told(
    pack: Pack, run: Run, reason: str, etat: EtatFeuille, data: bytes
) -> None:
    applied = apply(data, make(run, etat, pack), pack)
    (execution,) = applied.executions

    assert execution.voie is OFFICIELLE_SEULE
    assert execution.repli.startswith(reason)
    assert "cannot read" not in execution.repli
    assert applied.findings == apply(data, OFFICIELLE, pack).findings


def test_a_document_that_cannot_be_opened_for_the_compiled_form_is_judged_by_the_official_one(
    pack: Pack,
) -> None:
    def refuse(tree: etree._ElementTree) -> etree._ElementTree:
        raise AskSaxon("arbre trop profond")

    confiance = make(right, ETABLI, pack)
    confiance = replace(confiance, compiled=replace(confiance.compiled, open_document=refuse))
    applied = apply(NEGATIVE, confiance, pack)

    assert [one.repli for one in applied.executions] == ["arbre trop profond"]
    assert codes(applied.findings) == ["T-1"]


# -- what is shipped --------------------------------------------------------------------------------------


def test_a_sheet_begins_as_young_under_the_very_compiler_that_was_compared() -> None:
    proofs = (Preuve("a" * 64, "compiler-1", 50_000, date(2026, 11, 27), "EN16931-UBL"),)

    assert first_state("a" * 64, "compiler-1", proofs) is JEUNE
    assert first_state("a" * 64, "compiler-2", proofs) is OMBRE
    assert first_state("b" * 64, "compiler-1", proofs) is OMBRE


def test_a_proof_is_read_as_the_rig_writes_it(tmp_path: Path) -> None:
    row = f'nom = "A"\nsha256 = "{"a" * 64}"\ncompilateur = "x"\ndocuments = 5\nle = 2026-11-27\n'
    (tmp_path / "moteur.toml").write_text(f"# Head.\n\n[[feuille]]\n{row}", encoding="utf-8")

    assert read_proofs(tmp_path / "moteur.toml") == (Preuve("a" * 64, "x", 5, date(2026, 11, 27), "A"),)


def test_what_is_shipped_speaks_of_sheets_that_are_shipped() -> None:
    known = {part.sheet.sha256 for group in PACKS.values() for one in group for part in one.parts}

    assert {proof.sha256 for proof in shipped_proofs()} <= known
    assert all(proof.documents > 0 for proof in shipped_proofs())


def test_a_request_travels_to_other_processes_with_the_trust_in_it() -> None:
    demande = Demande("", date(2026, 11, 20), Politique(), Limites())

    assert demande.confiance == shipped()
    assert pickle.loads(pickle.dumps(demande)) == demande
