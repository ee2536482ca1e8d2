"""The composition root: a workspace becomes a pipeline, a watcher, calls to servers. The only threads."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from edi.audit import Ecart, audit
from edi.canaux import Bilan, Canaux
from edi.collecte import Collecte, Rythme
from edi.docteur.echantillon import submit_sample
from edi.espace import Espace, real_now
from edi.essai.dossier import Essais
from edi.essai.jugement import Tribunal
from edi.inbound.distant import Ennui
from edi.lisezmoi import tell_all
from edi.model import Flux, FluxStatut, Serveur
from edi.observation.guichet import Guichet
from edi.observation.sante import Sante
from edi.outbound.emit import Emitter
from edi.outbound.envois import is_due
from edi.pipeline import Listen, Pipeline
from edi.presence import Presence, Reparation
from edi.releve.service import Releves
from edi.retention import Retention
from edi.spool import Entry
from edi.store import flux as flux_store
from edi.store import livraisons
from edi.validators.scenarios import INTERFACES
from edi.wiring import (
    machine_name,
    make_controle,
    make_engine,
    make_reforme,
    make_scanner,
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
    mended: Callable[[Reparation], None] = lambda what: None  # told what an interruption had left behind
    alarm: Callable[[Ecart], None] = lambda what: None  # told what should agree and does not
    wake: threading.Event = field(default_factory=threading.Event)  # set it to end a wait early
    name: str = field(default_factory=process_name)
    ennuis: list[Ennui] = field(default_factory=list)  # what did not work on servers
    sante: Sante | None = None  # while it serves, and the configuration lets it be observed
    _next_look: float = 0.0  # before that instant, flux_list at work come first
    _give_ticket: Callable[[str], str] = field(default_factory=tickets)
    _halted: threading.Event = field(default_factory=threading.Event)  # the servers are left as they are

    def __post_init__(self) -> None:
        settings = self.espace.settings
        engine = make_engine(settings)
        self.pipeline = Pipeline(
            spool=self.espace.spool,
            base=self.espace.engine,
            engine=engine,
            deposants=settings.recepteurs,
            destinataires=settings.destinataires,
            interfaces=INTERFACES,
            limites=settings.as_limites(),
            politique=settings.as_politique(),
            emitter=Emitter(
                settings.plateforme.code_appli,
                settings.plateforme.libelle,
                settings.fuseau,
                settings.cycle_de_vie.statut_rejet,
                settings.cycle_de_vie.groupement,
                make_reforme(settings),
                make_controle(settings, engine, self.espace.regles.read, self.espace.now),
            ),
            tentatives=settings.collecte.tentatives,
            process_id=self.name,
            now=self.espace.now,
            listen=self.listen,
            packs=self.espace.regles.read,
            scanner=make_scanner(settings),
        )
        self.presence = Presence(
            base=self.espace.engine,
            spool=self.espace.spool,
            name=self.name,
            machine=machine_name(),
            pid=os.getpid(),
            ttl=timedelta(seconds=settings.collecte.bail),
        )
        self.collecte = Collecte(
            spool=self.espace.spool,
            base=self.espace.engine,
            deposants=settings.partenaires,
            limites=settings.as_limites(),
            rythme=Rythme(
                settings.collecte.observations, settings.collecte.pas, settings.collecte.attente_max
            ),
            now=self.espace.now,
            monotonic=time.monotonic,
            give_ticket=self._give_ticket,
            taken=self.pipeline.receive,
        )
        self.releves = Releves(self.espace, self.name)
        self.essais = Essais(
            spool=self.espace.spool,
            deposants=settings.deposants,
            limites=settings.as_limites(),
            observations=settings.collecte.observations,
            pas=settings.collecte.pas,
            fuseau=settings.fuseau,
            now=self.espace.now,
            monotonic=time.monotonic,
            give_ticket=self._give_ticket,
            other=self.releves.answer,
            judge=Tribunal(
                base=self.espace.engine,
                engine=self.pipeline.engine,
                politique=settings.as_politique(),
                limites=settings.as_limites(),
                packs=self.espace.regles.read,
                scanner=self.pipeline.scanner,
                now=self.espace.now,
                fuseau=settings.fuseau,
                relecture=self.pipeline.relecture,
            ).judge,
        )
        self.canaux = Canaux(
            root=self.espace.root,
            serveurs=settings.serveurs,
            deposants=dict(settings.recepteurs),
            limite=settings.limites.flux,
            spool=self.espace.spool,
            base=self.espace.engine,
            give_ticket=self._give_ticket,
            make=self.pipeline.make,
            confirm=self.pipeline.confirm,
            build=self.pipeline.build,
            now=self.espace.now,
            pause=self._pause,
            side_by_side=side_by_side,
            halted=self._halted.is_set,
        )

    # -- one pass -----------------------------------------------------------------------------------------

    def run_once(self) -> list[Flux]:
        """Collect, process, emit: everything that is complete now, and everything left by an interruption."""
        with closing(self.pipeline.engine), self._at_work():
            return self._run_once()

    def _run_once(self) -> list[Flux]:
        self.recover()
        self.prove(complet=False)
        self.pull()
        self.retry_held()
        done = self.drain()
        for rank in range(self.espace.settings.collecte.observations):
            if rank:  # two looks at one file are always a step apart, whatever else was taken between them
                time.sleep(self.espace.settings.collecte.pas)
            self.collect()
            done += self.drain()
            self.essais.turn()
            if not (self.collecte.moving or self.essais.moving):
                break
        if self.retry_held():  # what waited for a flux that has been decided meanwhile
            done += self.drain()
        self.pipeline.emit()
        while self.push().deposees:  # what lies on a server now is told to others
            self.pipeline.emit()
        return list({flux.id: flux for flux in done}.values())

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
        if self.presence.alone:  # else another process may be just about to do it
            self.collecte.recover()
        self.canaux.recover()
        tell_all(self.espace, process=self.name)

    def prove(self, *, complet: bool) -> None:
        """Audit spool and database, and shout about what does not agree."""
        for ecart in audit(self.espace.engine, self.espace.spool, real_now(), complet=complet).ecarts:
            log.error(
                "audit_mismatch",
                rule=ecart.regle,
                subject=ecart.sujet,
                found=ecart.constat,
                remedy=ecart.remede,
            )
            self.alarm(ecart)

    def retry_held(self) -> int:
        """Put the held flux_list whose time has come back into ``incoming``; how many."""
        with self.espace.engine.begin() as conn:
            due = flux_store.due(conn, self.espace.now())
        if not due:
            return 0
        back = 0
        for entry in self.espace.spool.entries("hold"):
            if entry.ticket in due:
                with suppress(FileNotFoundError):  # an operator, or another process, relaunched it meanwhile
                    self.espace.spool.move(entry, "incoming")
                    back += 1
        return back

    def collect(self) -> int:
        """Take what is complete in every ``in``; how many flux_list were taken."""
        return self.collecte.collect()

    def drain(self, meanwhile: Callable[[], object] = lambda: None) -> list[Flux]:
        """Process ``incoming`` until nothing is left that is ours to take: new flux_list first.

        ``meanwhile`` is called after each.
        """
        done: list[Flux] = []
        refused: set[str] = set()  # claimed by other processes
        while entries := [e for e in self.espace.spool.entries("incoming") if e.ticket not in refused]:
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
            self._calling() as calling,
        ):
            reconciled, proved = -math.inf, self.espace.today()
            self.prove(complet=False)
            while True:
                self.wake.clear()
                if calling is not None and calling.done():
                    calling.result()  # a fault of ours: it must not end in silence
                if stop.is_set():  # after the clearing, so that a stop said meanwhile still wakes us
                    break
                if time.monotonic() - reconciled > collecte.bail:  # another process may have died
                    self.recover()
                    self._warm()
                    reconciled = time.monotonic()
                if self.espace.today() != proved:  # once a night, every byte is read again
                    self.releves.put_all(proved)
                    Retention(self.espace).prune()
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
    def _calling(self) -> Iterator[Future[None] | None]:
        """Servers are called in a thread of their own: a slow one never delays a judgement."""
        if not self.canaux.serveurs:
            yield None
            return
        self._halted.clear()
        with ThreadPoolExecutor(1, thread_name_prefix="canaux") as thread:
            try:
                yield thread.submit(self._call_for_ever)
            finally:
                self._halted.set()

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


def relaunch(espace: Espace, flux: Flux) -> Entry | None:
    """Put a held flux back into ``incoming`` with a clean slate; None when it is not held."""
    if flux.statut is not FluxStatut.EN_ATTENTE:
        return None
    queues = [entry for queue in ("hold", "incoming") for entry in espace.spool.entries(queue)]
    entry = next((e for e in queues if e.ticket == flux.ticket), None)
    if entry is None:
        return None
    with espace.engine.begin() as conn:
        flux_store.describe(conn, flux.id, tentatives=0)
    if entry.path.parent.parent.name == "incoming":  # relaunched already
        return entry
    return espace.spool.move(entry, "incoming")
