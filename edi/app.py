"""The composition root: settings become a store, a pipeline, a watcher. The only threads and clocks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path

import structlog
from sqlalchemy import Engine
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from edi.canaux import Bilan, Canaux
from edi.engine import InProcess, JudgementEngine, LocalWorkers
from edi.inbound.distant import Ennui
from edi.inbound.ready import Stamp, Tracker, is_candidate
from edi.model import Flux, FluxStatut, Serveur, Severity
from edi.outbound.emit import Emitter
from edi.pipeline import Listen, Pipeline
from edi.settings import Settings, SettingsRefused, read_settings
from edi.spool import Entry, Spool
from edi.store import flux as flux_store
from edi.store import livraisons
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
    alone = threading.Lock()  # files are pulled over several connections

    def give(appli: str) -> str:
        nonlocal last
        with alone:
            last = max(last + 1, time.time_ns())
            return f"{last:020d}-{appli}"

    return give


def make_engine(settings: Settings) -> JudgementEngine:
    """The engine that the configuration asks for; worker processes start at their first use."""
    moteur = settings.moteur
    if moteur.mode == "in_process":
        return InProcess()
    return LocalWorkers(moteur.travailleurs or os.cpu_count() or 1, moteur.delai, moteur.delai_par_mo)


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
    """A workspace at work; the caller holds ``espace.spool.lock()``, so that nobody else works there."""

    espace: Espace
    listen: Listen = lambda flux, done: None
    settled: Callable[[Flux], None] = lambda flux: None  # told every flux that was taken as far as it goes
    wake: threading.Event = field(default_factory=threading.Event)  # set it to end a wait early
    ennuis: list[Ennui] = field(default_factory=list)  # what did not work on servers
    _trackers: dict[str, Tracker] = field(default_factory=dict)
    _give_ticket: Callable[[str], str] = field(default_factory=tickets)
    _halted: threading.Event = field(default_factory=threading.Event)  # the servers are left as they are

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
        self.canaux = Canaux(
            root=self.espace.root,
            serveurs=settings.serveurs,
            deposants=dict(settings.deposants),
            limite=settings.limites.flux,
            spool=self.espace.spool,
            base=self.espace.engine,
            give_ticket=self._give_ticket,
            make=self.pipeline.make,
            now=self.espace.now,
            pause=self._pause,
            side_by_side=side_by_side,
            halted=self._halted.is_set,
        )

    # -- one pass -----------------------------------------------------------------------------------------

    def run_once(self) -> list[Flux]:
        """Collect, process, emit: everything that is complete now, and everything left by an interruption."""
        with closing(self.pipeline.engine):
            return self._run_once()

    def _run_once(self) -> list[Flux]:
        self.recover()
        self.pull()
        self.retry_held()
        done = self.drain()
        for rank in range(self.espace.settings.collecte.observations):
            if not self._waiting():
                break
            if rank:  # two looks at one file are always a step apart, whatever else was taken between them
                time.sleep(self.espace.settings.collecte.pas)
            self.collect()
            done += self.drain()
        self.pipeline.emit()
        self.push()
        return done

    def pull(self, serveurs: Sequence[Serveur] | None = None, *, forced: bool = False) -> Bilan:
        """One call of some servers, of all by default."""
        bilan = self.canaux.call(self.canaux.serveurs if serveurs is None else serveurs, forced=forced)
        self.ennuis += bilan.ennuis
        return bilan

    def push(self) -> Bilan:
        """Call again the servers that something has just become ready for."""
        with self.espace.engine.begin() as conn:
            ready = [
                serveur
                for serveur in self.canaux.serveurs
                if livraisons.pending(conn, serveur.served, self.espace.now())
            ]
        bilan = self.canaux.call(ready, take=False)
        self.ennuis += bilan.ennuis
        return bilan

    def _pause(self, seconds: float) -> None:
        self._halted.wait(seconds)

    def recover(self) -> None:
        """Put the spool in order after an interruption: half-written copies go, active flux_list resume."""
        self.espace.spool.clear_aside()
        self.canaux.recover()
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
        taken = 0
        for appli, deposant in sorted(self.espace.settings.deposants.items()):
            tracker = self._trackers.get(appli)
            if tracker is None:
                polls = 1 if deposant.readiness == "renommage" else self.espace.settings.collecte.observations
                tracker = self._trackers[appli] = Tracker(polls)
            for nom in tracker.observe(self._candidates(appli)):
                entry = self.espace.spool.take(appli, nom, self._give_ticket(appli))
                taken += entry is not None
        return taken

    def drain(self) -> list[Flux]:
        """Process ``incoming``, oldest first, until it is empty."""
        done = []
        while entries := self.espace.spool.entries("incoming"):
            for entry in entries:
                done.append(self.pipeline.process(entry))
                self.settled(done[-1])
        return done

    def _candidates(self, appli: str) -> dict[str, Stamp]:
        try:
            listing = self.espace.spool.listing(appli)
        except OSError:  # one missing or closed folder must not keep the other déposants waiting
            log.exception("deposit_folder_unreadable", appli=appli)
            return {}
        return {nom: Stamp(*stamp) for nom, stamp in listing.items() if is_candidate(nom)}

    def _waiting(self) -> bool:
        return any(self._candidates(appli) for appli in self.espace.settings.deposants)

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
        with closing(self.pipeline.engine), self._watch(), self._calling() as calling:
            while True:
                self.wake.clear()
                if calling is not None and calling.done():
                    calling.result()  # a fault of ours: it must not end in silence
                if stop.is_set():  # after the clearing, so that a stop said meanwhile still wakes us
                    break
                self.collect()
                done += self.drain()
                if until_idle and not self._waiting():
                    break
                if time.monotonic() - retried > collecte.reprise:
                    self.retry_held()
                    self.pipeline.emit()
                    retried = time.monotonic()
                # While something lies there that is not still yet, look again at the observation's pace.
                if self._waiting():
                    stop.wait(collecte.pas)
                else:
                    self.wake.wait(collecte.intervalle)
        return [] if not until_idle else done

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
            if self.canaux.call(turn).prises:
                self.wake.set()
            self._halted.wait(min(1.0, *(s.intervalle for s in self.canaux.serveurs)))

    @contextmanager
    def _watch(self) -> Iterator[None]:
        wake = self.wake

        class Wake(FileSystemEventHandler):
            """Events that may mean a new deposit; our own scans open folders and must not wake us."""

            def on_created(self, event: FileSystemEvent) -> None:
                wake.set()

            on_moved = on_closed = on_created

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
