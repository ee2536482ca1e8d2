"""Where judgement runs. Callers hand over a picklable function and get a Future; they never ask where.

Official rules run in Saxon, which may abort a process or never come back: they are run in worker processes
that can die alone. What a worker cannot finish comes back as :class:`EngineFailed`, never as a verdict.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from edi.model import Card, Severity

T = TypeVar("T")

MOTEUR = Card(
    "EDI-MOTEUR-01",
    Severity.HOLD,
    "",
    "Règle propre à Navette : une panne du contrôle n'est jamais un rejet",
    "Le fichier « {value} » n'a pas pu être contrôlé : {raison}.",
    "Rien à faire pour le déposant : le fichier attend d'être contrôlé de nouveau par la plateforme.",
)

_MO = 1024**2
_TASKS_PER_WORKER = 2_000  # then a fresh process takes its place, whatever memory the old one gathered


class EngineFailed(Exception):
    """The machinery failed, not the document; the message says how, in French."""


class JudgementEngine(Protocol):
    """Something that runs a picklable function, here or elsewhere."""

    window: int  # how many submissions are worth having under way at once
    stopped: int  # workers that died, or were ended when their time was over

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        """Run ``function(*args)``; what it raises comes back through the Future.

        ``weight`` is the size of the work in bytes: the larger, the longer it may take. The Future raises
        EngineFailed when the worker died or its time was over.
        """
        ...

    def close(self) -> None:
        """Let go of whatever was started; the engine may be used again."""
        ...


class InProcess:
    """Judges in the calling process, at once; no deadline can be kept here."""

    window = 1
    stopped = 0

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function(*args))
        # As every executor does: whoever asks for the result gets it raised.
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing was started."""


class LocalWorkers:
    """Judges in worker processes of this machine, started at the first use and replaced when they die."""

    def __init__(self, workers: int, deadline: float = 60.0, per_mo: float = 30.0) -> None:
        """``deadline``: seconds that any document may take; ``per_mo``: more for each Mo it weighs."""
        self.window = 2 * workers
        self.stopped = 0
        self._workers = workers
        self._deadline = deadline
        self._per_mo = per_mo
        self._pool: ProcessPool | None = None

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        if self._pool is None:
            # spawn: a forked child would inherit a Saxon that must not be shared.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(self._workers, max_tasks=_TASKS_PER_WORKER, context=context)
        deadline = self._deadline + self._per_mo * weight / _MO
        told: Future[T] = Future()
        running = self._pool.schedule(function, args=list(args), timeout=deadline)
        running.add_done_callback(lambda done: self._pass_on(done, told, deadline))
        return told

    def _pass_on(self, done: Future[T], told: Future[T], deadline: float) -> None:
        """Tell the outcome of a worker in our own words."""
        error = done.exception()
        if isinstance(error, TimeoutError | ProcessExpired):
            self.stopped += 1
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
