"""Queries on what déposants were told of what is expected of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from edi.model import NatureSignalement, Signalement
from edi.store.tables import signalement as table


def _from_row(row: Row[Any]) -> Signalement:
    values = dict(row._mapping)
    nature = NatureSignalement[values["nature"]]
    return Signalement(**{**values, "nature": nature, "courriel": tuple(json.loads(values["courriel"]))})


def open_ones(conn: Connection) -> list[Signalement]:
    """Those that are not over, oldest first."""
    query = select(table).where(table.c.fin_le.is_(None)).order_by(table.c.id)
    return [_from_row(row) for row in conn.execute(query)]


def known(conn: Connection, attendu_id: int, since: date) -> list[Signalement]:
    """Those of one expected deposit that are not over, or that tell of a window since a day."""
    wanted = or_(table.c.fin_le.is_(None), table.c.jour >= since)
    query = select(table).where(table.c.attendu_id == attendu_id, wanted).order_by(table.c.id)
    return [_from_row(row) for row in conn.execute(query)]


def of_appli(conn: Connection, appli: str, limit: int) -> list[Signalement]:
    """The last ones of a déposant, newest first."""
    query = select(table).where(table.c.appli == appli).order_by(table.c.id.desc()).limit(limit)
    return [_from_row(row) for row in conn.execute(query)]


def add(conn: Connection, one: Signalement) -> Signalement:
    """Record that something is told; with its number. Raises IntegrityError when it was told before."""
    values = {**asdict(one), "nature": one.nature.name, "courriel": json.dumps(one.courriel)}
    values.pop("id")
    number = conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
    return _from_row(conn.execute(select(table).where(table.c.id == number)).one())


def end(conn: Connection, one: Signalement, at: datetime, fin: str, *, a_livrer: bool = False) -> Signalement:
    """It holds no more: settled as ``fin`` says, or looked at no more; its files are to say so.

    ``a_livrer``: on the server of its déposant too.
    """
    told = {"fin_le": at, "fin": fin, "pose": False}
    again = {"a_livrer": a_livrer, "essais": 0, "prochain_essai": None, "incident": ""}
    conn.execute(update(table).where(table.c.id == one.id).values({**told, **again}))
    return _from_row(conn.execute(select(table).where(table.c.id == one.id)).one())


def unwritten(conn: Connection) -> list[Signalement]:
    """Those whose file does not say yet what holds, oldest first."""
    query = select(table).where(table.c.pose.is_(False)).order_by(table.c.id)
    return [_from_row(row) for row in conn.execute(query)]


def confirm(conn: Connection, one: Signalement) -> None:
    """Its file says what ``one`` says, unless it has changed meanwhile."""
    conn.execute(update(table).where(_same(one)).values(pose=True))


# -- on the servers of déposants --------------------------------------------------------------------------


def undelivered(conn: Connection, applis: Collection[str], due: datetime) -> list[Signalement]:
    """Those that have still to be put on servers for these déposants and are due, oldest first."""
    ready = or_(table.c.prochain_essai.is_(None), table.c.prochain_essai <= due)
    wanted = (table.c.a_livrer.is_(True), table.c.appli.in_(applis), ready)
    return [_from_row(row) for row in conn.execute(select(table).where(*wanted).order_by(table.c.id))]


def begin(conn: Connection, one: Signalement) -> None:
    """A try begins: until it is confirmed its outcome is unknown."""
    conn.execute(update(table).where(_same(one)).values(essais=table.c.essais + 1))


def deliver(conn: Connection, one: Signalement) -> None:
    """It lies on the server as ``one`` says, unless it has changed meanwhile and is put again."""
    conn.execute(update(table).where(_same(one)).values(a_livrer=False, prochain_essai=None, incident=""))


def fail(conn: Connection, one: Signalement, incident: str, prochain_essai: datetime) -> None:
    """The try did not come to an end that we know; the next one is at that instant."""
    conn.execute(update(table).where(_same(one)).values(incident=incident, prochain_essai=prochain_essai))


def _same(one: Signalement) -> ColumnElement[bool]:
    """The row, as long as it says the same."""
    ended = table.c.fin_le.is_(None) if one.fin_le is None else table.c.fin_le.is_not(None)
    return and_(table.c.id == one.id, ended)
