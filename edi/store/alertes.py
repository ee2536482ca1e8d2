"""Queries on alerts, and on what an audit found."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from edi.model import Acteur, Alerte, Gravite
from edi.store.tables import alerte as table
from edi.store.tables import ecart


def _from_row(row: Row[Any]) -> Alerte:
    values = dict(row._mapping)
    return Alerte(**{**values, "gravite": Gravite[values["gravite"]], "qui": Acteur[values["qui"]]})


def current(conn: Connection) -> list[Alerte]:
    """Those that are not over, the oldest first."""
    query = select(table).where(table.c.resolue_le.is_(None)).order_by(table.c.id)
    return [_from_row(row) for row in conn.execute(query)]


def latest(conn: Connection, limit: int) -> list[Alerte]:
    """The last ones, over or not, the newest first."""
    return [_from_row(row) for row in conn.execute(select(table).order_by(table.c.id.desc()).limit(limit))]


def past(conn: Connection, limit: int, avant: int = 0) -> list[Alerte]:
    """Those that are over, the newest first; ``avant``: older than that one; 0 for the newest."""
    query = select(table).where(table.c.resolue_le.is_not(None)).order_by(table.c.id.desc()).limit(limit)
    return [_from_row(row) for row in conn.execute(query.where(table.c.id < avant) if avant else query)]


def save(conn: Connection, alerte: Alerte) -> Alerte:
    """Record an alert as it is now; with its number."""
    values = {**asdict(alerte), "gravite": alerte.gravite.name, "qui": alerte.qui.name}
    number = values.pop("id")
    if number:
        conn.execute(update(table).where(table.c.id == number).values(values))
    else:
        number = conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
    return _from_row(conn.execute(select(table).where(table.c.id == number)).one())


def forget(conn: Connection, alertes: Iterable[Alerte]) -> None:
    """Remove some that were never told."""
    for alerte in alertes:
        conn.execute(delete(table).where(table.c.id == alerte.id))


# -- what an audit found ----------------------------------------------------------------------------------


def record_audit(
    conn: Connection,
    found: Collection[tuple[str, str, str]],
    at: datetime,
    *,
    complet: bool,
    regles: Collection[str] | None = None,
) -> None:
    """Keep what an audit found (rule, subject, what) until the next one says otherwise.

    A quick one leaves alone what only a whole one can see. ``regles``: the rules of which it has seen all
    there is to see; None: every rule.
    """
    wanted = {(regle, sujet): constat for regle, sujet, constat in found}
    for row in conn.execute(select(ecart)).all():
        constat = wanted.pop((row.regle, row.sujet), None)
        if constat is not None:
            conn.execute(update(ecart).where(ecart.c.id == row.id).values(constat=constat))
        elif (complet or not row.complet) and (regles is None or row.regle in regles):
            conn.execute(delete(ecart).where(ecart.c.id == row.id))
    rows = [
        {"regle": regle, "sujet": sujet, "constat": constat, "complet": complet, "vu_le": at}
        for (regle, sujet), constat in wanted.items()
    ]
    if rows:
        conn.execute(insert(ecart), rows)


def audited(conn: Connection) -> list[tuple[str, str, str, datetime]]:
    """What the last audits found and is not known to be over: (rule, subject, what, first seen)."""
    query = select(ecart.c.regle, ecart.c.sujet, ecart.c.constat, ecart.c.vu_le).order_by(ecart.c.id)
    return [(row[0], row[1], row[2], row[3]) for row in conn.execute(query)]
