"""Writing many rows at once: by COPY where the database has it, by an ordinary statement elsewhere.

Rows that come back with their numbers cost this process the most by far (``benchmarks/base.py`` tells the
ratios), so numbers are asked for first: of the sequence on PostgreSQL; on SQLite they are those that follow
the last one, as it would give them itself: whoever writes is alone until the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

_FEW = 20  # rows below which a COPY is not worth its round trips


def write_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns. Raises IntegrityError."""
    if _copies(conn, rows):
        _copy(conn, table, rows)
    elif rows:
        conn.execute(insert(table), rows)


def write_numbered(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The same for a table that numbers its rows in ``id``: their numbers, in order."""
    if _copies(conn, rows):
        drawn = text("SELECT nextval(pg_get_serial_sequence(:t, 'id')) FROM generate_series(1, :n)")
        ids = sorted(conn.execute(drawn, {"t": table.name, "n": len(rows)}).scalars())
        _copy(conn, table, [{"id": one, **row} for one, row in zip(ids, rows, strict=True)])
        return ids
    if conn.dialect.name == "sqlite":
        first = 1 + conn.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        numbers = list(range(first, first + len(rows)))
        write_rows(conn, table, [{"id": one, **row} for one, row in zip(numbers, rows, strict=True)])
        return numbers
    written = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(conn.execute(written, rows).scalars()) if rows else []


def _copies(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> bool:
    return conn.dialect.driver == "psycopg" and len(rows) >= _FEW


def _copy(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """What an INSERT adds to a row of itself, its defaults, is added here."""
    fixed = {
        column.name: column.default.arg
        for column in table.c
        if column.name not in rows[0] and isinstance(column.default, ScalarElementColumnDefault)
    }
    columns = [table.c[name] for name in (*rows[0], *fixed)]
    writers = [column.type.dialect_impl(conn.dialect).bind_processor(conn.dialect) for column in columns]
    preparer = conn.dialect.identifier_preparer
    names = ", ".join(preparer.quote(column.name) for column in columns)
    statement = f"COPY {preparer.format_table(table)} ({names}) FROM STDIN"
    session: Any = conn.connection.driver_connection
    try:
        with session.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = (*(row[column.name] for column in columns[: len(rows[0])]), *fixed.values())
                copy.write_row(
                    [v if write is None else write(v) for v, write in zip(values, writers, strict=True)]
                )
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
