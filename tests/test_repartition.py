"""Works of one lot are shared out: in order, small ones together, large ones first, what fails alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from test_engine import double, kill_own_process, refuse

from edi.engine import Effectif, EngineAway, EngineFailed, InProcess, LocalWorkers
from edi.engine.contrat import fail, finish
from edi.engine.repartition import Ouvrage, spread

MO = 1024**2


def small(number: int) -> Ouvrage[int]:
    return Ouvrage(double, (number,), 1_000, 0.005)


def large(number: int) -> Ouvrage[int]:
    return Ouvrage(double, (number,), MO, 2.0)


class Gated:
    """One thread that begins when its gate is opened; what it was given is remembered."""

    window = 4
    stopped = 0
    effectif = Effectif(2)

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.given: list[list[int]] = []  # the numbers of each submission
        self._thread = ThreadPoolExecutor(1)

    def submit(self, function: Callable[..., Any], /, *args: Any, weight: int = 0) -> Future[Any]:
        self.given.append([args[0]] if function is double else [call[1][0] for call in args[0]])
        return self._thread.submit(self._run, function, args)

    def _run(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        self.gate.wait(60)
        return function(*args)

    def close(self) -> None:
        self._thread.shutdown()


class Lossy(InProcess):
    """Loses its first submissions on the way."""

    window = 2  # type: ignore[assignment]

    def __init__(self, losses: int) -> None:
        self.losses = losses

    def submit(self, function: Callable[..., Any], /, *args: Any, weight: int = 0) -> Future[Any]:
        if self.losses:
            self.losses -= 1
            return fail(EngineAway("la liaison s'est perdue"))
        return super().submit(function, *args)


def opening(engine: Gated, works: list[Ouvrage[int]]) -> Iterator[Ouvrage[int]]:
    """The works; the gate opens once all are read."""
    yield from works
    engine.gate.set()


def test_what_comes_out_keeps_the_order_of_what_went_in() -> None:
    works = [large(n) if n % 7 == 0 else small(n) for n in range(60)]
    engine = Gated()
    done = [future.result() for future in spread(opening(engine, works), engine)]
    engine.close()

    assert done == [2 * n for n in range(60)]


def test_small_works_travel_together_and_a_large_one_first_and_alone() -> None:
    works = [small(n) for n in range(100)] + [large(100)]
    engine = Gated()
    list(spread(opening(engine, works), engine))
    engine.close()
    begun, after = engine.given[:4], engine.given[4:]

    assert begun == [[0], [1], [2], [3]]  # nobody waits for a packet to be full
    assert after[0] == [100]
    assert len(after[1]) > 10
    assert len(after[-1]) == 1  # at the end all finish together
    assert sorted(n for numbers in engine.given for n in numbers) == list(range(101))


def test_no_more_is_read_ahead_than_memory_may_hold() -> None:
    read: list[int] = []
    at_gate: list[int] = []
    engine = Gated()

    def source() -> Iterator[Ouvrage[int]]:
        for number in range(100):
            read.append(number)
            yield large(number)

    def open_gate() -> None:
        at_gate.append(len(read))
        engine.gate.set()

    timer = threading.Timer(0.5, open_gate)
    timer.start()
    done = list(spread(source(), engine))
    engine.close()

    assert len(done) == 100
    assert at_gate[0] <= 32


def test_what_is_over_already_is_passed_on_in_its_place() -> None:
    works = [small(0), finish(7), small(2)]
    engine = Gated()
    engine.gate.set()
    done = [future.result() for future in spread(works, engine)]
    engine.close()

    assert done == [0, 7, 4]


@pytest.mark.parametrize(("make", "ahead"), [(small, 64), (large, 1)])
def test_in_process_small_works_are_read_some_at_a_time_and_large_ones_alone(
    make: Callable[[int], Ouvrage[int]], ahead: int
) -> None:
    read: list[int] = []

    def source() -> Iterator[Ouvrage[int]]:
        for number in range(130):
            read.append(number)
            yield make(number)

    seen = [(future.result(), len(read)) for future in spread(source(), InProcess())]

    assert [value for value, _ in seen] == [2 * n for n in range(130)]
    assert [so_far for _, so_far in seen] == [min(130, (n // ahead + 1) * ahead) for n in range(130)]


def test_of_a_packet_that_dies_only_the_one_that_killed_it_fails() -> None:
    works = [small(n) for n in range(30)]
    works[20] = Ouvrage(kill_own_process, (), 1_000, 0.005)  # type: ignore[arg-type]
    works[25] = Ouvrage(refuse, (), 1_000, 0.005)  # type: ignore[arg-type]
    with LocalWorkers(1) as workers:
        done = list(spread(works, workers))
    failures = {n: type(future.exception()) for n, future in enumerate(done) if future.exception()}

    assert failures == {20: EngineFailed, 25: ValueError}
    assert [f.result() for n, f in enumerate(done) if n not in failures] == [
        2 * n for n in range(30) if n not in failures
    ]


@pytest.mark.parametrize(("losses", "comes_back"), [(0, True), (2, True), (3, False)])
def test_what_is_lost_on_the_way_is_sent_twice_more(losses: int, comes_back: bool) -> None:
    (done,) = spread([small(4)], Lossy(losses))

    assert isinstance(done.exception(), EngineAway) is not comes_back
    assert comes_back is (done.exception() is None)
