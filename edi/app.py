"""The composition root: settings become a store, a pipeline, a watcher. The only threads and clocks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path

import structlog
from sqlalchemy import Engine
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from edi.collecte import Collecte, Rythme
from edi.engine import InProcess, JudgementEngine, LocalWorkers
from edi.model import Flux, FluxStatut, Severity
from edi.outbound.emit import Emitter
from edi.pipeline import Listen, Pipeline
from edi.settings import Settings, SettingsRefused, read_settings
from edi.spool import Entry, Spool
from edi.store import flux as flux_store
from edi.store.database import open_database, upgrade
from edi.validators.catalogue import DOCUMENT_RULES, DOUBLON_RULES, REGISTRY_RULES
from edi.validators.scenarios import INTERFACES

log = structlog.get_logger()

CONFIG = Path("config", "edi.toml")


@dataclass(frozen=True)
class Espace:
    """A workspace: its settings, its database, its spool, its clock."""

    root: Path
    settings: Settings
    engine: Engine
    spool: Spool

    def now(self) -> datetime:
        """This instant, by the clock of :func:`now`."""
        return now(self.settings)

    def today(self) -> date:
        """This day, in the zone of the platform."""
        return self.now().date()


def now(settings: Settings) -> datetime:
    """This instant, in the zone of the platform; the rehearsal's instant when one is set."""
    return (settings.essais.horloge or datetime.now(settings.fuseau)).astimezone(settings.fuseau)


def open_espace(root: Path) -> Espace:
    """Open the workspace of a folder, and make what it lacks.

    Raises SettingsRefused; FileNotFoundError when there is none.
    """
    espace = _describe(root)
    upgrade(espace.engine)
    espace.spool.create(sorted(espace.settings.deposants))
    return espace


def look_into(root: Path) -> Espace:
    """The workspace of a folder as it is: nothing is made, nothing is brought up to date.

    Raises SettingsRefused; FileNotFoundError when there is none, or when its database was never made.
    """
    espace = _describe(root)
    url = espace.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise FileNotFoundError(url.database)
    return espace


def _describe(root: Path) -> Espace:
    if not (root / CONFIG).is_file():
        raise FileNotFoundError(root / CONFIG)
    settings = read_settings(root / CONFIG)
    _check_severities(settings, root / CONFIG)
    base = open_database(settings.espace.base, root)
    return Espace(root, settings, base, Spool(root / settings.espace.spool))


def _check_severities(settings: Settings, origin: Path) -> None:
    """Only a rule that warns or rejects may be made milder or stricter. Raises SettingsRefused."""
    settable = (Severity.WARNING, Severity.ERROR)
    rules = (*DOCUMENT_RULES, *REGISTRY_RULES, *DOUBLON_RULES)
    legal = {rule.card.code for rule in rules if rule.card.severity in settable}
    for code in settings.politique.severites:
        if code not in legal:
            near = ", ".join(get_close_matches(code, sorted(legal), n=3)) or "voir « edi rules list »"
            raise SettingsRefused(
                f"{origin} : la clé « politique.severites » nomme « {code} », dont la gravité ne se règle "
                f"pas ; codes réglables proches : {near}"
            )


def tickets() -> Callable[[str], str]:
    """Ticket names that sort in the order they were given out, even if the clock steps back."""
    last = 0

    def give(appli: str) -> str:
        nonlocal last
        last = max(last + 1, time.time_ns())
        return f"{last:020d}-{appli}"

    return give


def make_engine(settings: Settings) -> JudgementEngine:
    """The engine that the configuration asks for; worker processes start at their first use."""
    moteur = settings.moteur
    if moteur.mode == "in_process":
        return InProcess()
    return LocalWorkers(moteur.travailleurs or os.cpu_count() or 1, moteur.delai, moteur.delai_par_mo)


@dataclass
class App:
    """A workspace at work; the caller holds ``espace.spool.lock()``, so that nobody else works there."""

    espace: Espace
    listen: Listen = lambda flux, done: None
    settled: Callable[[Flux], None] = lambda flux: None  # told every flux that was taken as far as it goes
    wake: threading.Event = field(default_factory=threading.Event)  # set it to end a wait early
    _next_look: float = 0.0  # before that instant, flux_list at work come first

    def __post_init__(self) -> None:
        settings = self.espace.settings
        self.pipeline = Pipeline(
            spool=self.espace.spool,
            base=self.espace.engine,
            engine=make_engine(settings),
            deposants=settings.deposants,
            interfaces=INTERFACES,
            limites=settings.as_limites(),
            politique=settings.as_politique(),
            emitter=Emitter(
                settings.plateforme.code_appli,
                settings.plateforme.libelle,
                settings.fuseau,
                settings.cycle_de_vie.statut_rejet,
            ),
            tentatives=settings.collecte.tentatives,
            now=self.espace.now,
            listen=self.listen,
        )
        self.collecte = Collecte(
            spool=self.espace.spool,
            base=self.espace.engine,
            deposants=settings.deposants,
            limites=settings.as_limites(),
            rythme=Rythme(
                settings.collecte.observations, settings.collecte.pas, settings.collecte.attente_max
            ),
            now=self.espace.now,
            monotonic=time.monotonic,
            give_ticket=tickets(),
            taken=self.pipeline.receive,
        )

    # -- one pass -----------------------------------------------------------------------------------------

    def run_once(self) -> list[Flux]:
        """Collect, process, emit: everything that is complete now, and everything left by an interruption."""
        with closing(self.pipeline.engine):
            return self._run_once()

    def _run_once(self) -> list[Flux]:
        self.recover()
        self.retry_held()
        done = self.drain()
        for rank in range(self.espace.settings.collecte.observations):
            if rank:  # two looks at one file are always a step apart, whatever else was taken between them
                time.sleep(self.espace.settings.collecte.pas)
            self.collect()
            done += self.drain()
            if not self.collecte.moving:
                break
        self.pipeline.emit()
        return done

    def recover(self) -> None:
        """Put the spool in order after an interruption: half-written copies go, active flux_list resume."""
        self.espace.spool.clear_aside()
        self.collecte.recover()
        for entry in self.espace.spool.entries("active"):
            log.info("flux_resumed", ticket=entry.ticket)
            self.espace.spool.move(entry, "incoming")

    def retry_held(self) -> None:
        """Give held flux_list another try, unless we have failed them too often."""
        for entry in self.espace.spool.entries("hold"):
            with self.espace.engine.begin() as conn:
                flux = flux_store.find_by_ticket(conn, entry.ticket)
            if flux is not None and flux.tentatives < self.espace.settings.collecte.tentatives:
                with suppress(FileNotFoundError):  # an operator relaunched it while we looked
                    self.espace.spool.move(entry, "incoming")

    def collect(self) -> int:
        """Take what is complete in every ``in``; how many flux_list were taken."""
        return self.collecte.collect()

    def drain(self, meanwhile: Callable[[], object] = lambda: None) -> list[Flux]:
        """Process ``incoming``, oldest first, until it is empty; ``meanwhile`` is called after each."""
        done = []
        while entries := self.espace.spool.entries("incoming"):
            for entry in entries:
                done.append(self.pipeline.process(entry))
                self.settled(done[-1])
                meanwhile()
        return done

    # -- for ever -----------------------------------------------------------------------------------------

    def serve(self, stop: threading.Event, *, until_idle: bool = False) -> list[Flux]:
        """Watch every ``in`` until ``stop`` is set, or until nothing is left when ``until_idle``.

        Events only wake us sooner: the scan decides, and it runs every ``collecte.intervalle`` seconds.
        """
        collecte = self.espace.settings.collecte
        self.recover()
        self.retry_held()
        done = self.drain()
        self.pipeline.emit()
        retried = time.monotonic()
        with closing(self.pipeline.engine), self._watch():
            while True:
                self.wake.clear()
                if stop.is_set():  # after the clearing, so that a stop said meanwhile still wakes us
                    break
                self.collect()
                done += self.drain(self._collect_meanwhile)
                if until_idle and not self.collecte.moving:
                    break
                if time.monotonic() - retried > collecte.reprise:
                    self.retry_held()
                    self.pipeline.emit()
                    retried = time.monotonic()
                # While something lies there that is not still yet, look again at the observation's pace; a
                # look that an event brings sooner takes what is complete, and does not count for stillness.
                self.wake.wait(collecte.pas if self.collecte.moving else collecte.intervalle)
        return [] if not until_idle else done

    def _collect_meanwhile(self) -> None:
        """Between two flux_list, take what came; at most half of our time goes into looking."""
        began = time.monotonic()
        if began >= self._next_look:
            self.collect()
            now = time.monotonic()
            self._next_look = now + (now - began)

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
        for appli in self.espace.settings.deposants:
            try:
                observer.schedule(Wake(), str(self.espace.spool.inbox(appli)))
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
