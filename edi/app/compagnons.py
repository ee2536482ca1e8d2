"""Threads beside the one that judges: each lasts as long as its ``with``, and none can delay or stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from edi.assemblage import make_console
from edi.engine import JudgementEngine
from edi.espace import Espace, real_now
from edi.observation.guichet import Guichet
from edi.observation.sante import Moteur, Sante
from edi.pipeline import Pipeline
from edi.presence import Presence
from edi.validators.schematron.confiance import COMPILED

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


@contextmanager
def at_work(presence: Presence) -> Iterator[None]:
    """Be present, with a heartbeat in a thread of its own: a long judgement must not pass for a death."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(presence.ttl.total_seconds() / 4):
            try:
                if not presence.beat(real_now()):
                    log.warning("thought_dead", process=presence.name)
            except SQLAlchemyError:  # a database that is away comes back, or our claims become void
                log.exception("heartbeat_failed")

    pulse = threading.Thread(target=beat, name="pouls", daemon=True)
    with presence.at_work(real_now):
        pulse.start()
        try:
            yield
        finally:
            ended.set()
            pulse.join()


@contextmanager
def watching(espace: Espace, wake: threading.Event) -> Iterator[None]:
    """Let what happens in the folders of deposits end a wait early."""

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
    for appli in espace.settings.partenaires:
        try:
            for folder in ("in", "test"):
                observer.schedule(Wake(), str(espace.spool.inbox(appli, folder)))
        except OSError:  # no watch to be had (the system counts them): the scan alone finds deposits
            log.exception("deposit_folder_not_watched", appli=appli)
    try:
        yield
    finally:
        observer.stop()
        observer.join()


@contextmanager
def answering(espace: Espace, engine: JudgementEngine) -> Iterator[Sante | None]:
    """Answer probes in threads of their own; one that cannot be answered delays and stops nothing."""
    settings = espace.settings
    if not settings.observation.adresse:
        yield None
        return
    names = [serveur.nom for serveur in settings.serveurs]
    sante = Sante(
        espace.engine,
        espace.spool,
        names,
        espace.now,
        lambda: Moteur(engine.stopped, *engine.effectif),
    )
    sante.compilateur = COMPILED.compiler
    try:
        guichet = Guichet(settings.observation.adresse, sante)
    except OSError as error:  # another process answers there, or there is no such address
        log.error("observation_not_served", address=settings.observation.adresse, why=str(error))
        yield None
        return
    probes = threading.Thread(target=guichet.serve_forever, name="observation", daemon=True)
    probes.start()
    try:
        yield sante
    finally:
        guichet.shutdown()
        guichet.server_close()
        probes.join()


@contextmanager
def showing(espace: Espace, pipeline: Pipeline) -> Iterator[None]:
    """Show the operators' pages in threads of their own; one that fails delays and stops nothing."""
    adresse = espace.settings.console.adresse
    if not adresse:
        yield
        return
    from edi.console.serveur import ServeurConsole  # slow to load, and not everybody has a console

    try:
        serveur = ServeurConsole(make_console(espace, pipeline))
    except OSError as error:  # another process answers there, or there is no such address
        log.error("console_not_served", address=adresse, why=str(error))
        yield
        return
    pages = threading.Thread(target=serveur.serve, name="console", daemon=True)
    pages.start()
    try:
        yield
    finally:
        serveur.stop()
        pages.join()
