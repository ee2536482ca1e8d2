"""The platform as processes of simpy: calls to servers, one queue, coordinators, workers.

It does what the real one does: a coordinator takes one lot after the other; its workers judge the lot in
shares; a share whose worker dies is judged again by another; a lot whose decision finds no database is judged
again later, from the beginning, because nothing is final before the decision.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from edi.capacite.modele import Charge, Modele
from nuit_simulee.monde import Depot, Scenario, draw_depots

PART = 25  # invoices in a share at most
_LINES = 2_000  # lines in a share, so that one monster delays nobody
_RESTART = 5.0  # seconds after which a coordinator that lost its database looks again
Process = Generator[simpy.Event, Any, None]


@dataclass
class Lot:
    """One deposit on its way."""

    depot: Depot
    pris: float = -1.0  # in our queue
    repondu: float = -1.0  # its statuts are on the disk
    essais: int = 0  # times that it was judged


@dataclass
class Part:
    """Invoices of one lot that a worker judges together."""

    charge: Charge
    fin: simpy.Event  # happens when it is judged


@dataclass
class Releve:
    """What is counted while it happens, apart from what lots tell themselves."""

    presents: int = 0  # invoices deposited and not answered
    somme: float = 0.0  # invoices present, times seconds
    vu: float = 0.0
    courbe: list[tuple[float, int]] = field(default_factory=list)
    deposees: int = 0
    repondues: int = 0
    morts: int = 0
    rejuges: int = 0  # lots that were judged more than once
    occupation: float = 0.0  # seconds of workers at work

    def move(self, at: float, change: int) -> None:
        """Invoices come, or are answered."""
        self.somme += self.presents * (at - self.vu)
        self.presents += change
        self.vu = at
        self.courbe.append((at, self.presents))


class Plateforme:
    """One night of it."""

    def __init__(self, scenario: Scenario, modele: Modele) -> None:
        self.scenario, self.modele = scenario, modele
        self.env = simpy.Environment()
        self.releve = Releve()
        self.lots = [Lot(depot) for depot in draw_depots(scenario)]
        self.queue: simpy.Store = simpy.Store(self.env)
        self.rng_of_lives = _lives(scenario)

    def run(self) -> None:
        """The whole night, until everything that was deposited is answered.

        Raises RuntimeError when that takes more than three days: something is stuck.
        """
        left = self.env.event()
        self._left, self._all = len(self.lots), left
        self.env.process(self._deposit())
        for _ in range(self.scenario.coordinateurs):
            self.env.process(self._coordinate())
        self.env.run(until=left | self.env.timeout(72 * 3600.0))
        if self._left:
            raise RuntimeError(f"{self._left} lots are not answered after three days")

    # -- what comes ---------------------------------------------------------------------------------------

    def _deposit(self) -> Process:
        for lot in self.lots:
            yield self.env.timeout(lot.depot.le - self.env.now)
            self.releve.deposees += lot.depot.charge.factures
            self.releve.move(self.env.now, lot.depot.charge.factures)
            if lot.depot.serveur:
                self.env.process(self._call(lot))
            else:
                self._take(lot)

    def _call(self, lot: Lot) -> Process:
        """It waits on its server until a call that succeeds."""
        every = self.scenario.intervalle
        yield self.env.timeout(every - self.env.now % every)
        begins, ends = self.scenario.injoignables
        while lot.depot.fournisseur % 2 and begins <= self.env.now < ends:
            yield self.env.timeout(every)
        self._take(lot)

    def _take(self, lot: Lot) -> None:
        lot.pris = self.env.now
        self.queue.put(lot)

    # -- what is done -------------------------------------------------------------------------------------

    def _coordinate(self) -> Process:
        parts: simpy.Store = simpy.Store(self.env)
        for _ in range(self.scenario.travailleurs):
            self.env.process(self._work(parts))
        while True:
            lot = yield self.queue.get()
            answered = False
            while not answered:
                while self._is_away():
                    yield self.env.timeout(_RESTART)
                answered = yield from self._treat(lot, parts)

    def _treat(self, lot: Lot, parts: simpy.Store) -> Generator[simpy.Event, Any, bool]:
        """One lot as far as it goes; False when the database was away at its decision."""
        charge = lot.depot.charge
        lot.essais += 1
        self.releve.rejuges += lot.essais == 2
        shares = [Part(share, self.env.event()) for share in cut(charge)]
        for share in shares:
            parts.put(share)
        yield self.env.all_of([share.fin for share in shares])
        around = self.modele.seul(charge) + self.modele.envoi * charge.factures
        yield self.env.timeout(max(0.0, around))
        if self._is_away():
            return False
        lot.repondu = self.env.now
        self.releve.repondues += charge.factures
        self.releve.move(self.env.now, -charge.factures)
        self._left -= 1
        if not self._left:
            self._all.succeed()
        return True

    def _work(self, parts: simpy.Store) -> Process:
        """One worker, and those that take its place."""
        dies = self.env.now + next(self.rng_of_lives)
        while True:
            part = yield parts.get()
            # Every worker after the first brings a little less: they share what the machine has.
            many = self.scenario.travailleurs
            slower = many / self.modele.speedup(many)
            takes = self.modele.jugement(part.charge) * slower
            lasts = min(takes, max(0.0, dies - self.env.now))
            yield self.env.timeout(lasts)
            self.releve.occupation += lasts
            if lasts < takes:
                self.releve.morts += 1
                parts.put(part)
                yield self.env.timeout(self.scenario.remplacement)
                dies = self.env.now + next(self.rng_of_lives)
            else:
                part.fin.succeed()

    def _is_away(self) -> bool:
        begins, ends = self.scenario.base
        return begins <= self.env.now < ends


def cut(charge: Charge) -> Sequence[Charge]:
    """The shares of a lot: none has more than so many invoices, nor lines unless it is one invoice."""
    most = max(1, min(PART, _LINES // max(1, charge.lignes)))
    whole, rest = divmod(charge.factures, most)
    return [charge._replace(factures=many) for many in [most] * whole + [rest] * bool(rest)]


def _lives(scenario: Scenario) -> Generator[float, None, None]:
    rng = random.Random(scenario.graine + 1)  # noqa: S311 - a simulation, not a secret
    while True:
        yield rng.expovariate(1 / scenario.vie) if scenario.vie else float("inf")
