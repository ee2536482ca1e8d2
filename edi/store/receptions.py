"""Queries on what lies in the deposit folders and is not complete yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from edi.model import Attente, Reception
from edi.store.tables import flux
from edi.store.tables import reception as table

_COLUMNS = tuple(column for column in table.c if column.name != "id")
_FREE = table.c.ticket == ""


def _reception(row: Row[Any]) -> Reception:
    return _of(row._mapping)


def _of(mapping: Mapping[Any, Any]) -> Reception:
    values = {column.name: mapping[column.name] for column in _COLUMNS}
    return Reception(**{**values, "attend": Attente[values["attend"]]})


def waiting(conn: Connection, appli: str = "") -> tuple[Reception, ...]:
    """What is being received, of one déposant or of all, the longest wait first."""
    query = select(*_COLUMNS).where(_FREE).order_by(table.c.vu_le, table.c.id)
    if appli:
        query = query.where(table.c.appli == appli)
    return tuple(_reception(row) for row in conn.execute(query))


def save(conn: Connection, changed: Sequence[Reception], gone: Sequence[Reception] = ()) -> None:
    """Record files as they were seen just now, and forget those that are gone."""
    rows = [{**asdict(one), "attend": one.attend.name} for one in changed]
    keys = [{"b_appli": one.appli, "b_nom": one.nom} for one in (*changed, *gone)]
    if keys:
        wanted = (table.c.appli == bindparam("b_appli"), table.c.nom == bindparam("b_nom"))
        conn.execute(delete(table).where(_FREE, *wanted), keys)
    if rows:
        conn.execute(insert(table), rows)


def quarantine(conn: Connection, one: Reception, ticket: str) -> None:
    """Say, before it is moved, under which ticket a deposit is taken whose deadline has passed."""
    wanted = (_FREE, table.c.appli == one.appli, table.c.nom == one.nom)
    conn.execute(update(table).where(*wanted).values(ticket=ticket))


def of_ticket(conn: Connection, ticket: str) -> Reception | None:
    """Why a flux was quarantined; None for the others."""
    row = conn.execute(select(*_COLUMNS).where(table.c.ticket == ticket)).one_or_none()
    return None if row is None else _reception(row)


def unrecorded_tickets(conn: Connection) -> tuple[str, ...]:
    """Tickets of quarantine that no flux bears: an interruption came between the word and the move."""
    query = select(table.c.ticket).where(~_FREE, table.c.ticket.not_in(select(flux.c.ticket)))
    return tuple(conn.execute(query).scalars())


def release(conn: Connection, ticket: str) -> None:
    """Take a quarantine back: the deposit still lies in its folder."""
    conn.execute(update(table).where(table.c.ticket == ticket).values(ticket=""))
