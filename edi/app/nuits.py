"""A workspace at work on the jobs of its nights: when they are due, and what they do."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from apscheduler.schedulers.background import BackgroundScheduler

from edi.app.atelier import Atelier
from edi.app.compagnons import at_work
from edi.assemblage import make_tenue
from edi.canaux import Bilan
from edi.inbound.distant import Ennui
from edi.model import Flux
from edi.nuit.passages import Nuit, Tour
from edi.nuit.reveil import make_reveil, set_hours
from edi.nuit.travaux import make_steps
from edi.store import emissions


@dataclass
class Nuits(Atelier):
    """An atelier that keeps its nights."""

    reveil: BackgroundScheduler | None = None  # while it serves, and there are jobs of the night
    _rung: threading.Event = field(default_factory=threading.Event)  # a job of the night may be due
    _calls: bool = False  # are servers called in a thread of their own?

    def __post_init__(self) -> None:
        super().__post_init__()
        espace = self.espace
        self.nuit = Nuit(
            base=espace.engine,
            taches=espace.settings.taches,
            faire=make_steps(espace.engine, self, self.releves),
            process=self.name,
            now=espace.now,
            tenue=make_tenue(espace, self.name),
            begun=self.staged,
        )

    def run_jobs(self, noms: Collection[str], *, forced: bool = False) -> Tour:
        """Make the runs that are due of some jobs, of all by default; ``forced``: of one, due or not."""
        if not forced and not self.nuit.is_due(noms):
            return Tour()
        with closing(self.pipeline.engine), at_work(self.presence):
            self.recover()
            self.prove(complet=False)
            tour = self.nuit.run_now(*noms) if forced else self.nuit.run_due(noms, asked=True)
            self.pipeline.feuilles.flush(force=True)
            return tour

    def take_in(self, applis: Collection[str]) -> tuple[int, Sequence[Ennui]]:
        """Take what these partners have deposited, here and on servers; how much, and what did not work."""
        served = [s for s in self.canaux.serveurs if any(d.appli in applis for d in s.dossiers)]
        bilan = Bilan() if self._calls else self.pull(served)
        taken = len(bilan.prises)
        for rank in range(self.espace.settings.collecte.observations):
            if rank:
                time.sleep(self.espace.settings.collecte.pas)
            taken += self.collect(applis)
            if not self.collecte.moving:
                break
        known = {ennui.serveur for ennui in bilan.ennuis}
        return taken, [*bilan.ennuis, *self.canaux.down(s for s in served if s.nom not in known)]

    def treat(self, applis: Collection[str]) -> list[Flux]:
        """Take the flux_list of these partners as far as they go."""
        self.retry_held(applis)
        done = self.drain(applis=applis)
        if self.retry_held(applis):  # what waited for a flux that has been decided meanwhile
            done += self.drain(applis=applis)
        return done

    def hand_out(self, applis: Collection[str]) -> tuple[int, Sequence[Ennui]]:
        """Let leave what is booked; how much of theirs should have left and did not, what did not work."""
        if self._calls:
            self.pipeline.sortie.emit()
        ennuis = [] if self._calls else self._hand_out()
        partners = self.espace.settings.partenaires
        # While a thread calls the servers, what leaves by them alone may still be about to.
        ours = [appli for appli in applis if partners[appli].out_local or not self._calls]
        with self.espace.engine.begin() as conn:
            return emissions.count_overdue(conn, ours, self.espace.now()), ennuis

    def _ring(self) -> None:
        self._rung.set()
        self.wake.set()

    @contextmanager
    def _ringing(self) -> Iterator[None]:
        """Be woken when a job falls due."""
        taches = self.nuit.taches.values()
        if not taches:
            yield
            return
        self.reveil = make_reveil(self.espace.engine, self.espace.settings.fuseau, self._ring)
        self.reveil.start()
        try:
            set_hours(self.reveil, taches)
            yield
        finally:
            self.reveil.shutdown()
