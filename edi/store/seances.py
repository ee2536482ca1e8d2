"""Queries on sessions: who is logged in, since when, and when it was last seen. Tokens are never here."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from edi.store.tables import seance as table


class Seance(NamedTuple):
    """One browser that is logged in."""

    utilisateur_id: int
    ouverte_le: datetime
    vue_le: datetime


def open_one(conn: Connection, sha256: str, utilisateur_id: int, at: datetime) -> None:
    """Begin a session; ``sha256`` is that of its token."""
    conn.execute(insert(table).values(sha256=sha256, utilisateur_id=utilisateur_id, ouverte_le=at, vue_le=at))


def find(conn: Connection, sha256: str) -> Seance | None:
    """The session of a token's hash, ended or not."""
    query = select(table.c.utilisateur_id, table.c.ouverte_le, table.c.vue_le).where(table.c.sha256 == sha256)
    row = conn.execute(query).one_or_none()
    return None if row is None else Seance(*row)


def touch(conn: Connection, sha256: str, at: datetime) -> None:
    """It was seen just now."""
    conn.execute(update(table).where(table.c.sha256 == sha256).values(vue_le=at))


def close(conn: Connection, sha256: str) -> None:
    """End a session."""
    conn.execute(delete(table).where(table.c.sha256 == sha256))


def close_all(conn: Connection, utilisateur_id: int) -> None:
    """End every session of a user."""
    conn.execute(delete(table).where(table.c.utilisateur_id == utilisateur_id))


def forget_ended(conn: Connection, seen_before: datetime, opened_before: datetime) -> None:
    """Remove the sessions that nobody can use any more."""
    conn.execute(delete(table).where(or_(table.c.vue_le < seen_before, table.c.ouverte_le < opened_before)))
