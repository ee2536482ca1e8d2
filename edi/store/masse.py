"""Writing many rows at once: by COPY where the database has it, as the driver takes them elsewhere.

Rows that come back with their numbers cost this process the most by far (``benchmarks/base.py`` tells the
ratios), so numbers are asked for first: of the sequence on PostgreSQL; on SQLite they are those that follow
the last one, as it would give them itself: whoever writes is alone until the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

_FEW = 20  # rows below which neither is worth what it takes to begin


def write_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns. Raises IntegrityError."""
    if len(rows) >= _FEW and conn.dialect.driver in _WAYS:
        _WAYS[conn.dialect.driver](conn, table, _bind(conn, table, rows))
    elif rows:
        conn.execute(insert(table), rows)


def write_numbered(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The same for a table that numbers its rows in ``id``: their numbers, in order."""
    if conn.dialect.name == "sqlite":
        first = 1 + conn.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        ids = list(range(first, first + len(rows)))
    elif len(rows) >= _FEW and conn.dialect.driver in _WAYS:
        drawn = text("SELECT nextval(pg_get_serial_sequence(:t, 'id')) FROM generate_series(1, :n)")
        ids = sorted(conn.execute(drawn, {"t": table.name, "n": len(rows)}).scalars())
    else:
        written = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return list(conn.execute(written, rows).scalars()) if rows else []
    write_rows(conn, table, [{"id": one, **row} for one, row in zip(ids, rows, strict=True)])
    return ids


class _Bound(NamedTuple):
    """Rows as the driver takes them: the columns by their quoted names, and the values in their order."""

    noms: tuple[str, ...]
    lignes: Iterator[list[Any]]


def _bind(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> _Bound:
    """What an INSERT adds to a row of itself, its defaults, is added here; so is how each type is written.

    Left to SQLAlchemy, a row costs more than writing it does.
    """
    fixed = {
        column.name: column.default.arg
        for column in table.c
        if column.name not in rows[0] and isinstance(column.default, ScalarElementColumnDefault)
    }
    columns = [table.c[name] for name in (*rows[0], *fixed)]
    writers = [column.type.dialect_impl(conn.dialect).bind_processor(conn.dialect) for column in columns]
    written = [(place, write) for place, write in enumerate(writers) if write is not None]
    given, added = tuple(rows[0]), tuple(fixed.values())

    def bind() -> Iterator[list[Any]]:
        for row in rows:
            values = [row[name] for name in given]
            values += added
            for place, write in written:
                values[place] = write(values[place])
            yield values

    preparer = conn.dialect.identifier_preparer
    return _Bound(tuple(preparer.quote(column.name) for column in columns), bind())


def _insert(conn: Connection, table: Table, bound: _Bound) -> None:
    names, marks = ", ".join(bound.noms), ", ".join("?" * len(bound.noms))
    where = conn.dialect.identifier_preparer.format_table(table)
    conn.exec_driver_sql(f"INSERT INTO {where} ({names}) VALUES ({marks})", list(map(tuple, bound.lignes)))


def _copy(conn: Connection, table: Table, bound: _Bound) -> None:
    where = conn.dialect.identifier_preparer.format_table(table)
    statement = f"COPY {where} ({', '.join(bound.noms)}) FROM STDIN"
    session: Any = conn.connection.driver_connection
    try:
        with session.cursor() as cursor, cursor.copy(statement) as copy:
            for values in bound.lignes:
                copy.write_row(values)
    except conn.dialect.loaded_dbapi.Error as error:  # as SQLAlchemy would have told it
        cut = conn.dialect.is_disconnect(error, session, None)
        if cut:
            conn.invalidate(error)
        raise DBAPIError.instance(
            statement,
            None,
            error,
            conn.dialect.loaded_dbapi.Error,
            connection_invalidated=cut,
            dialect=conn.dialect,
        ) from error


_WAYS = {"psycopg": _copy, "pysqlite": _insert}  # how many rows are written at once, by driver
