"""The ratios of each commit: kept as they were measured, and shown as a page and a drawing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from lxml import etree

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import evolution
from evolution import SHOWN, Passage
from pages_de_docs import replace_section, table

FIRST = Passage(
    "aaaaaaaaaaaa", "2026-11-26T08:00:00Z", "modèle, 2 CPU", 0.3, "python x", False, {"2 travailleurs/1": 1.5}
)
SECOND = FIRST._replace(
    commit="bbbbbbbbbbbb",
    le="2026-11-27T08:00:00Z",
    modifie=True,
    ratios={nom: 1.25 for nom, _, _ in SHOWN},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for one in (SECOND, FIRST):
        (tmp_path / f"{one.commit}.json").write_text(json.dumps(one._asdict()), encoding="utf-8")
    return tmp_path


def test_runs_are_read_oldest_first(folder: Path) -> None:
    assert evolution.read(folder) == [FIRST, SECOND]


def test_the_page_has_a_row_a_commit_and_tells_what_was_changed(folder: Path) -> None:
    evolution.rewrite(folder)
    page = (folder / "README.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]

    assert [row.split("|")[1].strip() for row in rows] == ["`aaaaaaaaaaaa`", "`bbbbbbbbbbbb` (changed)"]
    assert rows[0].count("|") == rows[1].count("|") == len(SHOWN) + 4
    assert "1.50" in rows[0]
    assert rows[1].count("1.25") == len(SHOWN)


def test_a_page_of_no_run_says_how_to_make_one() -> None:
    assert "make bench" in evolution.write_page([])


def test_the_drawing_has_a_curve_a_ratio_and_a_point_a_run(folder: Path) -> None:
    evolution.rewrite(folder)
    drawing = etree.parse(folder / "evolution.svg")

    assert len(list(drawing.iter("{*}circle"))) == len(SHOWN) + 1
    assert len(list(drawing.iter("{*}polyline"))) == 1  # one ratio alone was measured twice


def test_what_is_kept_in_the_repository_can_be_read_and_is_what_the_page_shows() -> None:
    kept = evolution.read(evolution.FOLDER)

    assert [one.commit for one in kept if one.machine == "" or one.commande == ""] == []
    assert (evolution.FOLDER / "README.md").read_text("utf-8") == evolution.write_page(kept)


def test_a_section_is_replaced_and_what_is_around_it_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("avant\n<!-- a -->\nvieux\n<!-- /a -->\naprès\n<!-- b -->\n<!-- /b -->\n", "utf-8")
    replace_section(page, "a", "neuf")
    replace_section(page, "a", "neuf")

    assert page.read_text("utf-8") == (
        "avant\n<!-- a -->\nneuf\n<!-- /a -->\naprès\n<!-- b -->\n<!-- /b -->\n"
    )


def test_a_section_that_is_not_there_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- a -->\n", "utf-8")

    with pytest.raises(ValueError, match="no section 'a'"):
        replace_section(page, "a", "neuf")


def test_tables_are_lined_up() -> None:
    lines = table(("coût", "valeur"), [("un", "1"), ("cent vingt", "120")]).splitlines()

    assert len({len(line) for line in lines}) == 1
