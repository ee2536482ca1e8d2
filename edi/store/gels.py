"""Queries on flux that are kept whatever their age: a dispute, an inquiry."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from edi.store import journal
from edi.store.tables import flux
from edi.store.tables import gel as table


class Gel(NamedTuple):
    """Why, by whom and since when a flux is kept."""

    flux_id: int
    flux: str  # its reference
    raison: str
    par: str
    le: datetime


def hold(conn: Connection, flux_id: int, raison: str, par: str, at: datetime) -> None:
    """Keep a flux. Raises IntegrityError when it is kept already."""
    conn.execute(insert(table).values(flux_id=flux_id, raison=raison, par=par, le=at))
    detail = {"raison": raison}
    journal.note_act(conn, "gel", f"flux n° {flux_id}", at, par=par, detail=detail, flux_id=flux_id)


def release(conn: Connection, flux_id: int, par: str, at: datetime) -> bool:
    """Let it go with its age again; False when it was not kept."""
    held = update(table).where(table.c.flux_id == flux_id, table.c.leve_le.is_(None))
    released = conn.execute(held.values(leve_le=at, leve_par=par)).rowcount == 1
    if released:
        journal.note_act(conn, "degel", f"flux n° {flux_id}", at, par=par, flux_id=flux_id)
    return released


def current(conn: Connection) -> list[Gel]:
    """The flux that are kept, the oldest hold first."""
    query = select(flux.c.id, flux.c.idflux, flux.c.nom, table.c.raison, table.c.par, table.c.le)
    query = query.join(table, table.c.flux_id == flux.c.id).where(table.c.leve_le.is_(None))
    rows = conn.execute(query.order_by(table.c.id))
    return [Gel(row.id, row.idflux or row.nom, row.raison, row.par, row.le) for row in rows]


def of_flux(conn: Connection, flux_id: int) -> Gel | None:
    """Why a flux is kept; None when it is not."""
    return next((one for one in current(conn) if one.flux_id == flux_id), None)
