"""Writing many rows at once: by COPY where the database has it, by an ordinary statement elsewhere.

Rows that come back with their numbers cost this process the most by far (``benchmarks/base.py`` tells the
ratios), so on PostgreSQL numbers are asked for first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

_FEW = 20  # rows below which a COPY is not worth its round trips
_CHUNK = 500  # rows in one statement that gives their numbers back


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
    written = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    numbers: list[int] = []
    for start in range(0, len(rows), _CHUNK):
        numbers += conn.execute(written, rows[start : start + _CHUNK]).scalars()
    return numbers


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
