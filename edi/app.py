"""The composition root: a workspace becomes a pipeline, a watcher, calls to servers. The only threads."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from edi import assemblage
from edi.audit import Ecart, audit
from edi.canaux import Bilan
from edi.docteur.echantillon import submit_sample
from edi.espace import Espace, real_now
from edi.inbound.distant import Ennui
from edi.journal.racines import seal_days
from edi.lisezmoi import tell_all
from edi.model import Etape, Flux, FluxStatut, Passage, Serveur
from edi.nuit.passages import Nuit, Tour
from edi.nuit.reveil import make_reveil, set_hours
from edi.nuit.travaux import make_steps, told_at_night
from edi.observation.guichet import Guichet
from edi.observation.sante import Sante
from edi.outbound.envois import is_due
from edi.pipeline import Listen
from edi.presence import Reparation
from edi.releve.service import Releves
from edi.retention.service import Retention
from edi.spool import Entry
from edi.store import alertes as alertes_store
from edi.store import emissions, journal, livraisons
from edi.store import flux as flux_store
from edi.wiring import (
    process_name,
    tickets,
)

log = structlog.get_logger()


def side_by_side(tasks: Sequence[Callable[[], None]]) -> None:
    """Run tasks in threads, and wait for them all; raises what the first of them raised."""
    if len(tasks) < 2:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(len(tasks), thread_name_prefix="canal") as threads:
        running = [threads.submit(task) for task in tasks]
    for future in running:
        future.result()


@dataclass
class App:
    """A workspace at work. Several may work on one: none of them treats what another has claimed."""

    espace: Espace
    listen: Listen = lambda flux, done: None
    settled: Callable[[Flux], None] = lambda flux: None  # told every flux that was taken as far as it goes
    staged: Callable[[Etape], None] = lambda etape: None  # told each step that begins
    passed: Callable[[Passage], None] = lambda passage: None  # told every run of the night that it made
    mended: Callable[[Reparation], None] = lambda what: None  # told what an interruption had left behind
    alarm: Callable[[Ecart], None] = lambda what: None  # told what should agree and does not
    wake: threading.Event = field(default_factory=threading.Event)  # set it to end a wait early
    name: str = field(default_factory=process_name)
    ennuis: list[Ennui] = field(default_factory=list)  # what did not work on servers
    sante: Sante | None = None  # while it serves, and the configuration lets it be observed
    reveil: BackgroundScheduler | None = None  # while it serves, and there are jobs of the night
    _next_look: float = 0.0  # before that instant, flux_list at work come first
    _give_ticket: Callable[[str], str] = field(default_factory=tickets)
    _halted: threading.Event = field(default_factory=threading.Event)  # the servers are left as they are
    _rung: threading.Event = field(default_factory=threading.Event)  # a job of the night may be due
    _calls: bool = False  # are servers called in a thread of their own?

    def __post_init__(self) -> None:
        espace = self.espace
        self.pipeline = assemblage.make_pipeline(espace, self.name, self.listen)
        self.presence = assemblage.make_presence(espace, self.name)
        self.collecte = assemblage.make_collecte(espace, self.pipeline.receive, self._give_ticket)
        self.releves = Releves(espace, self.name)
        self.nuit = Nuit(
            base=espace.engine,
            taches=espace.settings.taches,
            faire=make_steps(espace.engine, self, self.releves),
            process=self.name,
            now=espace.now,
            tenue=assemblage.make_tenue(espace, self.name),
            begun=self.staged,
        )
        self.essais = assemblage.make_essais(espace, self.pipeline, self.releves, self._give_ticket)
        self.canaux = assemblage.make_canaux(
            espace, self.pipeline, self._give_ticket, side_by_side, self._pause, self._halted.is_set
        )
        self.veille = assemblage.make_veille(espace, self._halted.is_set)

    # -- one pass -----------------------------------------------------------------------------------------

    def run_once(self) -> list[Flux]:
        """Collect, process, emit: everything that is complete now, and everything left by an interruption."""
        with closing(self.pipeline.engine), self._at_work():
            return self._run_once()

    def _run_once(self) -> list[Flux]:
        self.recover()
        self.prove(complet=False)
        self.staged(Etape.COLLECTE)
        self.pull()
        self.retry_held()
        done = self.drain()
        for rank in range(self.espace.settings.collecte.observations):
            if rank:  # two looks at one file are always a step apart, whatever else was taken between them
                time.sleep(self.espace.settings.collecte.pas)
            self.collect()
            self.staged(Etape.TRAITEMENT)
            done += self.drain()
            self.essais.turn()
            if not (self.collecte.moving or self.essais.moving):
                break
        if self.retry_held():  # what waited for a flux that has been decided meanwhile
            done += self.drain()
        self.staged(Etape.EMISSION)
        self._hand_out()
        return list({flux.id: flux for flux in done}.values())

    def _hand_out(self) -> list[Ennui]:
        """Let leave what is booked, and what follows from that; what did not work."""
        self.pipeline.emit()
        ennuis: list[Ennui] = []
        while True:
            bilan = self.push()
            ennuis += bilan.ennuis
            if not bilan.deposees:
                return ennuis
            self.pipeline.emit()  # what lies on a server now is told to others

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Be present, with a heartbeat in a thread of its own: a long judgement must not pass for a death."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(self.espace.settings.collecte.bail / 4):
                try:
                    if not self.presence.beat(real_now()):
                        log.warning("thought_dead", process=self.name)
                except SQLAlchemyError:  # a database that is away comes back, or our claims become void
                    log.exception("heartbeat_failed")

        pulse = threading.Thread(target=beat, name="pouls", daemon=True)
        with self.presence.at_work(real_now):
            pulse.start()
            try:
                yield
            finally:
                ended.set()
                pulse.join()

    def call_once(self, serveurs: Sequence[Serveur] | None, *, forced: bool) -> Bilan:
        """Call some servers, of all by default, and judge nothing."""
        with self._at_work():
            self.recover()
            return self.pull(serveurs, forced=forced)

    def pull(self, serveurs: Sequence[Serveur] | None = None, *, forced: bool = False) -> Bilan:
        """One call of some servers, of all by default."""
        bilan = self.canaux.call(self.canaux.serveurs if serveurs is None else serveurs, forced=forced)
        self.ennuis += bilan.ennuis
        return bilan

    def push(self) -> Bilan:
        """Call again the servers that something has just become ready for."""
        at = self.espace.now()
        with self.espace.engine.begin() as conn:
            owed = {s.nom for s in self.canaux.serveurs if livraisons.pending(conn, s.served, at)}
        ready = [s for s in self.canaux.serveurs if s.nom in owed or is_due(self.espace.engine, s, at)]
        bilan = self.canaux.call(ready, take=False)
        self.ennuis += bilan.ennuis
        return bilan

    def _pause(self, seconds: float) -> None:
        self._halted.wait(seconds)

    def recover(self) -> None:
        """Put spool and database in order after an interruption; what was mended is told."""
        for what in self.presence.reconcile(real_now()):
            log.info("mended", what=what.quoi, subject=what.sujet)
            self.mended(what)
        Retention(self.espace).finish()
        if self.presence.alone:  # else another process may be just about to do it
            self.collecte.recover()
        self.canaux.recover()
        tell_all(self.espace, process=self.name)

    def prove(self, *, complet: bool) -> None:
        """Close the days that have ended, audit spool and database, and shout about what does not agree."""
        espace = self.espace
        seal_days(espace.engine, espace.spool, espace.settings.fuseau, espace.now(), self.name)
        found = audit(self.espace.engine, self.espace.spool, real_now(), complet=complet).ecarts
        with self.espace.engine.begin() as conn:
            alertes_store.record_audit(conn, found, self.espace.now(), complet=complet)
        for ecart in found:
            log.error(
                "audit_mismatch",
                rule=ecart.regle,
                subject=ecart.sujet,
                found=ecart.constat,
                remedy=ecart.remede,
            )
            self.alarm(ecart)

    def retry_held(self, applis: Collection[str] | None = None) -> int:
        """Put the held flux_list, of some partners or of all, whose time has come back into ``incoming``."""
        with self.espace.engine.begin() as conn:
            due = flux_store.due(conn, self.espace.now())
        if not due:
            return 0
        back = 0
        for entry in self.espace.spool.entries("hold"):
            if entry.ticket in due and _is_of(entry, applis):
                with suppress(FileNotFoundError):  # an operator, or another process, relaunched it meanwhile
                    self.espace.spool.move(entry, "incoming")
                    back += 1
        return back

    def collect(self, applis: Collection[str] | None = None) -> int:
        """Take what is complete in every ``in``, or in those of some; how many flux_list were taken."""
        return self.collecte.collect(applis)

    def drain(
        self, meanwhile: Callable[[], object] = lambda: None, applis: Collection[str] | None = None
    ) -> list[Flux]:
        """Process ``incoming``, of some partners or of all, until nothing is left that is ours to take.

        New flux_list come first. ``meanwhile`` is called after each.
        """
        done: list[Flux] = []
        refused: set[str] = set()  # claimed by other processes

        def left() -> list[Entry]:
            entries = self.espace.spool.entries("incoming")
            return [entry for entry in entries if entry.ticket not in refused and _is_of(entry, applis)]

        while entries := left():
            with self.espace.engine.begin() as conn:
                retried = flux_store.tried(conn, [entry.ticket for entry in entries])
            new = [entry for entry in entries if entry.ticket not in retried]
            again = [entry for entry in entries if entry.ticket in retried]
            for entry in (*new, *again[:1]):  # one of them a round: neither kind starves the other
                flux = self.pipeline.process(entry)
                if flux is None:
                    refused.add(entry.ticket)
                    continue
                done.append(flux)
                self.settled(flux)
                meanwhile()
        return done

    # -- the nights ---------------------------------------------------------------------------------------

    def run_jobs(self, noms: Collection[str], *, forced: bool = False) -> Tour:
        """Make the runs that are due of some jobs, of all by default; ``forced``: of one, due or not."""
        if not forced and not self.nuit.is_due(noms):
            return Tour()
        with closing(self.pipeline.engine), self._at_work():
            self.recover()
            self.prove(complet=False)
            if forced:
                return self.nuit.run_now(*noms)
            return self.nuit.run_due(noms, asked=True)

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
            self.pipeline.emit()
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
            self._at_work(),
            self._watch(),
            self._observed(),
            self._shown(),
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
                self.pipeline.emit()
                self.essais.turn(busy=self._has_work)  # after what counts, and only while there is none
                done += finished if until_idle else []
                moving = self.collecte.moving or self.essais.moving
                if until_idle and not moving:
                    break
                # While something lies there that is not still yet, look again at the observation's pace; a
                # look that an event brings sooner takes what is complete, and does not count for stillness.
                self.wake.wait(collecte.pas if moving else collecte.intervalle)
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

    @contextmanager
    def _observed(self) -> Iterator[None]:
        """Answer probes in threads of their own; one that cannot be answered delays and stops nothing."""
        settings, base = self.espace.settings, self.espace.engine
        if not settings.observation.adresse:
            yield
            return
        names = [serveur.nom for serveur in settings.serveurs]
        sante = Sante(base, self.espace.spool, names, self.espace.now, lambda: self.pipeline.engine.stopped)
        try:
            guichet = Guichet(settings.observation.adresse, sante)
        except OSError as error:  # another process answers there, or there is no such address
            log.error("observation_not_served", address=settings.observation.adresse, why=str(error))
            yield
            return
        self.sante = sante
        answering = threading.Thread(target=guichet.serve_forever, name="observation", daemon=True)
        answering.start()
        try:
            yield
        finally:
            guichet.shutdown()
            guichet.server_close()
            answering.join()

    @contextmanager
    def _shown(self) -> Iterator[None]:
        """Show the operators' pages in threads of their own; one that fails delays and stops nothing."""
        adresse = self.espace.settings.console.adresse
        if not adresse:
            yield
            return
        from edi.console.serveur import ServeurConsole  # slow to load, and not everybody has a console

        try:
            serveur = ServeurConsole(assemblage.make_console(self.espace, self.pipeline))
        except OSError as error:  # another process answers there, or there is no such address
            log.error("console_not_served", address=adresse, why=str(error))
            yield
            return
        showing = threading.Thread(target=serveur.serve, name="console", daemon=True)
        showing.start()
        try:
            yield
        finally:
            serveur.stop()
            showing.join()

    def _warm(self) -> None:
        """Let the engine judge a sample, until it has: probes then say that we are ready."""
        if self.sante is not None and self.sante.is_cold:
            espace = self.espace
            self.sante.echauffement = submit_sample(self.pipeline.engine, espace.regles.read, espace.today())

    @contextmanager
    def _watch(self) -> Iterator[None]:
        wake = self.wake

        class Wake(FileSystemEventHandler):
            """Events that may mean a new deposit; our own scans open folders and must not wake us."""

            def on_created(self, event: FileSystemEvent) -> None:
                wake.set()

            on_moved = on_closed = on_created

        # watchdog keeps back a rename out of a folder (each of our own takes is one) until its other half may
        # have come, and every event behind it: half a second that no deposit should wait.
        InotifyMoveEventGrouper.delay = 0.0
        observer = Observer()
        observer.start()
        for appli in self.espace.settings.partenaires:
            try:
                for folder in ("in", "test"):
                    observer.schedule(Wake(), str(self.espace.spool.inbox(appli, folder)))
            except OSError:  # no watch to be had (the system counts them): the scan alone finds deposits
                log.exception("deposit_folder_not_watched", appli=appli)
        try:
            yield
        finally:
            observer.stop()
            observer.join()


def _is_of(entry: Entry, applis: Collection[str] | None) -> bool:
    return applis is None or entry.appli in applis


def relaunch(espace: Espace, flux: Flux, par: str = "") -> Entry | None:
    """Put a held flux back into ``incoming`` with a clean slate; None when it is not held.

    ``par``: who asks for it.
    """
    if flux.statut is not FluxStatut.EN_ATTENTE:
        return None
    queues = [entry for queue in ("hold", "incoming") for entry in espace.spool.entries(queue)]
    entry = next((e for e in queues if e.ticket == flux.ticket), None)
    if entry is None:
        return None
    with espace.engine.begin() as conn:
        flux_store.describe(conn, flux.id, tentatives=0)
        journal.note_act(conn, "flux-relance", flux.nom, espace.now(), par=par, flux_id=flux.id)
    if entry.path.parent.parent.name == "incoming":  # relaunched already
        return entry
    return espace.spool.move(entry, "incoming")
