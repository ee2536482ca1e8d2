"""A run of the night is ended at its acts, one after the other: the next start finishes that very run.

The ordinary form tries every thirty-seventh act; ``EDI_POINTS=all`` tries them all.
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from interruption import At, Note, kill, run_in_child
from nuits import add_settings, history
from workspace import deposit, make_espace
from world import copy_of, outcome_of

from edi.app import App
from edi.bilan import chiffres
from edi.bilan.chiffres import Compte
from edi.espace import Espace, open_espace
from edi.model import Issue
from edi.samples import LotSpec
from edi.store import bilans

pytestmark = pytest.mark.slow  # behind `make faults`; tests/faults/test_points.py is tried each time

LEAVING = 2  # the last acts of a process: its row, its lock
STRIDE = 1 if os.environ.get("EDI_POINTS") == "all" else 37


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("nuit") / "template"
    espace = make_espace(root, observations=1)  # its clock says 09:00
    add_settings(root, '[[nuit]]\nnom = "nuit"\ndebut = "08:00"\nfin = "12:00"')
    deposit(espace, LotSpec("ubl", 2, numero_flux=1))
    deposit(espace, LotSpec("ubl", 1, appli="BBB456", numero_flux=2, graine=2))
    espace.engine.dispose()
    return root


def run_jobs(espace: Espace) -> None:
    """The runs of the night that are due."""
    App(espace).run_jobs(())


def night_of(root: Path) -> list[tuple[str, Issue, list[tuple[str, Issue]]]]:
    """Every due date of the job, what came of it, and of each step."""
    espace = open_espace(root)
    told = [
        (one.jour.isoformat(), one.issue, [(step.etape.value, step.issue) for step in one.etapes])
        for one in history(espace)
    ]
    espace.engine.dispose()
    return told


def report_of(root: Path) -> tuple[Compte, list[tuple[str, Compte]], list[str]]:
    """The figures of its report, and the files that it was written into."""
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        bilan = chiffres.read(bilans.find(conn, "nuit", None, 0) or "")
    files = espace.spool.reports()
    espace.engine.dispose()
    return bilan.compte, [(ligne.nom, ligne.compte) for ligne in bilan.lignes], files


def told_of(root: Path) -> dict[str, Any]:
    """What came of it all, but for the numbers that flux_list are given as they are recorded.

    A deposit that was taken just before the end is recorded after those that the next start takes.
    """
    told = outcome_of(root)
    told["statut"] = {nom: re.sub(rb'"numero": \d+', b"", data) for nom, data in told["statut"].items()}
    told["history"] = sorted(apres for _, apres in told["history"])
    return told


def test_a_night_killed_at_any_act_is_finished_by_the_next_start(template: Path, tmp_path: Path) -> None:
    calm, note = copy_of(template, tmp_path / "calm"), Note(tmp_path / "points")
    assert run_in_child(calm, note, act=run_jobs) == 0
    acts = note.read()
    expected = told_of(calm)
    night, report = night_of(calm), report_of(calm)
    taken_up = 0
    for point in range(1, len(acts) + 1, STRIDE):
        root = copy_of(template, tmp_path / "run")
        assert run_in_child(root, At(point, kill), act=run_jobs) == -signal.SIGKILL
        assert run_in_child(root, act=run_jobs) == 0
        if (
            point > len(acts) - LEAVING
        ):  # the night is done: who died while leaving is buried by the next pass
            assert run_in_child(root) == 0
        where = f"killed at {point} of {len(acts)}: {acts[point - 1]}"
        assert told_of(root) == expected, where
        assert night_of(root) == night, where
        assert report_of(root) == report, where
        espace = open_espace(root)
        taken_up += history(espace)[0].reprises
        espace.engine.dispose()
    print(f"killed at {len(range(1, len(acts) + 1, STRIDE))} of {len(acts)} acts, taken up {taken_up} times")

    assert [(jour, issue) for jour, issue, _ in night] == [("2026-11-20", Issue.REUSSI)]
    assert taken_up
    assert report[0] == Compte(recues=3, acceptees=3)
