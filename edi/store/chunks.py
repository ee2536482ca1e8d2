"""Cutting the values of an IN list, so that a whole lot costs one query and no driver refuses it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import CTE, Column, Connection, column, func, select, values

T = TypeVar("T", int, str)
IN_CHUNK = 5_000  # SQLite takes 32,766 parameters


def in_chunks(values: Collection[T]) -> Iterator[list[T]]:
    """The values in order, ``IN_CHUNK`` at a time; nothing at all when there is none."""
    ordered = sorted(values)
    for start in range(0, len(ordered), IN_CHUNK):
        yield ordered[start : start + IN_CHUNK]


def as_rows(conn: Connection, columns: Sequence[Column[Any]], rows: Collection[Sequence[Any]]) -> CTE:
    """Rows of our own to join a table with, along its index; for an IN of them SQLite goes through it all.

    Values are texts and whole numbers. SQLite gets them as one text of JSON, so that the statement is the
    same for any number of rows and is made once.
    """
    if conn.dialect.name == "sqlite":
        told = func.json_each(json.dumps([list(row) for row in rows])).table_valued("value")
        parts = (func.json_extract(told.c.value, f"$[{place}]") for place in range(len(columns)))
        return select(*(part.label(one.name) for part, one in zip(parts, columns, strict=True))).cte("cle")
    named = (column(one.name, one.type) for one in columns)
    return values(*named, name="cle").data([tuple(row) for row in rows]).cte("cle")
