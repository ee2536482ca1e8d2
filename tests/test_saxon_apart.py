"""What Saxon judges too, the sample, is left to one worker: the others never load it, and stay small."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from test_engine import double, kill_own_process
from test_repartition import Gated, small

from edi.engine import EngineFailed, InProcess, LocalWorkers, saxon_of
from edi.engine.repartition import Ouvrage, spread
from edi.inbound.archive import Membre
from edi.judge import Demande
from edi.membres import judge_members
from edi.model import FichierJuge, Limites, Politique
from edi.model.confiance import Voie
from edi.samples import make_facture
from edi.samples.faults import REFORME
from edi.validators.schematron.confiance import shipped

DEMANDE = Demande(
    "", date(2026, 11, 20), Politique(), Limites(), confiance=replace(shipped(), echantillon=0.3)
)


class Counting(InProcess):
    """Remembers how many works it has done."""

    def __init__(self) -> None:
        self.done = 0

    def submit(self, *work: Any, **asked: Any) -> Future[Any]:
        self.done += 1
        return super().submit(*work, **asked)


def knows_saxon() -> bool:
    return "saxonche" in sys.modules


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    with LocalWorkers(1) as made:
        yield made


def test_only_one_worker_loads_saxon_and_every_verdict_is_the_same(workers: LocalWorkers) -> None:
    members = [Membre(f"f{n}.xml", make_facture(REFORME, graine=n)) for n in range(12)]
    sampled = [member.nom for member in members if DEMANDE.confiance.samples(member.data)]
    judged = [f for f in judge_members(members, DEMANDE, workers) if isinstance(f, FichierJuge)]
    doubled = [f.nom for f in judged if any(one.voie is Voie.DOUBLE for one in f.executions)]

    assert 0 < len(sampled) < len(members)
    assert doubled == sampled
    assert judged == list(judge_members(members, DEMANDE, InProcess()))
    assert [one.submit(knows_saxon).result(60) for one in (workers, workers.saxon)] == [False, True]


def test_what_another_does_comes_back_in_its_place() -> None:
    other, engine = Counting(), Gated()
    engine.gate.set()
    works = [Ouvrage(double, (n,), 1_000, 0.005, other) if n % 5 == 0 else small(n) for n in range(40)]
    done = [future.result() for future in spread(works, engine)]
    engine.close()

    assert done == [2 * n for n in range(40)]
    assert other.done == 8
    assert sorted(n for some in engine.given for n in some) == [n for n in range(40) if n % 5]


def test_what_kills_the_other_is_told_of_it_alone(workers: LocalWorkers) -> None:
    before = workers.stopped
    works: list[Ouvrage[Any]] = [small(n) for n in range(6)]
    works[2] = Ouvrage(kill_own_process, (), 1_000, 0.005, workers.saxon)
    works[4] = Ouvrage(double, (4,), 1_000, 0.005, workers.saxon)
    done = list(spread(works, workers))

    assert isinstance(done[2].exception(), EngineFailed)
    assert [future.result() for n, future in enumerate(done) if n != 2] == [0, 2, 6, 8, 10]
    assert workers.stopped == before + 1


def test_elsewhere_one_is_as_good_as_another() -> None:
    engine = InProcess()

    assert saxon_of(engine) is engine
