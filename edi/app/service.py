"""The composition root: a workspace at work for ever, its nights, its companions. The only clocks."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from edi.app.atelier import Atelier
from edi.app.compagnons import answering, at_work, showing, watching
from edi.assemblage import make_tenue
from edi.canaux import Bilan
from edi.docteur.echantillon import submit_sample
from edi.inbound.distant import Ennui
from edi.model import Flux
from edi.nuit.passages import Nuit, Tour
from edi.nuit.reveil import make_reveil, set_hours
from edi.nuit.travaux import make_steps, told_at_night
from edi.observation.sante import Sante
from edi.retention.service import Retention
from edi.store import emissions

log = structlog.get_logger()


@dataclass
class App(Atelier):
    """An atelier that keeps its nights, and may last for ever."""

    sante: Sante | None = None  # while it serves, and the configuration lets it be observed
    reveil: BackgroundScheduler | None = None  # while it serves, and there are jobs of the night
    _next_look: float = 0.0  # before that instant, flux_list at work come first
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

    # -- the nights ---------------------------------------------------------------------------------------

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

    # -- for ever -----------------------------------------------------------------------------------------

    def serve(self, stop: threading.Event, *, until_idle: bool = False) -> list[Flux]:
        """Watch every ``in`` until ``stop`` is set, or until nothing is left when ``until_idle``.

        Events only wake us sooner: the scan decides, and it runs every ``collecte.intervalle`` seconds.
        """
        collecte = self.espace.settings.collecte
        done: list[Flux] = []
        with (
            closing(self.pipeline.engine),
            at_work(self.presence),
            watching(self.espace, self.wake),
            answering(self.espace, self.pipeline.engine) as self.sante,
            showing(self.espace, self.pipeline),
            self._ringing(),
            self._beside() as threads,
        ):
            reconciled, proved = -math.inf, self.espace.today()
            self.prove(complet=False)
            while True:
                self.wake.clear()
                for thread in threads:
                    if thread.done():
                        thread.result()  # a fault of ours: it must not end in silence
                if stop.is_set():  # after the clearing, so that a stop said meanwhile still wakes us
                    break
                if time.monotonic() - reconciled > collecte.bail:  # another process may have died
                    self.recover()
                    self._warm()
                    self._rung.set()  # its run of the night is ours, and a ring may have been lost
                    reconciled = time.monotonic()
                if self._rung.is_set():
                    self._rung.clear()
                    for passage in self.nuit.run_due().faits:
                        self.passed(passage)
                if self.espace.today() != proved:  # once a night, every byte is read again
                    self.releves.put_all(proved, but=told_at_night(self.espace.settings.taches.values()))
                    Retention(self.espace).at_night()
                    proved = self.espace.today()
                    self.prove(complet=True)
                self.retry_held()
                self.collect()
                finished = self.drain(self._collect_meanwhile)
                self.pipeline.sortie.emit()
                self.essais.turn(busy=self._has_work)  # after what counts, and only while there is none
                done += finished if until_idle else []
                moving = self.collecte.moving or self.essais.moving
                if until_idle and not moving:
                    break
                # While something lies there that is not still yet, look again at the observation's pace; a
                # look that an event brings sooner takes what is complete, and does not count for stillness.
                self.wake.wait(collecte.pas if moving else collecte.intervalle)
            self.pipeline.feuilles.flush(force=True)
        return done

    def _has_work(self) -> bool:
        """Has a deposit come that must not wait for trials?"""
        if not self.collect():
            return False
        self.wake.set()
        return True

    def _collect_meanwhile(self) -> None:
        """Between two flux_list, take what came; at most half of our time goes into looking."""
        began = time.monotonic()
        if began >= self._next_look:
            self.collect()
            now = time.monotonic()
            self._next_look = now + (now - began)

    @contextmanager
    def _beside(self) -> Iterator[list[Future[None]]]:
        """What waits for others runs in threads of its own: a slow server never delays a judgement."""
        self._halted.clear()
        tasks = [self._look_for_ever]
        if self.canaux.serveurs:
            tasks.append(self._call_for_ever)
        with ThreadPoolExecutor(len(tasks), thread_name_prefix="beside") as threads:
            self._calls = bool(self.canaux.serveurs)
            try:
                yield [threads.submit(task) for task in tasks]
            finally:
                self._calls = False
                self._halted.set()

    def _look_for_ever(self) -> None:
        """Look for what is worth an alert every ``alertes.intervalle`` seconds."""
        while not self._halted.is_set():
            self.look()
            self._halted.wait(self.espace.settings.alertes.intervalle)

    def look(self) -> None:
        """Look once for what is worth an alert, and tell it.

        Whatever breaks there is told in the log and never stops the invoices; the next look may succeed.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="alertes") as thread:
            error = thread.submit(self.veille.look).exception()
        if error is not None:
            log.error("look_failed", exc_info=error)

    def _call_for_ever(self) -> None:
        """Call each server every ``intervalle`` seconds."""
        called: dict[str, float] = {}
        while not self._halted.is_set():
            at = time.monotonic()
            turn = [s for s in self.canaux.serveurs if at - called.get(s.nom, -s.intervalle) >= s.intervalle]
            called.update({s.nom: at for s in turn})
            bilan = self.canaux.call(turn)
            if bilan.prises or bilan.deposees:  # something to judge, or to tell
                self.wake.set()
            self._halted.wait(min(1.0, *(s.intervalle for s in self.canaux.serveurs)))

    def _warm(self) -> None:
        """Let the engine judge a sample, until it has: probes then say that we are ready."""
        if self.sante is not None and self.sante.is_cold:
            espace = self.espace
            self.sante.echauffement = submit_sample(
                self.pipeline.engine, espace.regles.read, espace.today(), self.pipeline.feuilles.current()
            )
