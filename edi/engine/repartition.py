"""How the works of one lot are shared out: small ones in packets, the largest first and alone.

A packet costs one way to a worker and back instead of one for each document. Works are read ahead, so that
a document of an hour is begun before a thousand of a moment; what comes out keeps the order in which it came
in. A packet that fails is done again work by work, so that only the one that made it fail does not come back.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from edi.engine.contrat import EngineAway, JudgementEngine, finish

T = TypeVar("T")

_AHEAD = 32 * 1024**2  # bytes of works that may be read and not done yet; one more work may pass beyond
_MANY = 2_000  # works that may wait to be sent
_PACKET = 0.25  # seconds of effort
_ELSEWHERE = 2  # works under way with another engine
_SOME = 64  # works read at a time where nothing runs beside us
_TOGETHER = 1024**2  # bytes of them
_PATIENCE = 2  # more tries of what was lost on the way with its worker's cluster


@dataclass(frozen=True, slots=True)
class Ouvrage(Generic[T]):
    """``function(*args)``, of ``weight`` bytes; ``effort`` is a guess of how many seconds it takes."""

    function: Callable[..., T]
    args: tuple[Any, ...]
    weight: int
    effort: float
    where: JudgementEngine | None = None  # who does it; None: who does the others

    def submit(self, engine: JudgementEngine) -> Future[T]:
        """Have it done, alone."""
        return (self.where or engine).submit(self.function, *self.args, weight=self.weight)


def do_all(works: Sequence[tuple[Callable[..., T], tuple[Any, ...]]]) -> list[T]:
    """What each function makes of its arguments; raises what the first that fails raises."""
    return [function(*args) for function, args in works]


def spread(works: Iterable[Ouvrage[T] | Future[T]], engine: JudgementEngine) -> Iterator[Future[T]]:
    """The works done by an engine, in their order, each as a Future that is over.

    What is over already is passed on in its place. A Future raises what its work raised, or EngineFailed.
    """
    if engine.window == 1:
        yield from _do_here(works, engine)
        return
    sharing = _Sharing[T](engine)
    for work in works:
        sharing.take(work)
        sharing.send()
        sharing.collect(0)
        while sharing.is_full:
            sharing.collect(None)
            sharing.send()
        yield from sharing.give()
    while sharing.is_under_way:
        sharing.send()
        sharing.collect(None)
        yield from sharing.give()
    yield from sharing.give()


def _do_here(works: Iterable[Ouvrage[T] | Future[T]], engine: JudgementEngine) -> Iterator[Future[T]]:
    """The same where nothing runs beside us: some are read, then all of them done, then given back.

    One by one, each of the three would find the processor's caches full of what the others need.
    """
    some: list[Ouvrage[T] | Future[T]] = []
    weight = 0

    def do() -> Iterator[Future[T]]:
        done = [one if isinstance(one, Future) else one.submit(engine) for one in some]
        some.clear()
        for future in done:
            if not future.done():
                wait([future])
            yield future

    for work in works:
        some.append(work)
        weight += 0 if isinstance(work, Future) else work.weight
        del work  # a large one must not lie here while the next is read
        if weight >= _TOGETHER or len(some) >= _SOME:
            yield from do()
            weight = 0
    yield from do()


@dataclass
class _Sharing(Generic[T]):
    """The works of one lot, by their rank, on their way."""

    engine: JudgementEngine
    running: dict[Future[Any], tuple[int, ...]] = field(default_factory=dict)
    _works: dict[int, Ouvrage[T]] = field(default_factory=dict)  # that are not done
    _waiting: list[tuple[float, int]] = field(default_factory=list)  # heap: the largest effort first
    _alone: deque[int] = field(default_factory=deque)  # to be done again, one by one
    _elsewhere: deque[int] = field(default_factory=deque)  # to be done by another, one by one
    _away: set[Future[Any]] = field(default_factory=set)  # of those under way, what another does
    _done: dict[int, Future[T]] = field(default_factory=dict)  # not given back yet
    _lost: Counter[int] = field(default_factory=Counter)  # times that a work was lost on its way
    _taken: int = 0
    _given: int = 0
    _bytes: int = 0

    @property
    def is_full(self) -> bool:
        """True when nothing more should be read before something is done."""
        return bool(self.running) and (self._bytes >= _AHEAD or len(self._waiting) >= _MANY)

    @property
    def is_under_way(self) -> bool:
        """True while something is to be done, or being done."""
        return bool(self._works)

    def take(self, work: Ouvrage[T] | Future[T]) -> None:
        """Read one work more."""
        rank, self._taken = self._taken, self._taken + 1
        if isinstance(work, Future):
            self._done[rank] = work
            return
        self._works[rank] = work
        self._bytes += work.weight
        if work.where is not None:
            self._elsewhere.append(rank)
            return
        heapq.heappush(self._waiting, (-work.effort, rank))

    def send(self) -> None:
        """Give the engine as much as is worth having under way."""
        while self._elsewhere and len(self._away) < _ELSEWHERE:
            rank = self._elsewhere.popleft()
            away = self._works[rank].submit(self.engine)
            self._away.add(away)
            self.running[away] = (rank,)
        while (self._alone or self._waiting) and len(self.running) - len(self._away) < self.engine.window:
            ranks = (self._alone.popleft(),) if self._alone else self._fill_packet()
            works = [self._works[rank] for rank in ranks]
            if len(works) == 1:
                future: Future[Any] = works[0].submit(self.engine)
            else:
                calls = [(work.function, work.args) for work in works]
                future = self.engine.submit(do_all, calls, weight=sum(work.weight for work in works))
            self.running[future] = ranks

    def _fill_packet(self) -> tuple[int, ...]:
        """The largest work, and those after it for as long as they are small together.

        Towards the end packets become smaller, so that all workers end at about the same time.
        """
        left = -sum(effort for effort, _ in self._waiting)
        most = min(_PACKET, left / self.engine.window)
        effort, rank = heapq.heappop(self._waiting)
        ranks, effort = [rank], -effort
        while self._waiting and effort - self._waiting[0][0] <= most:
            more, rank = heapq.heappop(self._waiting)
            ranks.append(rank)
            effort -= more
        return tuple(sorted(ranks))

    def collect(self, timeout: float | None) -> None:
        """Take back what is done, after waiting for the first of it at most ``timeout`` seconds."""
        for future in wait(self.running, timeout, FIRST_COMPLETED).done:
            ranks = self.running.pop(future)
            self._away.discard(future)
            error = future.exception()
            if isinstance(error, EngineAway) and max(self._lost[rank] for rank in ranks) < _PATIENCE:
                self._lost.update(ranks)
                for rank in ranks:
                    heapq.heappush(self._waiting, (-self._works[rank].effort, rank))
            elif error is not None and len(ranks) > 1:
                self._alone.extend(ranks)
            elif len(ranks) == 1:
                self._end(ranks[0], future)
            else:
                for rank, value in zip(ranks, future.result(), strict=True):
                    self._end(rank, finish(value))

    def _end(self, rank: int, future: Future[T]) -> None:
        self._bytes -= self._works.pop(rank).weight
        self._done[rank] = future

    def give(self) -> Iterator[Future[T]]:
        """What comes next in the order of the works, as far as it is done."""
        while self._given in self._done:
            future, self._given = self._done.pop(self._given), self._given + 1
            yield future
