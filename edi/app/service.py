"""The composition root: a workspace at work for ever, and its companions. The only clocks."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date

import structlog
from sqlalchemy.exc import DBAPIError

from edi.app.compagnons import answering, at_work, showing, watching
from edi.app.coordination import Verrou, is_away, make_verrou
from edi.app.nuits import Nuits
from edi.canaux import Bilan
from edi.docteur.echantillon import submit_sample
from edi.espace import real_now
from edi.model import Flux, Serveur
from edi.nuit.travaux import told_at_night
from edi.observation.sante import Sante
from edi.retention.service import Retention
from edi.spool.entrepot import EntrepotAway

log = structlog.get_logger()


@dataclass
class App(Nuits):
    """An atelier that keeps its nights, and may last for ever."""

    sante: Sante | None = None  # while it serves, and the configuration lets it be observed
    _next_look: float = 0.0  # before that instant, flux_list at work come first
    led: Callable[[bool], None] = lambda leads: None  # told when it begins to lead, or another does
    _verrou: Verrou | None = None  # while it serves: what whoever leads holds
    _led: bool | None = None  # did we lead when we looked last?
    _reconciled: float = -math.inf  # when spool and database were put in order
    _proved: date | None = None  # the day on which they were proved to agree

    # -- for ever -----------------------------------------------------------------------------------------

    def serve(self, stop: threading.Event, *, until_idle: bool = False) -> list[Flux]:
        """Watch every ``in`` until ``stop`` is set, or until nothing is left when ``until_idle``.

        Events only wake us sooner: the scan decides, and it runs every ``collecte.intervalle`` seconds. While
        another process leads, deposits are taken, and that is all. A database server that is away is awaited.
        """
        collecte = self.espace.settings.collecte
        done: list[Flux] = []
        with (
            closing(self.pipeline.engine),
            self._leading(),
            at_work(self.presence),
            watching(self.espace, self.wake),
            answering(self.espace, self.pipeline.engine) as self.sante,
            showing(self.espace, self.pipeline),
            self._ringing(),
            self._beside() as threads,
        ):
            while True:
                self.wake.clear()
                for thread in threads:
                    if thread.done():
                        thread.result()  # a fault of ours: it must not end in silence
                if stop.is_set():  # after the clearing, so that a stop said meanwhile still wakes us
                    break
                finished = self._turn()
                done += finished if until_idle else []
                moving = self.collecte.moving or self.essais.moving
                if until_idle and not moving:
                    break
                # While something lies there that is not still yet, look again at the observation's pace; a
                # look that an event brings sooner takes what is complete, and does not count for stillness.
                self.wake.wait(collecte.pas if moving else collecte.intervalle)
            self.pipeline.feuilles.flush(force=True)
        return done

    def _turn(self) -> list[Flux]:
        """One look at everything, as far as it is for us; the flux_list that were taken as far as they go."""
        try:
            leads = self.leads()
            if self.sante is not None:
                self.sante.coordonne = leads
            if leads:
                return self._lead()
            self._warm()
            self.collect()
        except DBAPIError as error:
            if not is_away(self.espace.engine, error):
                raise
            log.warning("database_away", why=str(error).splitlines()[0])
            self._reconciled = -math.inf  # what we had begun is taken up again when it is back
        except (
            EntrepotAway
        ) as away:  # flux_list on their way wait by themselves; this was something else of ours
            log.warning("entrepot_away", why=str(away))
            self.collect()
        return []

    def _lead(self) -> list[Flux]:
        collecte = self.espace.settings.collecte
        begins = self._proved is None
        if self._proved is None:
            self._proved = self.espace.today()  # before anything takes time: the day may end meanwhile
        if time.monotonic() - self._reconciled > collecte.bail:  # another process may have died
            self.recover(idle=True)
            self._warm()
            self._rung.set()  # its run of the night is ours, and a ring may have been lost
            self.espace.spool.prune_copies(self.espace.settings.entrepot.copies, real_now())
            self._reconciled = time.monotonic()
        if begins:
            self.prove(complet=False)
        if self._rung.is_set():
            self._rung.clear()
            for passage in self.nuit.run_due().faits:
                self.passed(passage)
        if self.espace.today() != self._proved:  # once a night, every byte is read again
            self.releves.put_all(self._proved, but=told_at_night(self.espace.settings.taches.values()))
            Retention(self.espace).at_night()
            self._proved = self.espace.today()
            self.prove(complet=True)
        self.retry_held()
        self.collect()
        finished = self.drain(self._collect_meanwhile)
        self.pipeline.sortie.emit()
        self.essais.turn(busy=self._has_work)  # after what counts, and only while there is none
        return finished

    def leads(self) -> bool:
        """Whether it is for us to judge: always, unless we serve beside others and one of them does."""
        if self._verrou is None:
            return True
        held = self._verrou.hold()
        if held != self._led:
            if not self._verrou.partage:
                log.info("coordination", leads=held, process=self.name)
                self.led(held)
            self._reconciled, self._proved = -math.inf, None  # what the other had begun is taken up again
        self._led = held
        return held

    @contextmanager
    def _leading(self) -> Iterator[None]:
        """Be ready to lead, and let another do so at the end."""
        self._verrou = make_verrou(self.espace)
        self._led, self._reconciled, self._proved = None, -math.inf, None
        try:
            yield
        finally:
            self._verrou.release()
            self._verrou, self._led = None, None

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
            if self._led:
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
            bilan = self._call(turn) if self._led else Bilan()
            if bilan.prises or bilan.deposees:  # something to judge, or to tell
                self.wake.set()
            self._halted.wait(min(1.0, *(s.intervalle for s in self.canaux.serveurs)))

    def _call(self, turn: Sequence[Serveur]) -> Bilan:
        try:
            return self.canaux.call(turn)
        except DBAPIError as error:
            if not is_away(self.espace.engine, error):
                raise
            log.warning("database_away", why=str(error).splitlines()[0])
            return Bilan()

    def _warm(self) -> None:
        """Let the engine judge a sample, until it has: probes then say that we are ready."""
        if self.sante is None or not self.sante.is_cold:
            return
        if self.espace.settings.coordination.role == "collecte":  # it is ready without any engine
            self.sante.echauffement = Future()
            self.sante.echauffement.set_result(None)
        else:
            espace = self.espace
            self.sante.echauffement = submit_sample(
                self.pipeline.engine, espace.regles.read, espace.today(), self.pipeline.feuilles.current()
            )
