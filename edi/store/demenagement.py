"""Moving all rows from one database into another, new one: from SQLite to PostgreSQL, or back.

One transaction makes the tables, fills them and reads them again: the other database has everything, equal
row by row, or it has nothing. Meanwhile nobody writes to the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, func, inspect, select, text

from edi.store import journal
from edi.store.database import upgrade_within
from edi.store.masse import write_rows
from edi.store.tables import metadata

_CHUNK = 5_000  # rows in memory
_BITS = 256

Listen = Callable[[int, int], None]  # rows done, of how many; each is counted twice: written, read again


class NotNew(Exception):
    """The database that should take everything holds tables already: one of them, by its name."""


class Unequal(Exception):
    """What was written does not read as what it was written from: the table, by its name."""


class Demenagement(NamedTuple):
    """What was moved."""

    tables: int  # that hold rows
    lignes: int


def move(
    source: Engine, cible: Engine, at: datetime, par: str = "", listen: Listen = lambda done, of: None
) -> Demenagement:
    """Write everything that ``source`` holds into ``cible``, at ``at`` by our clock; ``par`` asked for it.

    Raises NotNew; Unequal, and nothing is left there.
    """
    with cible.begin() as there, source.begin() as here:
        for nom in inspect(there).get_table_names():
            raise NotNew(nom)
        upgrade_within(there, at, reprend=True)
        counts = {table: _count(here, table) for table in metadata.sorted_tables}
        progress = _Progress(2 * sum(counts.values()), listen)
        for table in metadata.sorted_tables:
            if not counts[table]:
                continue
            before = _digest(_fill(there, table, progress.follow(_chunks(here, table))))
            _go_on_numbering(there, table)
            if before != _digest(progress.follow(_chunks(there, table))):
                raise Unequal(table.name)
        made = Demenagement(sum(map(bool, counts.values())), sum(counts.values()))
        journal.note_act(
            there,
            "base-copiee",
            cible.dialect.name,
            at,
            par=par,
            detail={"depuis": source.dialect.name, "lignes": made.lignes},
        )
    return made


class _Progress:
    def __init__(self, total: int, listen: Listen) -> None:
        self._done, self._total, self._listen = 0, total, listen

    def follow(self, chunks: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for some in chunks:
            yield some
            self._done += len(some)
            self._listen(self._done, self._total)


def _count(conn: Connection, table: Table) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def _chunks(conn: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """The rows of a table, older ones first: a row may name one that came before it."""
    asked = select(table).order_by(*table.primary_key).execution_options(yield_per=_CHUNK)
    with conn.execute(asked) as rows:
        yield from rows.partitions()


def _fill(conn: Connection, table: Table, chunks: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for some in chunks:
        write_rows(conn, table, [dict(row._mapping) for row in some])
        yield some


def _digest(chunks: Iterable[Sequence[Any]]) -> int:
    """The same for the same rows in whatever order: two databases may not sort texts alike."""
    total: int = 0
    for some in chunks:
        for row in some:
            told = repr([_plain(value) for value in row])
            total += int.from_bytes(hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest(), "big")
    return int(total % 2**_BITS)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return bytes(value) if isinstance(value, memoryview) else value


def _go_on_numbering(conn: Connection, table: Table) -> None:
    """The next row gets the number after the last; SQLite sees to that by itself."""
    if conn.dialect.name == "sqlite" or "id" not in table.c:
        return
    sequence = conn.execute(text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": table.name}).scalar()
    if sequence is not None:
        last = conn.execute(select(func.max(table.c.id))).scalar_one()
        conn.execute(text("SELECT setval(:s, :n)"), {"s": sequence, "n": last})
