"""The short form of the rig: some hundreds of documents under each sheet, and what the rig itself must see.

The compiled sheets are the subject where they are built in, the rewritten ones otherwise. ``make
differential`` runs the long form, over worker processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from differential import record
from differential.cases import Case, make
from differential.compare import BOTH_RAISE, DIFFERENT, EQUAL, hold
from differential.edits import mutant, systematic
from differential.minimise import minimise
from differential.plan import drawn
from differential.recipes import breaks, examples, impossible_ranks, known, name_of, reasons
from differential.run import run
from differential.seeds import own_seeds
from differential.sheets import CDAR, Feuille, broken_ranks, feuilles, find_feuille, rules_of, run_official
from differential.subjects import COMPILED, Declined, InSaxon, find_subject
from differential.tally import Tally, cover
from differential.worker import Task, judge
from edi.exemples.edits import INSERE, RETIRE, TEXTE, Edit
from edi.validators.schematron import saxon
from edi.validators.schematron.confiance import Preuve, read_proofs

pytest.importorskip("saxonche")

NUMBER = 8  # of what the short form draws
DRAWN = 30  # documents
EVERY = 24  # of the examples and recipes, which the long form takes all
FR = find_feuille("br-fr-ubl")
FAULTY = Case("base:ubl-facture", (Edit(TEXTE, "ID", "A B"), Edit(RETIRE, "Note")))


def subject_name() -> str:
    try:
        return find_subject(COMPILED).name
    except ImportError:
        return saxon.REWRITTEN


@pytest.mark.parametrize("feuille", feuilles(), ids=lambda feuille: feuille.name)
def test_the_subject_finds_what_the_official_sheet_finds(feuille: Feuille) -> None:
    names, seeds = (feuille.name,), list(own_seeds(feuille.syntax))[::8]
    cases = [*list(examples(feuille))[::EVERY], *list(known(feuille))[::EVERY], *map(Case, seeds)]
    tasks = [Task(case, names) for case in cases]
    faulty = {feuille.syntax: cases}
    tasks += islice(drawn({feuille.syntax: names}, {feuille.syntax: seeds}, faulty, NUMBER), DRAWN)
    report = judge(tasks, subject_name(), ranks=False)
    tally = report.tallies[feuille.name]

    assert report.differences == []
    assert tally.compared > DRAWN / 3
    assert tally.asked.total() + tally.both_raise < tally.runs / 4


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("feuille", feuilles(), ids=lambda feuille: feuille.name)
def test_every_rule_is_broken_by_some_case_or_has_its_reason(feuille: Feuille) -> None:
    broken: set[int] = set()
    for case in (*examples(feuille), *known(feuille)):
        broken |= breaks(feuille, case)
    seen = cover(feuille, broken)

    assert [(rank, rules_of(feuille)[rank]) for rank in seen.never] == []
    assert set(impossible_ranks(feuille)) & broken == set()


@pytest.mark.parametrize("feuille", feuilles(), ids=lambda feuille: feuille.name)
def test_few_rules_are_said_to_be_unbreakable_and_each_is_of_the_sheet(feuille: Feuille) -> None:
    names = {name for rule in rules_of(feuille) for name in (rule.id, name_of(rule))}

    assert len(impossible_ranks(feuille)) <= max(6, len(rules_of(feuille)) / 20)
    assert set(reasons(feuille)) - names == set()


# -- the rig sees what it is there to see --------------------------------------------------------------------


def test_a_rank_tells_apart_what_an_id_does_not() -> None:
    feuille = find_feuille("facturx-basic")
    case = next(case for case in known(feuille) if "FX-SCH-A-000031 " in case.origin)
    document = saxon.open_document(make(case))
    ranks = broken_ranks(feuille, document)
    told = run_official(feuille, document)

    assert sorted(rules_of(feuille)[rank].id for rank in ranks) == sorted(
        {*Counter(f.id for f in told)} - {""}
    )
    assert len([rule for rule in rules_of(feuille) if rule.id == "FX-SCH-A-000031"]) > 1


class Liar(InSaxon):
    """Saxon, but that one answer is otherwise."""

    def __init__(self, lie: Callable[[tuple[saxon.Failed, ...]], tuple[saxon.Failed, ...]]) -> None:
        super().__init__(saxon.REWRITTEN)
        self._lie = lie

    def run(self, part: Any, document: Any) -> tuple[saxon.Failed, ...]:
        return self._lie(super().run(part, document))


LIES = {
    "one too few": lambda found: found[1:],
    "one twice": lambda found: (*found, *found[:1]),
    "another id": lambda found: tuple(f._replace(id=f.id.replace("-02", "-03")) for f in found),
    "another flag": lambda found: tuple(f._replace(flag="warning") for f in found),
    "another place": lambda found: tuple(f._replace(location=f.location.rpartition("/")[0]) for f in found),
    "another text": lambda found: tuple(f._replace(text=f.text.upper()) for f in found),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_subject_that_lies_is_seen(lie: Any) -> None:
    tree = make(FAULTY)
    honest = next(hold(InSaxon(saxon.REWRITTEN), FR, tree))
    outcome = next(hold(Liar(lie), FR, tree))

    assert (honest.kind, honest.compared > 1) == (EQUAL, True)
    assert outcome.kind == DIFFERENT
    assert outcome.missing or outcome.extra


def test_the_order_of_failures_does_not_matter() -> None:
    liar = Liar(lambda found: tuple(reversed(found)))

    assert next(hold(liar, FR, make(FAULTY))).kind == EQUAL


def test_what_differs_is_made_small() -> None:
    liar = Liar(lambda found: tuple(f for f in found if f.id != "BR-FR-02_BT-1"))
    outcome = next(hold(liar, FR, make(FAULTY)))
    small = minimise(liar, FR, FAULTY, outcome)

    assert [failed.id for failed in outcome.missing] == ["BR-FR-02_BT-1"]
    assert small.case.edits == FAULTY.edits[:1]
    assert [etree.QName(one).localname for one in etree.fromstring(small.data)] == ["ID"]
    assert small.outcome.signature == outcome.signature


def test_an_answer_where_the_official_sheet_raises_is_a_difference() -> None:
    feuille = find_feuille("en16931-ubl")
    case = next(c for c in examples(feuille) if c.origin.endswith("UBL-SR-27"))

    class Bold(InSaxon):
        def run(self, part: Any, document: Any) -> tuple[saxon.Failed, ...]:
            return ()

    honest, bold = InSaxon(saxon.REWRITTEN), Bold("bold")
    assert next(hold(honest, feuille, make(case))).kind == BOTH_RAISE
    assert next(hold(bold, feuille, make(case))).kind == DIFFERENT


def test_what_a_subject_leaves_to_saxon_is_counted_by_cause() -> None:
    class Shy(InSaxon):
        def run(self, part: Any, document: Any) -> tuple[saxon.Failed, ...]:
            raise Declined("too deep")

    tally, shy = Tally(), Shy(saxon.REWRITTEN)
    for outcome in hold(shy, FR, make(FAULTY)):
        tally.count(outcome)

    assert tally.asked == {"too deep": tally.runs}


def test_a_document_deeper_than_saxon_holds_is_counted_apart() -> None:
    deep = "<cac:Party>" * 120 + "</cac:Party>" * 120
    report = judge([Task(Case("base:ubl-facture", (Edit(INSERE, "", deep),)), (FR.name,))], saxon.REWRITTEN)

    assert (len(report.refused), report.tallies) == (1, {})


def test_edits_and_mutants_are_the_same_each_time() -> None:
    seed = "base:cii-minimum"

    assert list(systematic(seed)) == list(systematic(seed))
    assert mutant(seed, "1:7") == mutant(seed, "1:7")
    assert len({mutant(seed, f"1:{rank}").edits for rank in range(50)}) > 40


def test_every_element_is_dropped_doubled_and_rewritten() -> None:
    seed = "base:cii-minimum"
    done = {(case.edits[0].acte, case.edits[0].en) for case in systematic(seed)}
    root = make(Case(seed)).getroot()
    paths = {one.en for case in systematic(seed) for one in case.edits if one.acte == RETIRE}

    assert len(paths) == sum(1 for _ in root.iter()) - 1
    assert {("double", path) for path in paths} <= done
    assert {acte for acte, _ in done} == {"retire", "double", "texte", "attribut", "insere"}


def test_a_run_over_worker_processes_ends_with_its_figures(tmp_path: Path) -> None:
    tasks = [Task(Case(seed), ("br-fr-cdv",)) for seed in list(own_seeds(CDAR))[:4]]
    done = run(tasks, saxon.REWRITTEN, runs=None, workers=1, folder=tmp_path)

    assert (done.runs, done.differences, done.lost) == (4, [], [])
    assert "br-fr-cdv" in done.told()


# -- what is recorded ----------------------------------------------------------------------------------------


def test_only_a_run_without_difference_is_recorded() -> None:
    tally = Tally(documents=3, runs=3)
    proofs = record.proofs_of([FR], {FR.name: tally}, "c0ffee", date(2026, 11, 27))

    assert proofs == (Preuve(FR.sheet.sha256, "c0ffee", 3, date(2026, 11, 27), FR.name),)
    for spoilt in (Tally(runs=3, differences=1), Tally(), Tally(runs=2, asked=Counter({"too deep": 2}))):
        with pytest.raises(record.NotProven):
            record.proofs_of([FR], {FR.name: spoilt}, "c0ffee", date(2026, 11, 27))


def test_a_recorded_sheet_takes_the_place_of_itself_and_of_no_other(tmp_path: Path) -> None:
    path = tmp_path / "moteur.toml"
    path.write_text("# What was held.\n", "utf-8")
    other = find_feuille("br-fr-cii")
    for feuille, count in ((FR, 3), (other, 4), (FR, 5)):
        tallies = {feuille.name: Tally(runs=count)}
        record.record(path, record.proofs_of([feuille], tallies, "c0ffee", date(2026, 11, 27)))

    assert {(one.nom, one.documents) for one in read_proofs(path)} == {("br-fr-ubl", 5), ("br-fr-cii", 4)}
    assert path.read_text("utf-8").startswith("# What was held.\n\n[[feuille]]\n")
