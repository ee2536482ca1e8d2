"""Where the time goes: the real functions of each stage, timed where they are called, then put back.

A stage is charged with what it does itself: while a stage inside it runs, its clock stands still. So the
parts of a lot add up to the whole of it.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

RESTE = "reste"


class Etape(NamedTuple):
    """One stage: its name, what accountants read, and the functions that do it, as ``module:name``."""

    nom: str
    libelle: str
    fonctions: tuple[str, ...]
    juge: bool = False  # a part of the judgement of one file, which workers may do


_CONDUITE = "edi.pipeline.conduite:Conduite"
ETAPES: tuple[Etape, ...] = (
    Etape(
        "prise",
        "prise et rangement du flux",
        (
            "edi.collecte:Collecte.collect",
            *(
                f"{_CONDUITE}.{name}"
                for name in ("claim", "take_on", "start", "describe", "let_go", "release")
            ),
            "edi.spool.stock:Stock.keep",
        ),
    ),
    Etape("ouverture", "ouverture de l'archive", ("edi.inbound.lot:open_lot",)),
    Etape(
        "lecture",
        "ouverture du document et XSD",
        ("edi.document:open_document", "edi.validators.schema:validate"),
        juge=True,
    ),
    Etape("officielles", "règles officielles", ("edi.validators.schematron.runner:apply_all",), juge=True),
    Etape(
        "contre_epreuve",
        "contre-épreuve de Saxon (échantillon)",
        ("edi.validators.schematron.saxon:run_part", "edi.validators.schematron.saxon:open_document"),
        juge=True,
    ),
    Etape("propres", "champs lus, règles de Navette", ("edi.judge:judge",), juge=True),
    Etape(
        "registre",
        "annuaire, mandats, doublons",
        ("edi.lots:judge_registry", "edi.annuaire.snapshot:take_snapshot", "edi.lifecycle.claims:reserve"),
    ),
    Etape("decision", "décision", ("edi.settlement.decision:Settlement.settle",)),
    Etape("emission", "réponses écrites", ("edi.pipeline.sortie:Sortie.emit",)),
    Etape(
        "base",
        "base de données",
        (
            "sqlalchemy.engine:Connection.execute",
            "sqlalchemy.engine:Connection.exec_driver_sql",
            "edi.store.journal:append",
        ),
    ),
    Etape(
        "validation",
        "base : validations sur le disque",
        ("sqlalchemy.engine.default:DefaultDialect.do_commit",),
    ),
    Etape(
        "fsync",
        "fichiers : fsync",
        ("edi.acts:sync_descriptor", "edi.acts:sync_many", "edi.acts:sync_folder"),
    ),
)
LIBELLES = {etape.nom: etape.libelle for etape in ETAPES} | {RESTE: "le reste"}
DISQUE = frozenset(("fsync", "validation"))  # the stages that wait for the disk
JUGEMENT = frozenset(etape.nom for etape in ETAPES if etape.juge)


class Duree(NamedTuple):
    """Time by the clock of the wall and by that of the processor, in seconds, and how often."""

    secondes: float = 0.0
    processeur: float = 0.0
    appels: int = 0

    def __add__(self, other: object) -> Duree:
        if not isinstance(other, Duree):
            return NotImplemented
        return Duree(
            self.secondes + other.secondes, self.processeur + other.processeur, self.appels + other.appels
        )

    def over(self, parts: int) -> Duree:
        """The same for one of some parts; how often stays."""
        return Duree(self.secondes / parts, self.processeur / parts, self.appels)


@dataclass
class Sonde:
    """A watch for one thread: the time since it began, by stage."""

    durees: dict[str, Duree] = field(default_factory=dict)
    _stack: list[str] = field(default_factory=lambda: [RESTE])
    _last: tuple[float, float] = (0.0, 0.0)
    _thread: int = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Time what this thread does; any other goes unseen."""
        with ExitStack() as hooks:
            for etape in ETAPES:
                for fonction in etape.fonctions:
                    hooks.enter_context(hooked(fonction, functools.partial(self._wrap, etape.nom)))
            self._thread, self._last = threading.get_ident(), _clocks()
            try:
                yield
            finally:
                self._charge()
                self._thread = 0

    def _charge(self) -> None:
        """Put what has passed since the last change on the account of the stage that is at work."""
        now = _clocks()
        nom = self._stack[-1]
        passed = Duree(now[0] - self._last[0], now[1] - self._last[1])
        self.durees[nom] = self.durees.get(nom, Duree()) + passed
        self._last = now

    def _enter(self, nom: str) -> None:
        self._charge()
        self._stack.append(nom)
        self.durees[nom] = self.durees.get(nom, Duree()) + Duree(appels=1)

    def _leave(self) -> None:
        self._charge()
        self._stack.pop()

    def _wrap(self, nom: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            if threading.get_ident() != self._thread:
                return function(*args, **named)
            self._enter(nom)
            try:
                made = function(*args, **named)
            finally:
                self._leave()
            return self._follow(nom, made) if isinstance(made, Iterator) and nom == "ouverture" else made

        return timed

    def _follow(self, nom: str, made: Iterator[Any]) -> Iterator[Any]:
        """What is made bit by bit is timed bit by bit."""
        while True:
            self._enter(nom)
            try:
                one = next(made)
            except StopIteration:
                return
            finally:
                self._leave()
            yield one


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.thread_time()


@contextmanager
def hooked(fonction: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """A function or a method replaced wherever a module of edi knows it, and put back.

    ``fonction``: ``module:name`` or ``module:Class.method``. Raises AttributeError when there is none.
    """
    module, _, path = fonction.partition(":")
    owner: Any = import_module(module)
    *classes, name = path.split(".")
    for nom in classes:
        owner = getattr(owner, nom)
    original = getattr(owner, name)
    own = name in vars(owner)
    wrapped = wrap(original)
    homes = [owner] if classes else list(_holders(name, original))
    for home in homes:
        setattr(home, name, wrapped)
    try:
        yield
    finally:
        for home in homes:
            if own:
                setattr(home, name, original)
            else:
                delattr(home, name)


def _holders(name: str, function: object) -> Iterable[Any]:
    """The modules in which that name is that function."""
    known = list(sys.modules.items())
    return (
        module
        for nom, module in known
        if (nom == "edi" or nom.startswith("edi.")) and vars(module).get(name) is function
    )
