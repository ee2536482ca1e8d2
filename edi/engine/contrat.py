"""What every engine promises, and how it says that it could not keep it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol, TypeVar

from edi.model import Card, Severity

T = TypeVar("T")

MOTEUR = Card(
    "EDI-MOTEUR-01",
    Severity.HOLD,
    "",
    "Règle propre à Navette : une panne du contrôle n'est jamais un rejet",
    "Le fichier « {value} » n'a pas pu être contrôlé : {raison}.",
    "Rien à faire pour le déposant : le fichier attend d'être contrôlé de nouveau par la plateforme.",
)


class EngineFailed(Exception):
    """The machinery failed, not the document; the message says how, in French."""


class EngineAway(EngineFailed):
    """There is nobody to judge now, whatever the document: the cluster is away, or lost on the way."""


class Effectif(NamedTuple):
    """The workers that an engine has."""

    aptes: int  # that judge
    ecartes: int = 0  # that are there and must not judge: other rules, another version


class JudgementEngine(Protocol):
    """Something that runs a picklable function, here or elsewhere."""

    @property
    def window(self) -> int:
        """How many submissions are worth having under way at once; 1 where each is over when it returns."""
        ...

    @property
    def stopped(self) -> int:
        """Workers that died, or were ended when their time was over."""
        ...

    @property
    def effectif(self) -> Effectif:
        """The workers as they were last seen."""
        ...

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        """Run ``function(*args)``; what it raises comes back through the Future.

        ``weight`` is the size of the work in bytes: the larger, the longer it may take. The Future raises
        EngineFailed when the worker died or its time was over, EngineAway when nobody could be asked.
        """
        ...

    def close(self) -> None:
        """Let go of whatever was started; the engine may be used again."""
        ...


def fail(error: BaseException) -> Future[Any]:
    """A Future that has failed already."""
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def finish(value: T) -> Future[T]:
    """A Future that has its result already."""
    future: Future[T] = Future()
    future.set_result(value)
    return future
