"""Cutting the values of an IN list, so that a whole lot costs one query and no driver refuses it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import CTE, Column, column, values

T = TypeVar("T", int, str)
IN_CHUNK = 5_000  # SQLite takes 32,766 parameters


def in_chunks(values: Collection[T]) -> Iterator[list[T]]:
    """The values in order, ``IN_CHUNK`` at a time; nothing at all when there is none."""
    ordered = sorted(values)
    for start in range(0, len(ordered), IN_CHUNK):
        yield ordered[start : start + IN_CHUNK]


def as_rows(columns: Sequence[Column[Any]], rows: Collection[Sequence[Any]]) -> CTE:
    """Rows of our own to join a table with, along its index; for an IN of them SQLite goes through it all."""
    named = (column(one.name, one.type) for one in columns)
    return values(*named, name="cle").data([tuple(row) for row in rows]).cte("cle")
