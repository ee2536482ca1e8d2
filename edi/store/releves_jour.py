"""Queries on the relevés that jobs of the night have made."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from edi.store.tables import releve_jour as table


def told(conn: Connection, appli: str) -> frozenset[date]:
    """The days whose relevé was made for a déposant."""
    return frozenset(conn.execute(select(table.c.jour).where(table.c.appli == appli)).scalars())


def record(conn: Connection, appli: str, jour: date, at: datetime, flux: int, factures: int) -> None:
    """Remember that the relevé of a day lies in ``statut``, and what it counts."""
    row = {"fait_le": at, "flux": flux, "factures": factures}
    again = update(table).where(table.c.appli == appli, table.c.jour == jour).values(row)
    if conn.execute(again).rowcount == 0:
        with suppress(IntegrityError), conn.begin_nested():  # another job was quicker
            conn.execute(insert(table).values(appli=appli, jour=jour, **row))
