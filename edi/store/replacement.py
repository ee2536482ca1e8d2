"""Replacing all the rows of a table by others, inside the caller's transaction.

The new rows go through a temporary table and are compared there, in SQL from end to end: whatever their
number, memory holds a few thousand of them, and only what differs is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)

CHUNK = 5_000  # rows of one executemany
REPETITIONS = 20  # told at most


class Difference(NamedTuple):
    """What a replacement changed; ``lignes`` counts the rows it brought."""

    lignes: int
    ajoutees: int
    modifiees: int
    supprimees: int


class Repetition(NamedTuple):
    """A key that was brought more than once, with the first and the last line that bring it."""

    cle: tuple[str, ...]
    premiere: int
    derniere: int


class KeysRepeated(Exception):
    """Several rows were brought for one key, and none can be preferred. Nothing was changed."""

    def __init__(self, repetitions: Sequence[Repetition]) -> None:
        super().__init__(f"keys brought more than once: {[repetition.cle for repetition in repetitions]}")
        self.repetitions = tuple(repetitions)


def replace_rows(conn: Connection, table: Table, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Difference:
    """Make ``rows``, each with the line it comes from, all that ``table`` holds. Raises KeysRepeated."""
    with _temporary_copy(conn, table) as arrivals:
        lignes = _fill(conn, arrivals, rows)
        _refuse_repeated_keys(conn, arrivals, [arrivals.c[column.name] for column in table.primary_key])
        same_key = and_(*(column == arrivals.c[column.name] for column in table.primary_key))
        pairs = [(column, arrivals.c[column.name]) for column in table.c if not column.primary_key]
        differs = or_(*(old.is_distinct_from(new) for old, new in pairs))
        same_row = and_(same_key, *(old.is_not_distinct_from(new) for old, new in pairs))
        changed = select(func.count()).select_from(table).join(arrivals, same_key).where(differs)
        modifiees = conn.execute(changed).scalar_one()
        kept = exists(select(literal(1)).select_from(arrivals).where(same_row).correlate(table))
        deleted = conn.execute(delete(table).where(~kept)).rowcount
        present = exists(select(literal(1)).select_from(table).where(same_key).correlate(arrivals))
        names = [column.name for column in table.c]
        missing = select(*(arrivals.c[name] for name in names)).where(~present)
        inserted = conn.execute(insert(table).from_select(names, missing)).rowcount
    return Difference(lignes, inserted - modifiees, modifiees, deleted - modifiees)


@contextmanager
def _temporary_copy(conn: Connection, table: Table) -> Iterator[Table]:
    """An empty table of this connection alone, shaped as ``table``, with the line each row comes from."""
    columns: list[Column[Any]] = [Column(column.name, column.type) for column in table.c]
    line: Column[Any] = Column("ligne", Integer)
    copy = Table(f"{table.name}_arrivee", MetaData(), line, *columns, prefixes=["TEMPORARY"])
    copy.drop(conn, checkfirst=True)  # left on this connection by a replacement that failed
    copy.create(conn, checkfirst=False)
    yield copy
    copy.drop(conn)


def _fill(conn: Connection, arrivals: Table, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> int:
    """Insert the rows chunk by chunk and return their number."""
    lignes = 0
    remaining = iter(rows)
    while chunk := [{"ligne": line, **row} for line, row in islice(remaining, CHUNK)]:
        conn.execute(insert(arrivals), chunk)
        lignes += len(chunk)
    return lignes


def _refuse_repeated_keys(conn: Connection, arrivals: Table, key: list[Column[Any]]) -> None:
    Index(f"ix_{arrivals.name}_cle", *key).create(conn)  # after the rows: much faster than before
    first, last = func.min(arrivals.c.ligne), func.max(arrivals.c.ligne)
    repeated = select(first, last, *key).group_by(*key).having(func.count() > 1)
    found = conn.execute(repeated.order_by(first).limit(REPETITIONS)).all()
    if found:
        raise KeysRepeated([Repetition(tuple(cle), first, last) for first, last, *cle in found])
