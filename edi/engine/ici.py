"""Judgement in the calling process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from edi.engine.contrat import Effectif

T = TypeVar("T")


class InProcess:
    """Judges in the calling process, at once; no deadline can be kept here."""

    window = 1
    stopped = 0
    effectif = Effectif(1)

    def submit(self, function: Callable[..., T], /, *args: Any, weight: int = 0) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function(*args))
        # As every executor does: whoever asks for the result gets it raised.
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing was started."""
