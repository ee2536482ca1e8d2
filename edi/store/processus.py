"""Queries on the processes at work: who is here, and when it was last seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from edi.model import Processus
from edi.store.tables import processus as table


def enter(conn: Connection, one: Processus) -> None:
    """Record a process that begins to work."""
    conn.execute(insert(table).values(one._asdict()))


def beat(conn: Connection, ident: str, at: datetime) -> bool:
    """Say that a process lives; False when it was declared gone, and its claims are void."""
    return conn.execute(update(table).where(table.c.id == ident).values(vu_le=at)).rowcount == 1


def leave(conn: Connection, ident: str) -> None:
    """Forget a process that ended, or is gone: every claim it holds becomes void."""
    conn.execute(delete(table).where(table.c.id == ident))


def all_present(conn: Connection) -> tuple[Processus, ...]:
    """Every process that is believed to be at work, the oldest first."""
    return tuple(Processus(**row._mapping) for row in conn.execute(select(table).order_by(table.c.depuis)))


def is_free(owner: ColumnElement[str], me: str) -> ColumnElement[bool]:
    """That a column names nobody, or me, or a process that is gone."""
    return or_(owner.in_(("", me)), owner.not_in(select(table.c.id)))
