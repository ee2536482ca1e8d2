"""Figures that cost something, kept for a moment: however many look at them, the database is asked once."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Later = Callable[[Callable[[], object]], object]  # has something done once the page is on its way


class _Gardee(NamedTuple):
    le: float
    valeur: Any


class Memoire:
    """Values by key, each fresh for ``fraicheur`` seconds; up to ``limite`` it serves while it is renewed."""

    def __init__(self, fraicheur: float, limite: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._fraicheur, self._limite, self._clock = fraicheur, limite, clock
        self._kept: dict[Hashable, _Gardee] = {}
        self._alone: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def get(self, key: Hashable, compute: Callable[[], T], later: Later) -> T:
        """The value of a key, made by ``compute`` where none serves; what that raises is not kept."""
        known = self._kept.get(key)
        age = self._limite if known is None else self._clock() - known.le
        if known is None or age >= self._limite:
            return self._make(key, compute)
        if age >= self._fraicheur:
            later(lambda: self._make(key, compute))
        kept: T = known.valeur
        return kept

    def _make(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Of several that come at once, one computes and the others take what it found."""
        with self._alone[key]:
            known, at = self._kept.get(key), self._clock()
            if known is not None and at - known.le < self._fraicheur:
                kept: T = known.valeur
                return kept
            value = compute()
            fresh = {k: v for k, v in self._kept.items() if at - v.le < self._limite}
            self._kept = {**fresh, key: _Gardee(self._clock(), value)}
            return value
