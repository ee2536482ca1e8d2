"""Work that dies, hangs or fails in a worker comes back as what it is, and the other work goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from edi.engine import EngineFailed, InProcess, LocalWorkers


def double(number: int) -> int:
    return 2 * number


def kill_own_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_for_ever() -> None:
    time.sleep(600)


def refuse() -> None:
    raise ValueError("not this one")


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    with LocalWorkers(2, deadline=20.0, per_mo=1.0) as made:
        yield made


def test_work_comes_back_in_the_order_it_was_asked_for(workers: LocalWorkers) -> None:
    futures = [workers.submit(double, n) for n in range(20)]

    assert [future.result(60) for future in futures] == [2 * n for n in range(20)]


def test_the_death_of_a_worker_is_told_for_its_work_alone(workers: LocalWorkers) -> None:
    dying = workers.submit(kill_own_process)
    others = [workers.submit(double, n) for n in range(8)]

    with pytest.raises(EngineFailed, match="s'est arrêté"):
        dying.result(60)
    assert [future.result(60) for future in others] == [2 * n for n in range(8)]


def test_work_that_never_ends_is_given_up_at_its_deadline() -> None:
    with LocalWorkers(1, deadline=1.0, per_mo=1.0) as workers:
        hanging = workers.submit(sleep_for_ever)
        after = workers.submit(double, 4, weight=20 * 1024**2)

        with pytest.raises(EngineFailed, match="délai de 1 s"):
            hanging.result(60)
        assert after.result(60) == 8


@pytest.mark.parametrize("where", ["in process", "in a worker"])
def test_what_the_work_raises_is_raised_to_whoever_asks(where: str, workers: LocalWorkers) -> None:
    engine = InProcess() if where == "in process" else workers

    with pytest.raises(ValueError, match="not this one"):
        engine.submit(refuse).result(60)


def test_an_engine_can_be_closed_twice_and_used_again() -> None:
    engine = LocalWorkers(1)
    engine.close()

    assert engine.submit(double, 3).result(60) == 6
    engine.close()
    engine.close()
