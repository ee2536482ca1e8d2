"""Where judgement runs: callers hand over a function and get a Future; they never ask where."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class JudgementEngine(Protocol):
    """Something that runs a picklable function, here or elsewhere."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run ``function``; what it raises comes back through the Future."""
        ...


class InProcess:
    """Judges in the calling process, at once."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        # As every executor does: whoever asks for the result gets it raised.
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future
