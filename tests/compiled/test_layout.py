"""What the paths of a document settle is not asked again, and nothing else is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiled.feuille_schematron import an_assert, rule, variable, write_part, write_sheet

from edi import xml
from edi.validators.compiled import engine
from edi.validators.compiled.formulas import ANYWHERE, FULL, HERE, LONE, NONE, All, Known, Some, both, either
from edi.validators.compiled.running.layout import layout_of
from edi.validators.schematron.packs import Part

WHOLE = b"<r><a k='1'><b>x</b><c/></a><a k='2'><b>y</b><b>z</b></a><d><e>1</e></d></r>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def part_of(folder: Path, test: str, match: str = "/r", *variables: str) -> Part:
    return write_part(folder, write_sheet([rule(match, *variables, an_assert("P", test))]))[1]


def left(part: Part, data: bytes) -> int:
    """How many checks are made of a document, each counted once whatever the number of elements."""
    layout = layout_of(engine._select(part), engine.open_document(xml.parse(data)))
    tasks = sum(len(task.checks) + len(task.gated) for task in layout.tasks)
    return tasks + sum(len(checks) for one in layout.choosings for _, _, checks in one.options)


@pytest.mark.parametrize(
    ("match", "test"),
    [
        ("/r", "a"),
        ("/r", "exists(a/b) or zz"),
        ("/r", "not(zz)"),
        ("/r", "not(zz) or xs:decimal(zz) > 1"),
        ("/r/a", "b"),
        ("/r/a", "@k"),
        ("/r/a", "normalize-space(@zz) = ''"),
        ("/r/a", "count(c) <= 1"),
        ("/r/a", "every $b in zz satisfies xs:decimal($b) > 1"),
        ("/r/d", "count(e) = 1"),
        ("/r/d", "normalize-space(e) != ''"),
        ("/r/d", "string-length(e) > 0"),
        ("/r/d", "../a/b"),
        ("/r", "not(//@zz)"),
        ("//e", "not(ancestor::zz) and ancestor::d"),
    ],
)
def test_what_the_paths_settle_is_not_asked(folder: Path, match: str, test: str) -> None:
    part = part_of(folder, test, match)

    assert left(part, WHOLE) == 0
    assert engine.run(part, engine.open_document(xml.parse(WHOLE))) == ()


@pytest.mark.parametrize(
    ("match", "test"),
    [
        ("/r/a", "c"),  # only the first has it
        ("/r/a", "count(b) <= 1"),  # the second has two
        ("/r/a", "normalize-space(c) != ''"),  # empty
        ("/r/a", "b = 'x'"),
        ("/r/d", "e = '2'"),
        ("/r", "a[@k = '1']/b = 'y'"),
        ("/r", "not(a)"),
        ("/r", "not(//@k)"),
    ],
)
def test_what_values_decide_is_asked(folder: Path, match: str, test: str) -> None:
    part = part_of(folder, test, match)

    assert left(part, WHOLE) == 1
    assert len(engine.run(part, engine.open_document(xml.parse(WHOLE)))) >= 1


def test_a_document_of_other_paths_is_asked_anew(folder: Path) -> None:
    part = part_of(folder, "b", "/r/a")

    assert engine.run(part, engine.open_document(xml.parse(WHOLE))) == ()
    assert len(engine.run(part, engine.open_document(xml.parse(b"<r><a><b/></a><a/></r>")))) == 1
    assert len(engine.run(part, engine.open_document(xml.parse(b"<r><a/></r>")))) == 1


def test_a_variable_that_may_raise_is_computed_though_no_check_is_left(folder: Path) -> None:
    """Saxon may compute it, and would then raise."""
    part = part_of(folder, "a", "/r", variable("v", "xs:decimal(a)"))

    assert left(part, WHOLE) == 0
    with pytest.raises(engine.AskSaxon):
        engine.run(part, engine.open_document(xml.parse(WHOLE)))


def test_a_truth_of_the_document_spares_all_elements(folder: Path) -> None:
    part = part_of(folder, "not(/r/d/e = '2') or b = 'no'", "/r/a")
    other = WHOLE.replace(b"<e>1</e>", b"<e>2</e>")

    assert engine.run(part, engine.open_document(xml.parse(WHOLE))) == ()
    assert len(engine.run(part, engine.open_document(xml.parse(other)))) == 2


# -- formulas -----------------------------------------------------------------------------------------------

A = Known(NONE, HERE, ("a",))
A_B = Known(NONE, HERE, ("a", "b"))
LONG, SHORT = Known(FULL, HERE, (), ("a", "b")), Known(FULL, HERE, (), ("a",))
ALL_A = Known(NONE, ANYWHERE + "a", ())


def test_what_is_implied_is_left_out() -> None:
    assert both(A, A_B) == A
    assert either(A, A_B) == A_B
    assert both(LONG, SHORT) == LONG
    assert either(LONG, SHORT) == SHORT


def test_what_is_not_implied_stays() -> None:
    lone = Known(LONE, HERE, (), ("a",))

    assert both(A, ALL_A) == All((A, ALL_A))
    assert either(A, lone) == Some((A, lone))
    assert both(A, True) == A
    assert either(A, False) == A
    assert both(A, False) is False
    assert either(A, True) is True
