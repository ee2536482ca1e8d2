"""What a cluster answers is what one machine answers, byte for byte, whatever happens to it on the way."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from depots import Issue, issue_of, make_world, run, try_again_at_once
from grappe import (
    Grappe,
    copy_program,
    end,
    free_port,
    make_engine,
    started,
    wait_for,
    wait_until,
    workers_of,
)
from relais import Relais
from travaux import double, kill_own_process, raise_by_name

from edi.engine import Effectif, EngineAway, EngineFailed, InProcess
from edi.engine.repartition import Ouvrage, spread
from edi.model import ErrorClass, FluxStatut

Machine = subprocess.Popen[bytes]

pytestmark = pytest.mark.timeout(
    900
)  # a dozen processes start, on a machine that may have other things to do


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Issue:
    """What one machine answers, in its own process."""
    espace = make_world(tmp_path_factory.mktemp("seule") / "espace")
    run(espace, InProcess())
    issue = issue_of(espace)
    assert {statut for _, statut in issue.statuts} <= {FluxStatut.INTEGRE_PARTIEL, FluxStatut.INTEGRE}
    return issue


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Grappe, Machine]]:
    """A scheduler, and a machine of three workers."""
    with started(tmp_path_factory.mktemp("grappe"), 3) as (grappe, machine):
        assert machine is not None
        yield grappe, machine


def works_of(count: int, killer: int) -> list[Ouvrage[int]]:
    works = [Ouvrage(double, (n,), 1, 0.001) for n in range(count)]
    works[killer] = Ouvrage(kill_own_process, (), 1, 0.001)
    return works


def test_each_worker_is_killed_in_turn_during_the_lots_and_nothing_shows(
    cluster: tuple[Grappe, Machine], expected: Issue, tmp_path: Path
) -> None:
    grappe, machine = cluster
    espace, engine = make_world(tmp_path / "espace"), make_engine(grappe.adresse)
    due: list[tuple[int, psutil.Process]] = []
    killed: list[int] = []

    def kill(done: int) -> None:
        if due and done >= due[0][0]:
            _, victim = due.pop(0)
            victim.kill()
            killed.append(victim.pid)

    engine.submit(double, 1).result()
    wait_for(engine, Effectif(3))
    due += [(4 + 6 * rank, victim) for rank, victim in enumerate(workers_of(machine))]
    run(espace, engine, kill)

    assert len(killed) == 3
    assert issue_of(espace) == expected
    wait_until(lambda: len(workers_of(machine)) == 3, "three workers again")


def test_only_the_work_that_kills_its_process_is_lost_and_its_worker_lives_on(
    cluster: tuple[Grappe, Machine],
) -> None:
    engine = make_engine(cluster[0].adresse)
    before = {worker.pid for worker in workers_of(cluster[1])}
    done = list(spread(works_of(40, 17), engine))
    engine.close()

    assert [f.result() for n, f in enumerate(done) if n != 17] == [2 * n for n in range(40) if n != 17]
    with pytest.raises(EngineFailed, match="s'est arrêté"):
        done[17].result()
    assert before & {worker.pid for worker in workers_of(cluster[1])} == before


def test_what_a_work_raises_is_raised_to_whoever_asks(cluster: tuple[Grappe, Machine]) -> None:
    engine = make_engine(cluster[0].adresse)

    with pytest.raises(LookupError, match="7 is of no list"):
        engine.submit(raise_by_name, 7).result()
    engine.close()


def test_the_wire_is_cut_during_the_lots_and_nothing_shows(
    cluster: tuple[Grappe, Machine], expected: Issue, tmp_path: Path
) -> None:
    wire = Relais(cluster[0].port)
    espace, engine = make_world(tmp_path / "espace"), make_engine(f"dask://127.0.0.1:{wire.port}")
    cuts: list[int] = []

    def cut(done: int) -> None:
        if done >= 5 and not cuts:
            cuts.append(wire.cut())

    run(espace, engine, cut)
    wire.close()

    assert cuts[0] > 0
    assert issue_of(espace) == expected


def test_a_machine_that_hangs_is_given_up_and_nothing_shows(
    cluster: tuple[Grappe, Machine], expected: Issue, tmp_path: Path
) -> None:
    grappe, machine = cluster
    espace, engine = make_world(tmp_path / "espace"), make_engine(grappe.adresse)
    stopped: list[psutil.Process] = []

    def stop(done: int) -> None:
        if done >= 5 and not stopped:
            stopped.append(workers_of(machine)[0])
            stopped[0].suspend()

    run(espace, engine, stop)

    assert len(stopped) == 1
    assert issue_of(espace) == expected


def test_the_scheduler_dies_what_was_not_done_is_held_and_done_once_it_is_back(
    cluster: tuple[Grappe, Machine], expected: Issue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_again_at_once(monkeypatch)
    grappe = cluster[0]
    espace, engine = make_world(tmp_path / "espace"), make_engine(grappe.adresse, attente=2.0)
    wait_until(lambda: engine.submit(double, 1).exception() is None, "a worker")
    dead: list[int] = []

    def kill(done: int) -> None:
        if done >= 5 and not dead:
            grappe.kill_scheduler()
            dead.append(done)

    held = [flux for flux in run(espace, engine, kill) if flux.statut is FluxStatut.EN_ATTENTE]
    during = issue_of(espace)
    grappe.start_scheduler()
    run(espace, make_engine(grappe.adresse))

    assert {flux.classe for flux in held} == {ErrorClass.CLUSTER}
    assert all("grappe" in (flux.incident or "") for flux in held)
    assert {seen for _, seen in during.statuts} <= {FluxStatut.EN_ATTENTE, *dict(expected.statuts).values()}
    assert issue_of(espace) == expected


def test_workers_of_another_installation_are_asked_nothing(
    cluster: tuple[Grappe, Machine], expected: Issue, tmp_path: Path
) -> None:
    """Last of those that share the cluster: it ends the machine that may judge."""
    grappe, machine = cluster
    other = copy_program(tmp_path / "autre")
    packs = other / "schemas" / "packs.toml"
    packs.write_text(packs.read_text(encoding="utf-8").replace('= "ERROR"', '= "WARNING"'), encoding="utf-8")
    stranger = grappe.start_workers(1, source=other)
    espace, engine = make_world(tmp_path / "espace"), make_engine(grappe.adresse, attente=3.0)
    engine.submit(double, 1).result()
    wait_for(engine, Effectif(3, 1))
    run(espace, engine)
    both = issue_of(espace)
    end(machine)
    alone = make_engine(grappe.adresse, attente=3.0)
    refused = alone.submit(double, 1)

    assert both == expected
    with pytest.raises(EngineAway, match="aucun travailleur de la grappe n'a l'installation de ce serveur"):
        refused.result()
    assert alone.effectif == Effectif(0, 1)
    alone.close()
    end(stranger)


def test_a_cluster_that_is_not_there_is_told_at_once_after_the_first_wait() -> None:
    engine = make_engine(f"dask://127.0.0.1:{free_port()}", attente=0.5)
    told = [engine.submit(double, n) for n in range(3)]

    for one in told:
        with pytest.raises(EngineAway, match="n'est pas joignable"):
            one.result()
