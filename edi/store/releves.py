"""Queries on remote files that were taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from edi.model import Releve
from edi.model.journal import GenreEcriture
from edi.store import journal
from edi.store.chunks import in_chunks
from edi.store.tables import prise as table


def _releve(row: Row[Any]) -> Releve:
    return Releve(**row._mapping)


def standing(conn: Connection, serveur: str, dossier: str, noms: Collection[str]) -> tuple[Releve, ...]:
    """Of those names, what was taken and may lie there still: left there, or not yet let go."""
    found: list[Releve] = []
    there = or_(table.c.apres == "laisser", table.c.apres_le.is_(None))
    for some in in_chunks(noms):
        query = select(table).where(
            table.c.serveur == serveur, table.c.dossier == dossier, table.c.nom.in_(some), there
        )
        found += map(_releve, conn.execute(query))
    return tuple(found)


def record(conn: Connection, releves: Sequence[Releve]) -> None:
    """Remember remote files that lie whole on our disk; their ids are given here."""
    if releves:
        names = [column.name for column in table.c if column.name != "id"]
        rows = [{name: getattr(releve, name) for name in names} for releve in releves]
        journal.tell(
            conn, GenreEcriture.PRISE, conn.execute(insert(table).returning(table.c.id), rows).scalars().all()
        )


def owed(conn: Connection, serveur: str) -> tuple[Releve, ...]:
    """The files of a server that were taken and whose after-action is still to be done, oldest first."""
    query = select(table).where(table.c.serveur == serveur, table.c.apres_le.is_(None)).order_by(table.c.id)
    return tuple(map(_releve, conn.execute(query)))


def settle(conn: Connection, tickets: Collection[str], at: datetime) -> None:
    """The after-actions of those tickets are done."""
    for some in in_chunks(tickets):
        conn.execute(update(table).where(table.c.ticket.in_(some)).values(apres_le=at))


def recorded(conn: Connection, tickets: Collection[str]) -> frozenset[str]:
    """Those of the tickets that are remembered."""
    found: set[str] = set()
    for some in in_chunks(tickets):
        found |= set(conn.execute(select(table.c.ticket).where(table.c.ticket.in_(some))).scalars())
    return frozenset(found)
