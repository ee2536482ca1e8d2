"""Queries on return flows: the outbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from edi.model import Emission, FluxStatut
from edi.model.journal import GenreEcriture
from edi.store import journal, suivis
from edi.store.processus import is_free
from edi.store.tables import emission as table
from edi.store.tables import flux_statut


def from_row(row: Row[Any]) -> Emission:
    """A return flow from a row that holds every column of its table."""
    return Emission(**row._mapping)


def plan(
    conn: Connection,
    flux_id: int,
    appli: str,
    interface: str,
    name_of: Callable[[int], str],
    at: datetime,
    pas_avant: datetime | None = None,
) -> Emission:
    """Book the next return flow of a partner: its number follows the last one without a hole.

    ``pas_avant``: until then it may be given more to tell, and does not leave.
    """
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
        "pas_avant": pas_avant,
    }
    emission_id = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    journal.tell(conn, GenreEcriture.REPONSE, [emission_id])
    return Emission(id=emission_id, **row)


def still_filling(conn: Connection, appli: str, interface: str, at: datetime) -> int | None:
    """The return flow of a partner that may still be given something to tell, locked until commit.

    Whoever emits it claims it first, so that what is told here is in it, or is told by another one.
    """
    open_ = update(table).where(
        table.c.appli == appli,
        table.c.interface == interface,
        table.c.pas_avant > at,
        table.c.emis_le.is_(None),
        table.c.proprietaire == "",
    )
    return conn.execute(open_.values(proprietaire="").returning(table.c.id)).scalars().first()


def pending(conn: Connection, at: datetime | None = None) -> tuple[Emission, ...]:
    """Return flows that still have to be put into ``out``, oldest first; those that may by ``at``."""
    query = select(table).where(table.c.emis_le.is_(None)).order_by(table.c.id)
    if at is not None:
        query = query.where(or_(table.c.pas_avant.is_(None), table.c.pas_avant <= at))
    return tuple(from_row(row) for row in conn.execute(query))


def count_emitted(conn: Connection, applis: Collection[str], since: datetime) -> int:
    """How many return flows of these partners have left since an instant."""
    left = select(func.count()).where(table.c.appli.in_(applis), table.c.emis_le >= since)
    return conn.execute(left).scalar_one()


def count_overdue(conn: Connection, applis: Collection[str], at: datetime) -> int:
    """How many of their return flows should have left by now."""
    due = or_(table.c.pas_avant.is_(None), table.c.pas_avant <= at)
    query = select(func.count()).where(table.c.appli.in_(applis), table.c.emis_le.is_(None), due)
    return conn.execute(query).scalar_one()


def claim(conn: Connection, emission_id: int, process: str) -> bool:
    """Be the one that emits a return flow; False when it has left, or another process is at it."""
    return bool(claim_all(conn, [emission_id], process))


def claim_all(conn: Connection, ids: Collection[int], process: str) -> set[int]:
    """The same for many: those that are ours to emit."""
    free = update(table).where(
        table.c.id.in_(ids), table.c.emis_le.is_(None), is_free(table.c.proprietaire, process)
    )
    return set(conn.execute(free.values(proprietaire=process).returning(table.c.id)).scalars())


def of_flux(conn: Connection, flux_id: int) -> tuple[Emission, ...]:
    """The return flows that answer one delivery."""
    query = select(table).where(table.c.flux_id == flux_id).order_by(table.c.id)
    return tuple(from_row(row) for row in conn.execute(query))


def confirm(conn: Connection, emission_id: int, at: datetime, sha256: str) -> None:
    """Record that a return flow lies in ``out``."""
    confirm_all(conn, {emission_id: sha256}, at)


def confirm_all(conn: Connection, left: Mapping[int, str], at: datetime) -> None:
    """The same for many, each with the sha256 of its bytes."""
    if not left:
        return
    told = {"emis_le": at, "sha256": bindparam("b_sha256"), "proprietaire": ""}
    query = update(table).where(table.c.id == bindparam("b_id")).values(told)
    conn.execute(query, [{"b_id": emission_id, "b_sha256": sha256} for emission_id, sha256 in left.items()])
    journal.tell(conn, GenreEcriture.DEPART, left.keys())
    suivis.touch_of_emissions(conn, left.keys())


def find_by_name(conn: Connection, nom: str) -> Emission | None:
    """The return flow of that name."""
    row = conn.execute(select(table).where(table.c.nom == nom)).one_or_none()
    return None if row is None else from_row(row)


def flux_statut_told_by(conn: Connection, emission_id: int) -> tuple[FluxStatut, datetime] | None:
    """The statut of a flux that an integration report tells, with its instant."""
    row = conn.execute(select(flux_statut).where(flux_statut.c.emission_id == emission_id)).one_or_none()
    return None if row is None else (FluxStatut[row.apres], row.le)


def find_by_flux_id(conn: Connection, appli: str, id_flux: str) -> Emission | None:
    """The return flow of a partner that bears a flux id in its name."""
    if not id_flux:
        return None
    query = select(table).where(
        table.c.appli == appli, table.c.nom.endswith(f"_{id_flux}.xml", autoescape=True)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else from_row(row)


def acknowledge(conn: Connection, emission_id: int, id_statut: str, flux_id: int) -> None:
    """Record what its receiver says of a return flow, in the flux of that id."""
    told = {"accuse": id_statut, "accuse_id": flux_id}
    conn.execute(update(table).where(table.c.id == emission_id).values(told))
