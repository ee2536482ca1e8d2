"""Figures that cost something, kept for a moment: however many look at them, the database is asked once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memoire:
    """Values by key, each for ``duree`` seconds; of several that ask at once, one computes."""

    def __init__(self, duree: float) -> None:
        self._duree = duree
        self._alone = threading.Lock()
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of a key; ``compute`` makes it when it is too old. What it raises is not kept."""
        with self._alone:
            at = time.monotonic()
            known = self._kept.get(key)
            if known is not None and at - known[0] < self._duree:
                kept: T = known[1]
                return kept
            value = compute()
            self._kept = {k: v for k, v in self._kept.items() if at - v[0] < self._duree}
            self._kept[key] = (at, value)
            return value
