"""Judgement in worker processes of this machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from edi.engine.contrat import Effectif, EngineFailed, JudgementEngine

T = TypeVar("T")

_MO = 1024**2
_TASKS_PER_WORKER = 2_000  # then a fresh process takes its place, whatever memory the old one gathered


def saxon_of(engine: JudgementEngine) -> JudgementEngine:
    """Who does what Saxon is known to be asked; the engine itself, where one is as good as another."""
    return engine.saxon if isinstance(engine, LocalWorkers) else engine


class LocalWorkers:
    """Judges in worker processes of this machine, started at the first use and replaced when they die."""

    def __init__(self, workers: int, deadline: float = 60.0, per_mo: float = 30.0) -> None:
        """``deadline``: seconds that any document may take; ``per_mo``: more for each Mo it weighs."""
        self.window = 2 * workers
        self.effectif = Effectif(workers)
        self._stopped = 0
        self._workers = workers
        self._deadline = deadline
        self._per_mo = per_mo
        self._pool: ProcessPool | None = None
        self._saxon: LocalWorkers | None = None

    @property
    def saxon(self) -> LocalWorkers:
        """One worker more, for what Saxon is known to be asked: it takes no room in the others."""
        if self._saxon is None:
            self._saxon = LocalWorkers(1, self._deadline, self._per_mo)
        return self._saxon

    @property
    def stopped(self) -> int:
        """Workers that died, or were ended when their time was over."""
        return self._stopped + (self._saxon.stopped if self._saxon is not None else 0)

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        return self.submit_within(self._deadline + self._per_mo * weight / _MO, function, *args)

    def submit_within(self, deadline: float, function: Callable[..., T], /, *args: Any) -> Future[T]:
        """The same, with its deadline in seconds, counted from the moment a worker begins."""
        if self._pool is None:
            # spawn: a forked child would inherit a Saxon that must not be shared.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(self._workers, max_tasks=_TASKS_PER_WORKER, context=context)
        told: Future[T] = Future()
        running = self._pool.schedule(function, args=list(args), timeout=deadline)
        running.add_done_callback(lambda done: self._pass_on(done, told, deadline))
        return told

    def _pass_on(self, done: Future[T], told: Future[T], deadline: float) -> None:
        """Tell the outcome of a worker in our own words."""
        error = done.exception()
        if isinstance(error, TimeoutError | ProcessExpired):
            self._stopped += 1
        if error is None:
            told.set_result(done.result())
        elif isinstance(error, TimeoutError):
            told.set_exception(EngineFailed(f"le contrôle n'a pas fini dans son délai de {deadline:.0f} s"))
        elif isinstance(error, ProcessExpired):
            told.set_exception(EngineFailed(f"le processus de contrôle s'est arrêté ({error})"))
        else:
            told.set_exception(error)

    def close(self) -> None:
        """End the workers; what they were doing is lost and will be done again."""
        if self._saxon is not None:
            self._saxon.close()
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
