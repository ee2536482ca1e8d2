"""Every act that outlives the process is interrupted, one after the other, and nothing shows it.

A run over a few lots goes through N named points (``edi.acts``): each write, fsync, rename, unlink, folder,
commit. For each of them the run is ended there by SIGKILL, or the disk is full, fails, or takes half of what
is written; then it is run again and compared with the run that nobody disturbed: same statuts, same bytes in
``out``, blobs intact, nothing left behind. The ordinary form tries every thirty-seventh point;
``EDI_POINTS=all`` tries them all.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from interruption import BROKEN, FULL, HALF, At, Note, kill, run_in_child
from world import NOTHING, copy_of, make_template, outcome_of

GROUPS = 4
STRIDE = 1 if os.environ.get("EDI_POINTS") == "all" else 37


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("points") / "template")


@pytest.fixture(scope="module")
def without_doublon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a flux is held, whichever of two doublons is judged next is accepted: here there are none."""
    return make_template(tmp_path_factory.mktemp("disk") / "template", doublon=False)


class Undisturbed:
    """The run that nobody disturbs: its points, and what came of it."""

    def __init__(self, template: Path) -> None:
        root = copy_of(template, template.parent / "undisturbed")
        note = Note(root / "points")
        assert run_in_child(root, note) == 0
        self.acts = note.read()
        self.outcome = outcome_of(root)
        self.timeless = outcome_of(root, when=False)


@pytest.fixture(scope="module")
def undisturbed(template: Path) -> Undisturbed:
    found = Undisturbed(template)
    assert found.outcome["left"] == NOTHING
    assert found.outcome["audit"] == ()
    assert len(found.outcome["flux"]) == 6
    print(f"{len(found.acts)} points: {dict(Counter(found.acts))}")
    return found


def points(undisturbed: Undisturbed, group: int, stride: int) -> range:
    return range(1 + group * stride, len(undisturbed.acts) + 2, GROUPS * stride)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_run_killed_at_any_point_is_finished_by_the_next(
    group: int, template: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    tried = 0
    for point in points(undisturbed, group, STRIDE):
        root = copy_of(template, tmp_path / "run")
        ended = run_in_child(root, At(point, kill))
        over = point > len(undisturbed.acts)
        assert ended == (0 if over else -signal.SIGKILL)
        assert run_in_child(root) == 0
        tried += 1

        where = f"killed at point {point} of {len(undisturbed.acts)}: {[*undisturbed.acts, 'end'][point - 1]}"
        assert undisturbed.outcome == outcome_of(root), where
    print(f"group {group}: killed at {tried} of {len(undisturbed.acts)} points, always the same end")


FAILURES = {"full": FULL, "broken": BROKEN, "half": HALF}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_disk_that_fails_at_any_point_loses_nothing(
    failure: str, without_doublon: Path, tmp_path: Path
) -> None:
    undisturbed = Undisturbed(without_doublon)
    stride = max(1, STRIDE * 2 - 1)
    tried = 0
    for point in range(1 + len(failure) % stride, len(undisturbed.acts) + 1, stride):
        act = undisturbed.acts[point - 1]
        if failure == "half" and act != "write":
            continue
        root = copy_of(without_doublon, tmp_path / "run")
        run_in_child(root, At(point, FAILURES[failure]))
        for hours in (1, 3):  # held flux_list are tried again later; the disk works again
            assert run_in_child(root, hours=hours) == 0
        tried += 1

        assert_same(undisturbed.timeless, outcome_of(root, when=False), f"{failure} at point {point}: {act}")
    print(f"{failure}: at {tried} of {len(undisturbed.acts)} points, always the same end")


def assert_same(expected: dict[str, Any], actual: dict[str, Any], where: str) -> None:
    """Flux_list that were held are answered after the others: the numbers of their answers may differ."""
    for what in ("flux", "factures", "reserved", "at work", "audit", "left"):
        assert expected[what] == actual[what], f"{where}: {what}"
    assert sorted(expected["answers"]) == sorted(actual["answers"]), where
