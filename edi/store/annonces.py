"""Queries on what is told through channels of alerts: booked with the alerts, sent after, at least once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from edi.store.tables import annonce as table


@dataclass(frozen=True, slots=True)
class Annonce:
    """One telling through one channel; its key and content are the same at each try."""

    id: int
    cle: str
    canal: str
    contenu: str  # JSON
    cree_le: datetime
    essais: int
    prochain_essai: datetime | None
    incident: str
    partie_le: datetime | None


def book(conn: Connection, cle: str, canal: str, contenu: str, at: datetime) -> None:
    """Fix what is to be told. Raises IntegrityError when it is booked."""
    conn.execute(insert(table).values(cle=cle, canal=canal, contenu=contenu, cree_le=at))


def pending(conn: Connection, canaux: Collection[str], due: datetime | None = None) -> list[Annonce]:
    """What has not been told through these channels, the oldest first; by ``due``, when it is given."""
    query = select(table).where(table.c.partie_le.is_(None), table.c.canal.in_(canaux)).order_by(table.c.id)
    if due is not None:
        query = query.where(or_(table.c.prochain_essai.is_(None), table.c.prochain_essai <= due))
    return [Annonce(**row._mapping) for row in conn.execute(query)]


def begin(conn: Connection, annonce: Annonce, again: datetime) -> bool:
    """Count a try before it is made, and when to try again; False when another process is at it."""
    mine = (table.c.id == annonce.id, table.c.essais == annonce.essais, table.c.partie_le.is_(None))
    tried = update(table).where(*mine).values(essais=annonce.essais + 1, prochain_essai=again)
    return conn.execute(tried).rowcount == 1


def confirm(conn: Connection, annonce: Annonce, at: datetime) -> None:
    """It was taken by whoever receives it."""
    conn.execute(update(table).where(table.c.id == annonce.id).values(partie_le=at, incident=""))


def fail(conn: Connection, annonce: Annonce, incident: str) -> None:
    """Say why a try came to nothing."""
    conn.execute(update(table).where(table.c.id == annonce.id).values(incident=incident))


def failing(conn: Connection, canaux: Collection[str]) -> list[tuple[str, int, str, datetime]]:
    """The channels whose oldest news does not leave: (channel, tries, why, since when)."""
    first = select(func.min(table.c.id)).where(table.c.partie_le.is_(None), table.c.essais > 0)
    query = select(table).where(table.c.id.in_(first.group_by(table.c.canal)), table.c.canal.in_(canaux))
    return [(row.canal, row.essais, row.incident, row.cree_le) for row in conn.execute(query)]


def forget(conn: Connection, before: datetime) -> int:
    """Remove what was told long ago; how many."""
    return conn.execute(delete(table).where(table.c.partie_le < before)).rowcount
