"""Queries on what operators keep from being judged for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from edi.model import ErrorClass, Flux, FluxStatut, Portee
from edi.model.retenues import Retenue
from edi.store.portee import within
from edi.store.processus import is_free
from edi.store.tables import flux
from edi.store.tables import retenue as table


def _retenue(row: Mapping[Any, Any]) -> Retenue:
    return Retenue(**row)


def holding(conn: Connection, delivery: Flux, at: datetime) -> Retenue | None:
    """What holds a delivery at this instant, the one that holds longest; None when nothing does."""
    own = table.c.flux_id == delivery.id
    whole = and_(table.c.flux_id.is_(None), table.c.pose_le <= delivery.recu_le)
    query = select(table).where(
        table.c.levee_le.is_(None), table.c.appli == delivery.appli, table.c.jusqu > at, or_(own, whole)
    )
    row = conn.execute(query.order_by(table.c.jusqu.desc(), table.c.id)).first()
    return None if row is None else _retenue(row._mapping)


def current(conn: Connection, portee: Portee, at: datetime) -> list[Retenue]:
    """Those that hold at this instant, the first to end first."""
    query = select(table).where(table.c.levee_le.is_(None), table.c.jusqu > at, within(portee, table.c.appli))
    return [_retenue(row._mapping) for row in conn.execute(query.order_by(table.c.jusqu, table.c.id))]


def past(conn: Connection, portee: Portee, at: datetime, limit: int) -> list[Retenue]:
    """The last ones that have ended, by themselves or by somebody."""
    over = or_(table.c.levee_le.is_not(None), table.c.jusqu <= at)
    query = select(table).where(over, within(portee, table.c.appli)).order_by(table.c.id.desc()).limit(limit)
    return [_retenue(row._mapping) for row in conn.execute(query)]


def find(conn: Connection, number: int) -> Retenue | None:
    row = conn.execute(select(table).where(table.c.id == number)).one_or_none()
    return None if row is None else _retenue(row._mapping)


def set_one(
    conn: Connection, appli: str, flux_id: int | None, raison: str, par: str, at: datetime, jusqu: datetime
) -> Retenue:
    """Record one."""
    row = {"appli": appli, "flux_id": flux_id, "raison": raison, "par": par, "pose_le": at, "jusqu": jusqu}
    number = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    return Retenue(number, **row)  # type: ignore[arg-type]


def end(conn: Connection, one: Retenue, raison: str, par: str, at: datetime) -> bool:
    """End one before its time; False when it has ended already."""
    holds = update(table).where(table.c.id == one.id, table.c.levee_le.is_(None), table.c.jusqu > at)
    done = holds.values(levee_le=at, levee_par=par, levee_raison=raison)
    return conn.execute(done).rowcount == 1


# -- the flux_list that they hold -------------------------------------------------------------------------


def lock_unclaimed(conn: Connection, delivery: Flux) -> bool:
    """False for a delivery that is decided, or that a process is just judging; locks its row until commit."""
    open_ = [statut.name for statut in FluxStatut if statut.en_cours]
    free = update(flux).where(
        flux.c.id == delivery.id, flux.c.statut.in_(open_), is_free(flux.c.proprietaire, "")
    )
    return conn.execute(free.values(jeton=flux.c.jeton)).rowcount == 1


def _held_by(one: Retenue) -> ColumnElement[bool]:
    mine = flux.c.id == one.flux_id if one.flux_id is not None else flux.c.recu_le >= one.pose_le
    waits = flux.c.statut == FluxStatut.EN_ATTENTE.name
    return and_(flux.c.appli == one.appli, mine, waits, flux.c.classe == ErrorClass.OPERATOR.name)


def held_by(conn: Connection, one: Retenue, limit: int) -> list[tuple[int, str]]:
    """Deliveries that wait because of one: (id, name), the oldest first."""
    query = select(flux.c.id, flux.c.nom).where(_held_by(one), flux.c.prochain_essai.is_not(None))
    return [(row.id, row.nom) for row in conn.execute(query.order_by(flux.c.id).limit(limit))]


def wake(conn: Connection, one: Retenue, at: datetime) -> int:
    """Have the deliveries that one held tried again by now; how many."""
    asleep = update(flux).where(_held_by(one), flux.c.prochain_essai > at)
    return conn.execute(asleep.values(prochain_essai=at)).rowcount
