"""Replacing all the rows of a table by others, inside the caller's transaction.

The new rows go through a temporary table and are compared there, in SQL from end to end: whatever their
number, memory holds a few thousand of them, and only what differs is written. Rows that go, or that read
otherwise from now on, are kept in a table of the past: who reads it knows how things stood after any import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
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

from edi.store.masse import write_rows

CHUNK = 5_000  # rows of one executemany
REPETITIONS = 20  # told at most
EXEMPLES = 5  # of each kind of change
DEPUIS, JUSQU_A = "depuis", "jusqu_a"  # the import since which a row reads so; the one that ended it


class Exemple(NamedTuple):
    """One row that was changed, by its key; ``champs`` are the columns that differ."""

    cle: tuple[str, ...]
    champs: tuple[str, ...] = ()


class Difference(NamedTuple):
    """What a replacement changed; ``lignes`` counts the rows it brought."""

    lignes: int
    ajoutees: int
    modifiees: int
    supprimees: int
    fermees: int = 0  # of those modified: active before, no longer now
    exemples: Mapping[str, tuple[Exemple, ...]] = {}  # by kind: ajoutees, modifiees, supprimees, fermees


class Repetition(NamedTuple):
    """A key that was brought more than once, with the first and the last line that bring it."""

    cle: tuple[str, ...]
    premiere: int
    derniere: int


class Histoire(NamedTuple):
    """Where the rows that a replacement ends are kept, and the import that ends them."""

    passe: Table
    import_id: int


class KeysRepeated(Exception):
    """Several rows were brought for one key, and none can be preferred. Nothing was changed."""

    def __init__(self, repetitions: Sequence[Repetition]) -> None:
        super().__init__(f"keys brought more than once: {[repetition.cle for repetition in repetitions]}")
        self.repetitions = tuple(repetitions)


def replace_rows(
    conn: Connection,
    table: Table,
    rows: Iterable[tuple[int, Mapping[str, Any]]],
    active: str,
    histoire: Histoire,
) -> Difference:
    """Make ``rows``, each with the line it comes from, all that ``table`` holds. Raises KeysRepeated.

    ``active`` is the column that says whether a row is in force, so that closures are told apart.
    """
    with _temporary_copy(conn, table) as arrivals:
        lignes = _fill(conn, arrivals, rows)
        _refuse_repeated_keys(conn, arrivals, [arrivals.c[column.name] for column in table.primary_key])
        same_key = and_(*(column == arrivals.c[column.name] for column in table.primary_key))
        pairs = [(column, arrivals.c[column.name]) for column in _told(table) if not column.primary_key]
        differs = or_(*(old.is_distinct_from(new) for old, new in pairs))
        same_row = and_(same_key, *(old.is_not_distinct_from(new) for old, new in pairs))
        changed = select(table, *(new.label(f"new_{old.name}") for old, new in pairs)).join(
            arrivals, same_key
        )
        changed = changed.where(differs)
        closed = changed.where(table.c[active], ~arrivals.c[active])
        modifiees, fermees = (_count(conn, query) for query in (changed, closed))
        kept = exists(select(literal(1)).select_from(arrivals).where(same_row).correlate(table))
        known = exists(select(literal(1)).select_from(arrivals).where(same_key).correlate(table))
        present = exists(select(literal(1)).select_from(table).where(same_key).correlate(arrivals))
        names = [column.name for column in _told(table)]
        missing = select(*(arrivals.c[name] for name in names)).where(~present)
        exemples = {
            "ajoutees": _sample(conn, table, missing),
            "modifiees": _sample(conn, table, changed),
            "fermees": _sample(conn, table, closed),
            "supprimees": _sample(conn, table, select(table).where(~known)),
        }
        _keep_past(conn, table, ~kept, histoire)
        deleted = conn.execute(delete(table).where(~kept)).rowcount
        since = missing.add_columns(literal(histoire.import_id))
        arrive = insert(table).from_select([*names, DEPUIS], since).execution_options(preserve_rowcount=True)
        inserted = conn.execute(arrive).rowcount
    return Difference(lignes, inserted - modifiees, modifiees, deleted - modifiees, fermees, exemples)


def _told(table: Table) -> list[Column[Any]]:
    """The columns that an import brings."""
    return [column for column in table.c if column.name != DEPUIS]


def _keep_past(conn: Connection, table: Table, ended: ColumnElement[bool], histoire: Histoire) -> None:
    names = [column.name for column in table.c]
    rows = select(*table.c, literal(histoire.import_id)).where(ended)
    conn.execute(insert(histoire.passe).from_select([*names, JUSQU_A], rows))


def _count(conn: Connection, query: Select[Any]) -> int:
    total: int = conn.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return total


def _sample(conn: Connection, table: Table, query: Select[Any]) -> tuple[Exemple, ...]:
    """A few of the rows that a query finds; a column ``new_x`` beside ``x`` tells whether ``x`` differs."""
    key = [column.name for column in table.primary_key]
    found = conn.execute(query.limit(EXEMPLES)).mappings()
    return tuple(
        Exemple(
            tuple(row[name] for name in key),
            tuple(n for n in row if f"new_{n}" in row and row[n] != row[f"new_{n}"] and n != "recherche"),
        )
        for row in found
    )


@contextmanager
def _temporary_copy(conn: Connection, table: Table) -> Iterator[Table]:
    """An empty table of this connection alone, shaped as ``table``, with the line each row comes from."""
    columns: list[Column[Any]] = [Column(column.name, column.type) for column in _told(table)]
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
        write_rows(conn, arrivals, chunk)
        lignes += len(chunk)
    return lignes


def _refuse_repeated_keys(conn: Connection, arrivals: Table, key: list[Column[Any]]) -> None:
    Index(f"ix_{arrivals.name}_cle", *key).create(conn)  # after the rows: much faster than before
    first, last = func.min(arrivals.c.ligne), func.max(arrivals.c.ligne)
    repeated = select(first, last, *key).group_by(*key).having(func.count() > 1)
    found = conn.execute(repeated.order_by(first).limit(REPETITIONS)).all()
    if found:
        raise KeysRepeated([Repetition(tuple(cle), first, last) for first, last, *cle in found])
