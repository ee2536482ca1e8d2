"""Cutting the values of an IN list, so that a whole lot costs one query and no driver refuses it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar

T = TypeVar("T", int, str)
IN_CHUNK = 5_000  # SQLite takes 32,766 parameters


def in_chunks(values: Collection[T]) -> Iterator[list[T]]:
    """The values in order, ``IN_CHUNK`` at a time; nothing at all when there is none."""
    ordered = sorted(values)
    for start in range(0, len(ordered), IN_CHUNK):
        yield ordered[start : start + IN_CHUNK]
