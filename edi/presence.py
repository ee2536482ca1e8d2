"""Who works on this spool, and what is put in order when somebody is gone.

A process is at work while it holds the lock of its name in ``spool/presence`` and its row in ``processus`` is
beaten in time. On one machine the lock tells a death at once, however it came; for the processes of other
machines the heartbeat does. Folders and database are reconciled in both directions: what the database
believes under way must have a ticket, what has a ticket must be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine

from edi.model import Flux, Processus
from edi.spool import QUEUES, Spool
from edi.store import flux as flux_store
from edi.store import processus
from edi.store.database import beside


class Reparation(NamedTuple):
    """Something that was put in order."""

    quoi: str  # in French, for operators
    sujet: str  # a ticket, a process


@dataclass
class Presence:
    """One process among those that work on a spool and its database."""

    base: Engine
    spool: Spool
    name: str
    machine: str
    pid: int
    ttl: timedelta  # without a heartbeat, after which a process is thought dead
    alone: bool = field(default=False)  # nobody else was at work when we looked last

    @contextmanager
    def at_work(self, now: Callable[[], datetime]) -> Iterator[None]:
        """Be present; what was claimed under this name is void afterwards."""
        with self.spool.presence(self.name):
            self._enter(now())
            try:
                yield
            finally:
                with self.base.begin() as conn:
                    processus.leave(conn, self.name)

    def _enter(self, at: datetime) -> None:
        with self.base.begin() as conn:
            processus.enter(conn, Processus(self.name, self.machine, self.pid, at, at))

    def beat(self, at: datetime) -> bool:
        """Give a sign of life; False when we were thought dead: we are there anew, for what comes next."""
        with beside(self.base) as conn:  # a long decision of somebody must not pass for our death
            known = processus.beat(conn, self.name, at)
            if not known:
                processus.enter(conn, Processus(self.name, self.machine, self.pid, at, at))
        return known

    # -- those who are gone -------------------------------------------------------------------------------

    def reconcile(self, at: datetime, *, idle: bool = False) -> list[Reparation]:
        """Void the claims of those who are gone, and put spool and database in order.

        ``idle``: we are at nothing. What we had begun when the database went away is taken up again.
        """
        done = self._bury(at)
        with self.base.begin() as conn:
            living = {one.id for one in processus.all_present(conn)}
        self.alone = living <= {self.name}
        self.spool.sweep_presence()
        self.spool.clear_aside(living.__contains__)
        self.spool.sweep_versements()
        if self.alone:
            self.spool.settle_tickets()
        at_work = living - {self.name} if idle else living
        done += self._resume(at_work)
        return done + self._find_lost(at_work)

    def _bury(self, at: datetime) -> list[Reparation]:
        with self.base.begin() as conn:
            others = [one for one in processus.all_present(conn) if one.id != self.name]
        done = []
        for one in others:
            here = one.machine == self.machine
            if self.spool.is_present(one.id) if here else at - one.vu_le <= self.ttl:
                continue
            with self.base.begin() as conn:
                processus.leave(conn, one.id)
            done.append(Reparation("un processus n'est plus là : ce qu'il avait commencé est repris", one.id))
        return done

    def _resume(self, living: set[str]) -> list[Reparation]:
        """Tickets of ``active`` that nobody works on go back into ``incoming``."""
        done = []
        for entry in self.spool.entries("active"):
            with self.base.begin() as conn:
                flux = flux_store.find_by_ticket(conn, entry.ticket)
            if flux is not None and flux.proprietaire in living:
                continue
            try:
                self.spool.move(entry, "incoming")
            except FileNotFoundError:
                continue  # another process was quicker
            done.append(Reparation("un flux interrompu est repris", entry.ticket))
        return done

    def _find_lost(self, living: set[str]) -> list[Reparation]:
        """A flux that the database believes under way but no queue holds is made again from the store."""
        with self.base.begin() as conn:
            waiting = flux_store.under_way(conn)
        missing = [f for f in waiting if f.proprietaire not in living and f.ticket not in self._tickets()]
        # A ticket may have been on its way from one queue to the next while we looked: look twice.
        seen = self._tickets() if missing else set()
        done = []
        for flux in missing:
            if flux.ticket not in seen and self._is_still_under_way(flux, living):
                done.append(self._make_again(flux))
        return done

    def _tickets(self) -> set[str]:
        return {entry.ticket for queue in QUEUES for entry in self.spool.entries(queue)}

    def _is_still_under_way(self, flux: Flux, living: set[str]) -> bool:
        with self.base.begin() as conn:
            now = flux_store.get(conn, flux.id)
        return now.statut is flux.statut and now.jeton == flux.jeton and now.proprietaire not in living

    def _make_again(self, flux: Flux) -> Reparation:
        if not flux.sha256 or not self.spool.has(flux.sha256):
            return Reparation("un flux en cours n'a plus de fichier, ni en file ni au stock", flux.ticket)
        self.spool.restore(flux.ticket, flux.nom, flux.sha256)
        return Reparation("un flux absent de la file y est remis depuis le stock", flux.ticket)
