"""What goes to a worker of a cluster and comes back: the work pickled once, and who may do it.

Two processes of a worker see it. The worker of Dask carries it (:func:`carry`), and stays alive whatever
happens; a process of its own judges (:func:`do_here`), and may die or hang alone, as on one machine.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

import psutil
from distributed import Worker, WorkerPlugin, get_worker

from edi.engine.local import LocalWorkers
from edi.model.identite import Identite, tell_difference

_LOOK = 0.5  # seconds between two looks at the memory of a process that judges


class WorkerRefused(Exception):
    """A worker that must not judge for whoever asked: why, in French, and its address."""

    def __init__(self, raison: str, adresse: str = "") -> None:
        super().__init__(raison, adresse)
        self.raison = raison
        self.adresse = adresse


@dataclass(frozen=True, slots=True)
class Titre:
    """Who may do a work: an installation that is the same as that of whoever asks."""

    attendue: Identite
    read: Callable[[], Identite]  # of the process that it is called in
    manques: tuple[type[Exception], ...] = ()  # raised by a work when this machine lacks what it needs


_juge = LocalWorkers(1)  # of this worker; its process starts at the first work


class Juge(WorkerPlugin):  # type: ignore[misc]  # Dask is not typed for us
    """Ends the process that judges with its worker, which would wait for it for ever."""

    name = "juge"

    def teardown(self, worker: Worker) -> None:
        _juge.close()


def carry(titre: Titre, ouvrage: bytes, deadline: float) -> bytes:
    """Have a work done by the process of this worker that judges; its result, pickled.

    Raises WorkerRefused, EngineFailed when that process died or its time was over, and what the work raises.
    """
    worker = get_worker()
    running = _juge.submit_within(deadline, do_here, titre, ouvrage)
    try:
        return _wait(running, worker.memory_manager.memory_limit)
    except WorkerRefused as refused:
        raise WorkerRefused(refused.raison, worker.address) from None


def do_here(titre: Titre, ouvrage: bytes) -> bytes:
    """Do a work in this process, if it may. Raises WorkerRefused, and what the work raises."""
    if other := tell_difference(titre.read(), titre.attendue):
        raise WorkerRefused(f"autre installation ({other})")
    function, args = pickle.loads(ouvrage)  # noqa: S301  (from whoever asks, over a link that Dask guards)
    try:
        return pickle.dumps(function(*args), pickle.HIGHEST_PROTOCOL)
    except titre.manques as error:
        raise WorkerRefused(str(error)) from None


def _wait(running: Future[bytes], limite: int | None) -> bytes:
    """The result; a process that outgrows ``limite`` bytes on the way is ended, as if it had died."""
    while not wait([running], _LOOK).done:
        for child in psutil.Process().children():
            if limite and _weigh(child) > limite:
                child.kill()
    return running.result()


def _weigh(process: psutil.Process) -> int:
    try:
        resident: Any = process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return int(resident)
