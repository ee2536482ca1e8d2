"""Queries on what déposants were told of what is expected of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

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


def end(conn: Connection, one: Signalement, at: datetime, fin: str) -> Signalement:
    """It holds no more; its file is to say so when ``fin`` says how it was settled."""
    mine = update(table).where(table.c.id == one.id)
    conn.execute(mine.values(fin_le=at, fin=fin, pose=not fin))
    return _from_row(conn.execute(select(table).where(table.c.id == one.id)).one())


def unwritten(conn: Connection) -> list[Signalement]:
    """Those whose file does not say yet what holds, oldest first."""
    query = select(table).where(table.c.pose.is_(False)).order_by(table.c.id)
    return [_from_row(row) for row in conn.execute(query)]


def confirm(conn: Connection, one: Signalement) -> None:
    """Its file says what ``one`` says, unless it has changed meanwhile."""
    same = (table.c.id == one.id, table.c.fin == one.fin)
    conn.execute(update(table).where(*same).values(pose=True))
