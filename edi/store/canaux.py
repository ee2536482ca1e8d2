"""Queries on the channels of servers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from edi.model import Canal
from edi.store.tables import canal as table


def get(conn: Connection, serveur: str) -> Canal:
    """How the channel of a server stands; one that was never called stands well."""
    row = conn.execute(select(table).where(table.c.serveur == serveur)).one_or_none()
    return Canal(serveur) if row is None else Canal(**row._mapping)


def succeed(conn: Connection, serveur: str, at: datetime) -> None:
    """It was called and answered: whatever was wrong is over."""
    good = {"arrete": False, "incident": "", "empreinte": "", "essais": 0, "prochain_essai": None}
    _write(conn, serveur, {**good, "reussi_le": at})


def fail(conn: Connection, serveur: str, incident: str, prochain_essai: datetime) -> None:
    """It could not be used; it is called again at that instant."""
    essais = get(conn, serveur).essais + 1
    _write(conn, serveur, {"incident": incident, "essais": essais, "prochain_essai": prochain_essai})


def stop(conn: Connection, serveur: str, incident: str, empreinte: str) -> None:
    """It is not called any more until an operator acts."""
    row = {"arrete": True, "incident": incident, "empreinte": empreinte, "prochain_essai": None}
    _write(conn, serveur, row)


def _write(conn: Connection, serveur: str, values: dict[str, Any]) -> None:
    if conn.execute(update(table).where(table.c.serveur == serveur).values(values)).rowcount == 0:
        conn.execute(insert(table).values(serveur=serveur, **values))
