"""Queries on deposits made by hand. Their flux is found by the name that we gave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from edi.model import DepotManuel, DepotVoulu, Flux, FluxStatut, GenreDepot, Portee, Versement
from edi.model.manuel import read_number
from edi.store.chunks import in_chunks
from edi.store.portee import within
from edi.store.tables import depot_manuel as table
from edi.store.tables import flux


class Page(NamedTuple):
    """Some deposits, newest first, and whether there are others on either side."""

    lignes: Sequence[DepotManuel]
    plus_recents: bool
    plus_anciens: bool


def book(
    conn: Connection,
    voulu: DepotVoulu,
    versement: Versement,
    *,
    genre: GenreDepot,
    interface: str,
    signe: bool,
    par: str,
    at: datetime,
) -> int:
    """Record what is about to be deposited; its number."""
    row = {
        "appli": voulu.appli,
        "genre": genre.name,
        "interface": interface,
        "origine": voulu.origine,
        "sha256": versement.sha256,
        "taille": versement.taille,
        "signe": signe,
        "raison": voulu.raison,
        "par": par,
        "le": at,
    }
    number: int = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    return number


def give_name(conn: Connection, number: int, nom: str) -> None:
    """Record the name of the flux that a deposit is to be."""
    conn.execute(update(table).where(table.c.id == number).values(nom=nom))


def mark_put(conn: Connection, number: int, at: datetime) -> None:
    """Record that a deposit lies in ``in``."""
    conn.execute(update(table).where(table.c.id == number).values(pose_le=at))


def find(conn: Connection, portee: Portee, number: int) -> DepotManuel | None:
    """One deposit; None when there is none, or none that may be seen."""
    query = select(table).where(table.c.id == number, within(portee, table.c.appli))
    found = _read(conn, conn.execute(query).all())
    return found[0] if found else None


def of_bytes(conn: Connection, appli: str, sha256: str) -> list[DepotManuel]:
    """The deposits of the very same file for a déposant, newest first."""
    query = select(table).where(table.c.appli == appli, table.c.sha256 == sha256)
    return _read(conn, conn.execute(query.order_by(table.c.id.desc())).all())


def of_flux(conn: Connection, one: Flux) -> DepotManuel | None:
    """The deposit that has become a flux; None when it came otherwise."""
    number = read_number(one.idflux)
    if number is None:
        return None
    found = _read(conn, conn.execute(select(table).where(table.c.id == number)).all())
    return next((depot for depot in found if depot.flux_id == one.id), None)


def interrupted(conn: Connection, before: datetime) -> list[DepotManuel]:
    """The deposits booked before an instant that nobody lived to put down, and that became no flux."""
    query = select(table).where(table.c.pose_le.is_(None), table.c.le < before)
    return [one for one in _read(conn, conn.execute(query).all()) if one.flux_id is None]


def list_depots(conn: Connection, portee: Portee, limit: int, *, avant: int = 0, apres: int = 0) -> Page:
    """Deposits, newest first: those before (older than) one of them, or those after it; 0 for the newest."""
    query = select(table).where(within(portee, table.c.appli))
    if apres:
        query = query.where(table.c.id > apres).order_by(table.c.id.asc())
    else:
        query = query.where(table.c.id < avant) if avant else query
        query = query.order_by(table.c.id.desc())
    rows = conn.execute(query.limit(limit + 1)).all()
    found, more = _read(conn, rows[:limit]), len(rows) > limit
    return Page(found[::-1], more, True) if apres else Page(found, bool(avant), more)


def _read(conn: Connection, rows: Sequence[Row[Any]]) -> list[DepotManuel]:
    """Deposits, each with the first flux of its name in its déposant's folder."""
    found = [DepotManuel(**{**row._mapping, "genre": GenreDepot[row.genre]}) for row in rows]
    query = select(flux.c.appli, flux.c.nom, flux.c.id, flux.c.statut).order_by(flux.c.id.desc())
    named: dict[tuple[str, str], tuple[int, FluxStatut]] = {}
    for noms in in_chunks({one.nom for one in found if one.nom}):
        for appli, nom, number, statut in conn.execute(query.where(flux.c.nom.in_(noms))):
            named[appli, nom] = number, FluxStatut[statut]
    told = ((one, named.get((one.appli, one.nom))) for one in found)
    return [replace(one, flux_id=seen[0], statut=seen[1]) if seen else one for one, seen in told]
