"""A copy made in the middle of work becomes, in an empty place, a workspace that gives the same answers."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from interruption import At, Note, kill, run_in_child
from sqlalchemy import select, update
from workspace import deposit, later, make_espace
from world import copy_of, make_template, outcome_of

from edi.app import App
from edi.espace import Espace, describe, open_espace
from edi.gestes.relance import relaunch
from edi.samples import LotSpec
from edi.sauvegarde import manifeste
from edi.sauvegarde.manifeste import NotABackup
from edi.sauvegarde.prise import Prise
from edi.sauvegarde.restauration import Restauration
from edi.sauvegarde.verification import verify
from edi.store import flux as flux_store
from edi.store.tables import emission, flux

pytestmark = pytest.mark.slow  # behind `make faults`; tests/faults/test_points.py is tried each time

# The ordinary form tries some acts; ``EDI_POINTS=all`` tries many more.
ALL = os.environ.get("EDI_POINTS") == "all"
COPIES, CUTS, RESTORATIONS = (3, 1, 5) if ALL else (24, 9, 40)  # one act in so many


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("sauvegarde") / "template", doublon=False)


def back_up(root: Path, folder: Path) -> None:
    """As another process does, while the workspace is at work."""
    espace = describe(root)
    Prise(espace, folder).make()
    espace.engine.dispose()


@dataclass(frozen=True)
class BackUp:
    """A backup at some act of another process, which goes on."""

    root: Path
    folder: Path

    def __call__(self, act: str, subject: object) -> None:
        back_up(self.root, self.folder)


def restore(folder: Path, root: Path) -> Espace:
    espace, _ = Restauration(manifeste.find(folder), root).make()
    return espace


def deposit_again(template: Path, root: Path) -> None:
    """Every deposit of the template that a restored workspace does not know of, in their order."""
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        known = set(conn.execute(select(flux.c.nom)).scalars())
    known |= {entry.nom for entry in espace.spool.entries("incoming")}
    for path in sorted((template / "spool" / "depots").glob("*/in/*")):
        if path.name.removesuffix(".ok") not in known:
            shutil.copyfile(path, root / path.relative_to(template))
    espace.engine.dispose()


def test_a_copy_made_at_any_act_of_another_process_gives_the_same_answers(
    template: Path, tmp_path: Path
) -> None:
    whole = copy_of(template, tmp_path / "whole")
    note = Note(whole / "points")
    assert run_in_child(whole, note) == 0
    points, expected = note.read(), outcome_of(whole)
    for point in range(3, len(points) + 1, COPIES):
        root, folder, again = (tmp_path / f"{name}-{point}" for name in ("work", "backup", "again"))
        copy_of(template, root)
        assert run_in_child(root, At(point, BackUp(root, folder))) == 0
        restore(folder, again).engine.dispose()
        deposit_again(template, again)
        assert run_in_child(again) == 0

        where = f"backed up at point {point} of {len(points)}: {points[point - 1]}"
        assert outcome_of(root) == expected, where
        assert outcome_of(again) == expected, where
        for path in (root, folder, again):
            shutil.rmtree(path)


def test_a_copy_that_is_killed_anywhere_is_never_taken_for_a_whole_one(
    template: Path, tmp_path: Path
) -> None:
    root = copy_of(template, tmp_path / "work")
    assert run_in_child(root) == 0
    note = Note(tmp_path / "points")
    assert run_in_child(root, note, 0, BackUpTo(tmp_path / "whole")) == 0
    points = note.read()
    for point in range(1, len(points) + 1, CUTS):
        folder = tmp_path / f"cut-{point}"
        folder.mkdir()
        killed = run_in_child(root, At(point, kill), 0, BackUpTo(folder))

        assert killed == -signal.SIGKILL
        whole = [path for path in manifeste.snapshots(folder) if manifeste.is_whole(path)]
        faults = [verify(path, manifeste.read(path)) for path in whole]
        assert faults in ([], [[]]), f"killed at {point} of {points}"
        if not whole:
            with pytest.raises(NotABackup):
                manifeste.find(folder)


@dataclass(frozen=True)
class BackUpTo:
    """A backup as the whole work of a process."""

    folder: Path

    def __call__(self, espace: Espace) -> None:
        Prise(espace, self.folder).make()


def test_a_restoration_that_is_killed_leaves_no_workspace(template: Path, tmp_path: Path) -> None:
    root = copy_of(template, tmp_path / "work")
    assert run_in_child(root) == 0
    back_up(root, tmp_path / "backup")
    note = Note(tmp_path / "points")
    assert run_in_child(root, note, 0, RestoreTo(tmp_path / "backup", tmp_path / "whole")) == 0
    points = note.read()
    last = max(rank for rank, act in enumerate(points, 1) if act == "restored") - 1
    for point in range(1, last, RESTORATIONS):
        again = tmp_path / f"cut-{point}"
        assert run_in_child(root, At(point, kill), 0, RestoreTo(tmp_path / "backup", again)) < 0
        with pytest.raises(FileNotFoundError):
            describe(again)
        with pytest.raises(NotABackup, match="n'est pas vide"):
            restore(tmp_path / "backup", again)


@dataclass(frozen=True)
class RestoreTo:
    """A restoration as the whole work of a process."""

    folder: Path
    root: Path

    def __call__(self, espace: Espace) -> None:
        restore(self.folder, self.root)


# -- what a workspace may hold ----------------------------------------------------------------------------

FURTHER = (
    LotSpec("ubl", 2, numero_flux=7, graine=7),
    LotSpec("ubl", 1, numero_flux=8, graine=8, fautes=("service-inconnu",)),
)


@pytest.fixture
def varied(tmp_path: Path) -> Espace:
    """Lots that were accepted, rejected, quarantined, held, answered and not emitted, not yet judged."""
    espace = make_espace(tmp_path / "varied", readiness="archive", attente_max=3600, pas=1e-9)
    deposit(espace, LotSpec("ubl", 2, numero_flux=1))
    deposit(espace, LotSpec("ubl", 2, numero_flux=2, graine=2, fautes=("ttc-faux",)))
    deposit(espace, LotSpec("ubl", 2, numero_flux=3, graine=3, tronque=True))
    app = App(espace)
    app.run_once()
    app.collecte.now = later(espace, 2).now
    look(app)
    app.drain()
    deposit(espace, LotSpec("ubl", 2, numero_flux=4, graine=4))
    look(app)
    (entry,) = espace.spool.entries("incoming")
    held = app.pipeline.receive(entry)
    with espace.engine.begin() as conn:
        conn.execute(update(flux).where(flux.c.id == held.id).values(statut="EN_ATTENTE", classe="OPERATOR"))
        booked = conn.execute(select(emission.c.nom).where(emission.c.flux_id == 2)).scalars().all()
        conn.execute(update(emission).where(emission.c.flux_id == 2).values(emis_le=None))
    for nom in booked:
        espace.spool.withdraw("AAA123", nom, "out")
    espace.spool.move(entry, "hold")
    deposit(espace, LotSpec("ubl", 2, numero_flux=5, graine=5))
    look(app)
    return espace


def look(app: App) -> None:
    for _ in range(3):
        app.collect()


def test_every_state_comes_back_and_goes_on_as_before(varied: Espace, tmp_path: Path) -> None:
    back_up(varied.root, tmp_path / "backup")
    again = restore(tmp_path / "backup", tmp_path / "again")
    states = [_states(espace) for espace in (varied, again)]
    assert states[0] == states[1]
    assert {"INTEGRE", "INTEGRE_PARTIEL", "IRRECEVABLE", "EN_ATTENTE"} <= {s for _, s in states[0][0]}
    for espace in (varied, again):
        for spec in FURTHER:
            deposit(espace, spec)
        App(espace).run_once()
        relaunch_held(espace)
        App(espace).run_once()

    assert _states(varied) == _states(again)
    first, second = (outcome_of(espace.root) for espace in (varied, again))
    assert {**first, "left": {}} == {**second, "left": {}}
    assert _states(varied)[1] == {"quarantaine": 1}


def relaunch_held(espace: Espace) -> None:
    """What an operator does about what is held."""
    with espace.engine.begin() as conn:
        waiting = flux_store.under_way(conn)
    for one in waiting:
        relaunch(espace, one, "essai de restauration")


def _states(espace: Espace) -> tuple[list[tuple[str, str]], dict[str, int]]:
    with espace.engine.begin() as conn:
        rows = [
            (row[0], row[1]) for row in conn.execute(select(flux.c.nom, flux.c.statut).order_by(flux.c.id))
        ]
    queues = {q: len(espace.spool.entries(q)) for q in ("incoming", "hold", "quarantaine")}
    return rows, {queue: many for queue, many in queues.items() if many}
