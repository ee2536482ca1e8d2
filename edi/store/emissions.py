"""Queries on return flows: the outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from edi.model import Emission, FluxStatut
from edi.store import suivis
from edi.store.processus import is_free
from edi.store.tables import emission as table
from edi.store.tables import flux_statut


def _emission(row: Row[Any]) -> Emission:
    return Emission(**row._mapping)


def plan(
    conn: Connection, flux_id: int, appli: str, interface: str, name_of: Callable[[int], str], at: datetime
) -> Emission:
    """Book the next return flow of a déposant: its number follows the last one without a hole."""
    last = select(func.coalesce(func.max(table.c.numero), 0)).where(
        table.c.appli == appli, table.c.interface == interface
    )
    numero = conn.execute(last).scalar_one() + 1
    row = {
        "flux_id": flux_id,
        "appli": appli,
        "interface": interface,
        "numero": numero,
        "nom": name_of(numero),
        "cree_le": at,
    }
    emission_id = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    return Emission(id=emission_id, **row)


def pending(conn: Connection) -> tuple[Emission, ...]:
    """Return flows that still have to be put into ``out``, oldest first."""
    query = select(table).where(table.c.emis_le.is_(None)).order_by(table.c.id)
    return tuple(_emission(row) for row in conn.execute(query))


def claim(conn: Connection, emission_id: int, process: str) -> bool:
    """Be the one that emits a return flow; False when it has left, or another process is at it."""
    free = update(table).where(
        table.c.id == emission_id, table.c.emis_le.is_(None), is_free(table.c.proprietaire, process)
    )
    return conn.execute(free.values(proprietaire=process)).rowcount == 1


def of_flux(conn: Connection, flux_id: int) -> tuple[Emission, ...]:
    """The return flows that answer one delivery."""
    query = select(table).where(table.c.flux_id == flux_id).order_by(table.c.id)
    return tuple(_emission(row) for row in conn.execute(query))


def confirm(conn: Connection, emission_id: int, at: datetime, sha256: str) -> None:
    """Record that a return flow lies in ``out``."""
    told = {"emis_le": at, "sha256": sha256, "proprietaire": ""}
    conn.execute(update(table).where(table.c.id == emission_id).values(told))
    suivis.touch_of_emission(conn, emission_id)


def flux_statut_told_by(conn: Connection, emission_id: int) -> tuple[FluxStatut, datetime] | None:
    """The statut of a flux that an integration report tells, with its instant."""
    row = conn.execute(select(flux_statut).where(flux_statut.c.emission_id == emission_id)).one_or_none()
    return None if row is None else (FluxStatut[row.apres], row.le)
