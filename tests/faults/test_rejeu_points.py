"""``edi rejoue`` is killed at every point, begun again, and the end is that of the replay nobody disturbed.

A few rejected lots, then the registry changes: what passes now is accepted by one replay and told by the next
pass. The process of the replay, and that of the pass after it, are ended by SIGKILL at one named point after
the other (``edi.acts``); both are then run again. The ordinary form tries some points; ``EDI_POINTS=all``
tries them all.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from interruption import At, Note, kill, run_in_child, run_once
from test_rejeu import UNKNOWN, UNSIGNED, open_service, receive, replay, sign_all, stored
from workspace import make_espace
from world import NOTHING, copy_of, outcome_of

from edi.espace import Espace
from edi.samples import LotSpec

pytestmark = pytest.mark.slow  # behind `make faults`; tests/faults/test_points.py is tried each time

STRIDE = 1 if os.environ.get("EDI_POINTS") == "all" else 9
LOTS = (UNKNOWN, UNSIGNED, LotSpec("ubl", 2, numero_flux=3, graine=3, fautes=("service-inconnu",) * 2))


def replay_all(espace: Espace) -> None:
    """What ``edi rejoue --valider`` does."""
    replay(espace, valider=True)


ACTS = {"replay": replay_all, "run": run_once}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three lots with rejected invoices, and a registry under which all but one of them would pass."""
    espace = make_espace(tmp_path_factory.mktemp("rejeu") / "template", observations=1)
    receive(espace, *LOTS)
    open_service(espace)
    sign_all(espace)
    assert [stored(espace, n)[1:3] for n in (1, 2, 3)] == [(1, 2), (0, 1), (0, 2)]
    espace.engine.dispose()
    return espace.root


class Undisturbed:
    """The replay that nobody disturbs, the pass that tells it, and what came of them."""

    def __init__(self, template: Path) -> None:
        root = copy_of(template, template.parent / "undisturbed")
        self.acts: dict[str, list[str]] = {}
        for name, act in ACTS.items():
            note = Note(root.parent / f"{name}.points")
            assert run_in_child(root, note, act=act) == 0
            self.acts[name] = note.read()
        self.outcome: dict[str, Any] = outcome_of(root)


@pytest.fixture(scope="module")
def undisturbed(template: Path) -> Undisturbed:
    found = Undisturbed(template)
    assert found.outcome["left"] == NOTHING
    assert found.outcome["audit"] == ()
    assert sorted(row[2:4] for row in found.outcome["flux"]) == [(1, 0), (2, 0), (2, 1)]
    print({name: dict(Counter(acts)) for name, acts in found.acts.items()})
    return found


@pytest.mark.parametrize("name", ACTS)
def test_a_replay_killed_at_any_point_ends_as_if_nothing_had_happened(
    name: str, template: Path, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    acts = undisturbed.acts[name]
    tried = 0
    for point in range(1, len(acts) + 2, 1 if name == "replay" else STRIDE):
        root = copy_of(template, tmp_path / "run")
        if name == "run":
            assert run_in_child(root, act=replay_all) == 0
        ended = run_in_child(root, At(point, kill), act=ACTS[name])
        assert ended == (0 if point > len(acts) else -signal.SIGKILL)
        for act in ACTS.values():
            assert run_in_child(root, act=act) == 0
        tried += 1

        where = f"{name} killed at point {point} of {len(acts)}: {[*acts, 'end'][point - 1]}"
        assert undisturbed.outcome == outcome_of(root), where
    print(f"{name}: killed at {tried} of {len(acts)} points, always the same end")
