"""A deposit by hand ended at any of its acts leaves nothing, or a whole flux; never half of one.

The ordinary form tries every third act; ``EDI_POINTS=all`` tries them all.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from interruption import FULL, HALF, At, Note, kill, run_in_child
from sqlalchemy import select
from workspace import make_espace
from world import copy_of

from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.gestes.depot import deposit_by_hand
from edi.model import DepotVoulu
from edi.model.gestes import GesteRefuse
from edi.samples import LotSpec, make_lot
from edi.store.tables import depot_manuel, flux

LOT = make_lot(LotSpec("ubl", 2)).data
STRIDE = 1 if os.environ.get("EDI_POINTS") == "all" else 3


def deposit(espace: Espace) -> None:
    """What a page does with the file of a form; a refusal is an answer."""
    voulu = DepotVoulu("AAA123", "lot.tar.gz", raison="essai")
    try:
        with espace.spool.open_versement() as versement:
            versement.write(LOT)
            deposit_by_hand(espace, voulu, versement, "marie")
    except (GesteRefuse, OSError):
        return


def outcome_of(root: Path) -> tuple[list[str], list[str], int, tuple[object, ...]]:
    """Statuts of the flux_list, files left, deposits that nobody lived to put down, what the audit says."""
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        statuts = list(conn.execute(select(flux.c.statut)).scalars())
        open_ = select(depot_manuel.c.id).where(depot_manuel.c.pose_le.is_(None))
        undone = len(conn.execute(open_).all())
    left = [
        path.name
        for folder in ("versements", "depots/AAA123/in")
        for path in (espace.spool.root / folder).iterdir()
    ]
    found = audit(espace.engine, espace.spool, real_now()).ecarts
    espace.engine.dispose()
    return statuts, left, undone, found


@pytest.mark.parametrize(
    ("readiness", "end", "failure"),
    [
        ("renommage", -signal.SIGKILL, kill),
        ("temoin", -signal.SIGKILL, kill),
        ("manifeste", -signal.SIGKILL, kill),
        ("temoin", 0, FULL),
        ("renommage", 0, HALF),
    ],
    ids=["renommage-kill", "temoin-kill", "manifeste-kill", "temoin-full", "renommage-half"],
)
def test_a_deposit_ended_at_any_point_is_nothing_or_a_whole_flux(
    tmp_path: Path, readiness: str, end: int, failure: object
) -> None:
    template = tmp_path / "template"
    make_espace(template, readiness=readiness, observations=2).engine.dispose()
    note = Note(tmp_path / "points")
    assert run_in_child(copy_of(template, tmp_path / "run"), note, act=deposit) == 0
    points = note.read()
    seen = set()
    for point in sorted({*range(1, len(points) + 1, STRIDE), len(points)}):
        root = copy_of(template, tmp_path / "run")
        ended = run_in_child(root, At(point, failure), act=deposit)  # type: ignore[arg-type]
        assert ended == end or failure is not kill
        assert run_in_child(root, hours=2) == 0
        statuts, left, undone, found = outcome_of(root)

        where = f"{readiness}: at point {point} of {len(points)}, {points[point - 1]}"
        assert (statuts in ([], ["INTEGRE"]), left, found) == (True, [], ()), where
        assert undone <= 1
        seen.add(tuple(statuts))

    assert len(points) > 5
    assert seen == {(), ("INTEGRE",)}
