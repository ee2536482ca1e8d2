"""Judgement on a cluster of Dask: the same works, sent to workers of any machine.

Dask finds a worker, sends a work again when its worker is gone, and tells how it ended. What is added here:
only workers of our very installation are asked, by the resource that they announce and once more by what
they are told with each work; what is lost with the scheduler, or waits when no worker is left, fails as
:class:`EngineAway`, so that nothing waits for ever.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

import dask
import structlog
from distributed import Client, KilledWorker, Security

from edi.engine.contrat import Effectif, EngineAway, EngineFailed, fail
from edi.engine.envoi import Titre, WorkerRefused, carry

T = TypeVar("T")
log = structlog.get_logger()

logging.getLogger("distributed").setLevel(logging.WARNING)  # what happens to the cluster is told by us
dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GB"})  # a document may be large

PREFIXE = "navette-"  # of the resource by which a worker says which installation it is
_MO = 1024**2
_LOOK = 1.0  # seconds between two looks at the scheduler
_TRY = 3.0  # seconds that one call may take; of a scheduler that comes back, the next call hears sooner
_REST = 5.0  # seconds for which nobody is waited for, when nobody came in time
_OVER = ("closed", "closing", "failed")


@dataclass(frozen=True, slots=True)
class Reglages:
    """How the cluster is reached."""

    adresse: str  # of the scheduler: tcp://host:port, or tls://
    titre: Titre  # who may judge for us
    deadline: float = 60.0  # seconds that any document may take
    per_mo: float = 30.0  # more for each Mo it weighs
    attente: float = 15.0  # seconds for which a scheduler, or a worker, is waited for
    tls: Mapping[str, str] = field(default_factory=dict)  # arguments of distributed.Security


@dataclass(eq=False)
class _Envoi:
    """A work on its way."""

    told: Future[Any]
    ouvrage: bytes
    deadline: float
    kept: Any = None  # Dask's own Future: a work that nobody holds is dropped
    only: frozenset[str] | None = None  # addresses of the workers that may be asked; None: whoever may judge


class DaskCluster:
    """Judges on a cluster, reached at the first use and again whenever it was lost."""

    def __init__(self, reglages: Reglages) -> None:
        self.stopped = 0
        self.effectif = Effectif(0)
        self._reglages = reglages
        self._resource = PREFIXE + reglages.titre.attendue.empreinte
        self._client: Client | None = None
        self._refused: set[str] = set()  # addresses of workers that said no to a work
        self._fit: set[str] = set()
        self._envois: set[_Envoi] = set()
        self._alone = threading.Lock()
        self._door = threading.Lock()  # only one thread opens a client
        self._until = 0.0  # nobody is waited for before that instant

    @property
    def window(self) -> int:
        return max(2, 2 * self.effectif.aptes)

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        ouvrage = pickle.dumps((function, args), pickle.HIGHEST_PROTOCOL)
        deadline = self._reglages.deadline + self._reglages.per_mo * weight / _MO
        try:
            client = self._reach()
        except EngineAway as away:
            return fail(away)
        told: Future[T] = Future()
        self._send(client, _Envoi(told, ouvrage, deadline))
        return told

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            self._fail_all("le contrôle a été arrêté")
            client.close(timeout=_LOOK)
        self._forget()

    # -- the way there ------------------------------------------------------------------------------------

    def _reach(self) -> Client:
        """The cluster, with a worker that may judge; waited for. Raises EngineAway."""
        end = time.monotonic() + self._reglages.attente
        while True:
            rests = time.monotonic() < self._until  # it was waited for just before
            with self._door:
                client = self._client if rests else self._connect()
            if client is not None and client.status == "running" and self._fit:
                return client
            if rests:
                raise EngineAway(self._tell_absence(client))
            if time.monotonic() >= end:
                self._until = time.monotonic() + _REST
                raise EngineAway(self._tell_absence(client))
            time.sleep(0.05)

    def _connect(self) -> Client | None:
        """The client of the cluster, a new one where there is none that still lives."""
        if self._client is not None and self._client.status not in _OVER:
            return self._client
        tls = self._reglages.tls
        try:
            client = Client(
                self._reglages.adresse,
                timeout=min(_TRY, self._reglages.attente),
                name="navette",
                set_as_default=False,
                security=Security(require_encryption=True, **tls) if tls else None,
            )
        except OSError as error:
            log.warning("cluster_not_reached", address=self._reglages.adresse, why=str(error))
            return None
        self._forget()
        self._client = client
        client.loop.add_callback(self._watch, client)
        return client

    def _tell_absence(self, client: Client | None) -> str:
        if client is None or client.status != "running":
            return f"la grappe de contrôle ({self._reglages.adresse}) n'est pas joignable"
        if self.effectif.ecartes:
            return "aucun travailleur de la grappe n'a l'installation de ce serveur"
        return "la grappe de contrôle n'a aucun travailleur"

    # -- a work -------------------------------------------------------------------------------------------

    def _send(self, client: Client, envoi: _Envoi) -> None:
        with self._alone:
            self._envois.add(envoi)
            # Who has refused still announces itself, and is free again at once: Dask would ask it for ever.
            envoi.only = frozenset(self._fit - self._refused) if self._refused else None
        client.loop.add_callback(self._follow, client, envoi)

    async def _follow(self, client: Client, envoi: _Envoi) -> None:
        """Send a work and tell how it ended, in the loop of the client."""
        only = None if envoi.only is None else sorted(envoi.only)
        asked = {"pure": False, "resources": {self._resource: 1}, "workers": only}
        try:
            running = client.submit(carry, self._reglages.titre, envoi.ouvrage, envoi.deadline, **asked)
        except RuntimeError as closed:  # meanwhile
            self._tell(envoi, b"", EngineAway(f"la grappe de contrôle a été quittée ({closed})"))
            return
        envoi.kept = running
        error = await running.exception()
        if envoi.kept is not running:
            return  # it was sent to others meanwhile
        blob = b""
        if error is None:
            try:
                blob = await running.result()
            except (OSError, CancelledError):  # done, but its answer was lost on the way
                error = CancelledError()
        if isinstance(error, WorkerRefused):
            self._set_aside(client, envoi, error)
            return
        if isinstance(error, CancelledError):
            self._see({})  # the line broke: what is sent next waits until the cluster was seen again
        self._tell(envoi, blob, self._translate(error))

    def _translate(self, error: BaseException | None) -> BaseException | None:
        """How a work ended, in our own words."""
        if isinstance(error, KilledWorker | EngineFailed):
            self.stopped += 1
        if isinstance(error, KilledWorker):
            return EngineFailed("les travailleurs qui le contrôlaient se sont arrêtés")
        if isinstance(error, CancelledError):
            return EngineAway("la liaison avec la grappe de contrôle s'est perdue")
        return error

    def _tell(self, envoi: _Envoi, blob: bytes, error: BaseException | None) -> None:
        with self._alone:
            if envoi not in self._envois:
                return  # it was given up meanwhile
            self._envois.discard(envoi)
        envoi.kept = None
        if error is None:
            envoi.told.set_result(pickle.loads(blob))  # noqa: S301  (made by a worker of ours)
        else:
            envoi.told.set_exception(error)

    def _set_aside(self, client: Client, envoi: _Envoi, refused: WorkerRefused) -> None:
        """Ask a worker no more, and send its work to another one."""
        log.warning("worker_refused", worker=refused.adresse, why=refused.raison)
        with self._alone:
            self._refused.add(refused.adresse)
            self._envois.discard(envoi)
            others = self._fit - self._refused
        if others:
            self._send(client, envoi)
        else:
            why = f"aucun travailleur de la grappe ne peut juger comme ce serveur : {refused.raison}"
            envoi.told.set_exception(EngineAway(why))

    # -- looking after the cluster ------------------------------------------------------------------------

    async def _watch(self, client: Client) -> None:
        """See who is there, for as long as this client lives; what nobody can do is failed in time."""
        seen = time.monotonic()  # a worker of ours
        while client.status not in _OVER:
            try:
                asked = client.scheduler.identity(n_workers=-1)
                told = await asyncio.wait_for(asked, self._reglages.attente)
            except OSError as error:  # closed, or silent for too long
                log.warning("cluster_silent", address=self._reglages.adresse, why=str(error))
                self._see({})
                self._fail_all("la grappe de contrôle ne répond plus")
                if isinstance(error, TimeoutError):
                    await self._give_up(client)
                    return
            else:
                self._see(told["workers"])
                self._send_on(client)
            if self.effectif.aptes:
                seen = time.monotonic()
            elif time.monotonic() - seen > self._reglages.attente:
                self._fail_all(self._tell_absence(client))
            await asyncio.sleep(_LOOK if self.effectif.aptes else 0.1)
        self._fail_all("la liaison avec la grappe de contrôle s'est perdue")

    def _see(self, workers: Mapping[str, Mapping[str, Any]]) -> None:
        """Take note of the workers that are there now."""
        fit = {address for address, one in workers.items() if self._resource in one.get("resources", {})}
        ours = {address for address, one in workers.items() if _announces(one)}
        with self._alone:
            self._refused &= set(workers)
            fit -= self._refused
            before, self._fit = self.effectif, fit
            self.effectif = Effectif(len(fit), len(ours - fit))
        if self.effectif != before:
            log.info("cluster_seen", fit=self.effectif.aptes, aside=self.effectif.ecartes)

    def _send_on(self, client: Client) -> None:
        """Those whom some works may be given to are gone, all of them: to whoever else is there."""
        with self._alone:
            stuck = [one for one in self._envois if one.only is not None and not one.only & self._fit]
        for envoi in stuck if self._fit else ():
            kept, envoi.kept = envoi.kept, None
            if kept is not None:
                kept.release()
            self._send(client, envoi)

    async def _give_up(self, client: Client) -> None:
        """Let go of a scheduler that holds the line and says nothing."""
        self._client = None
        await client._close(fast=True)

    def _fail_all(self, raison: str) -> None:
        with self._alone:
            lost, self._envois = self._envois, set()
        for envoi in lost:
            envoi.kept = None
            envoi.told.set_exception(EngineAway(raison))

    def _forget(self) -> None:
        """Nothing is known of a cluster that was left."""
        with self._alone:
            self._fit, self._refused, self.effectif = set(), set(), Effectif(0)


def _announces(worker: Mapping[str, Any]) -> bool:
    return any(name.startswith(PREFIXE) for name in worker.get("resources", {}))
