"""Queries on logins that failed: how many in a row, of an account and from an address."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from edi.store.tables import connexion_ratee as table


def failures(conn: Connection, cles: Collection[str]) -> dict[str, tuple[int, datetime]]:
    """Of each key that has failed: how often in a row, and when last."""
    query = select(table.c.cle, table.c.nombre, table.c.derniere_le).where(table.c.cle.in_(sorted(cles)))
    return {row.cle: (row.nombre, row.derniere_le) for row in conn.execute(query)}


def record(conn: Connection, cle: str, at: datetime) -> None:
    """One more failure of a key."""
    again = update(table).where(table.c.cle == cle).values(nombre=table.c.nombre + 1, derniere_le=at)
    if conn.execute(again).rowcount:
        return
    try:
        with conn.begin_nested():
            conn.execute(insert(table).values(cle=cle, nombre=1, derniere_le=at))
    except IntegrityError:  # somebody failed at the same instant
        conn.execute(again)


def forget(conn: Connection, cle: str) -> None:
    """A key did not fail after all, and what it failed before no longer counts."""
    conn.execute(delete(table).where(table.c.cle == cle))


def take_back(conn: Connection, cle: str) -> None:
    """The last failure of a key was none; those before it still count."""
    conn.execute(update(table).where(table.c.cle == cle).values(nombre=table.c.nombre - 1))


def forget_before(conn: Connection, at: datetime) -> None:
    """Remove what is too old to count."""
    conn.execute(delete(table).where(table.c.derniere_le < at))
