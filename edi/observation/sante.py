"""Is a server ready, and what does it measure? Asked from threads of its own; nothing is written."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from edi.observation.metriques import make, of_figures, of_process
from edi.spool import Spool
from edi.store.database import reading
from edi.store.mesures import Mesures, measure

log = structlog.get_logger()

FRAICHEUR = 5.0  # seconds for which figures serve again: however many ask, the database is asked no oftener


class Moteur(NamedTuple):
    """How the workers that judge stand."""

    arrets: int  # that were stopped
    aptes: int
    ecartes: int  # that are there and must not judge


@dataclass(eq=False)
class Sante(Collector):
    """How a process stands, for whoever asks."""

    base: Engine
    spool: Spool
    serveurs: Sequence[str]
    now: Callable[[], datetime]
    moteur: Callable[[], Moteur]  # of this process
    echauffement: Future[Any] | None = None  # a sample under judgement; None: not begun
    compilateur: str = ""  # of official sheets
    coordonne: bool = False  # did this process judge when it looked last? told by whoever runs it
    _alone: threading.Lock = field(default_factory=threading.Lock)
    _seen: tuple[float, datetime, Mesures] | None = None
    _took: float = 0.0

    @property
    def is_cold(self) -> bool:
        """True until a sample is under judgement, and again when it could not be judged."""
        warming = self.echauffement
        return warming is None or (warming.done() and warming.exception() is not None)

    def missing(self) -> tuple[str, ...]:
        """Why this process is not ready, in French; nothing when it is."""
        return tuple(why for why in (self._cold(), self._baseless(), self._full()) if why)

    def _cold(self) -> str:
        warming = self.echauffement
        if warming is None or not warming.done():
            return "règles : le moteur s'échauffe"
        failure = warming.exception()
        return "" if failure is None else f"règles : l'échantillon n'a pas pu être jugé ({failure})"

    def _baseless(self) -> str:
        try:
            with reading(self.base) as conn:
                conn.execute(select(1))
        except SQLAlchemyError as error:
            log.warning("database_not_ready", why=str(error).splitlines()[0])
            return "base : elle ne répond pas"
        return ""

    def _full(self) -> str:
        try:
            self.spool.try_writing()
        except OSError as error:
            return f"spool : rien ne peut y être écrit ({error.strerror})"
        return ""

    # -- measures -----------------------------------------------------------------------------------------

    def expose(self) -> bytes:
        """Every metric, in the text form of Prometheus."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Called at each scrape; what the database does not tell is left out."""
        try:
            at, seen = self._measure()
        except SQLAlchemyError as error:
            log.warning("not_measured", why=str(error).splitlines()[0])
            yield from of_process(pret=False, base=False, coordonne=self.coordonne, **self.moteur()._asdict())
            return
        pret = not self.missing()
        yield from of_process(pret=pret, base=True, coordonne=self.coordonne, **self.moteur()._asdict())
        yield make("navette_mesure_secondes", [((), self._took)])
        yield from of_figures(seen, at)

    def _measure(self) -> tuple[datetime, Mesures]:
        with self._alone:
            began = time.monotonic()
            if self._seen is None or began - self._seen[0] >= FRAICHEUR:
                at = self.now()
                with reading(self.base) as conn:
                    seen = measure(conn, at, self.serveurs, self.compilateur)
                self._took = time.monotonic() - began
                self._seen = (began, at, seen)
            return self._seen[1:]
