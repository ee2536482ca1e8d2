"""Queries on deliveries. Statuts are changed by ``edi.lifecycle.advance`` alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from edi.model import Flux, FluxStatut
from edi.store.tables import finding
from edi.store.tables import flux as table


def _flux(row: Row[Any]) -> Flux:
    values = dict(row._mapping)
    return Flux(**{**values, "statut": FluxStatut[values["statut"]]})


def record(conn: Connection, ticket: str, appli: str, nom: str, at: datetime, statut: FluxStatut) -> Flux:
    """Make the row of a new delivery. Raises IntegrityError when the ticket is known."""
    row = {"ticket": ticket, "appli": appli, "nom": nom, "recu_le": at, "statut": statut.name}
    return get(conn, conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one())


def find_by_ticket(conn: Connection, ticket: str) -> Flux | None:
    row = conn.execute(select(table).where(table.c.ticket == ticket)).one_or_none()
    return None if row is None else _flux(row)


def get(conn: Connection, flux_id: int) -> Flux:
    """Raises NoResultFound."""
    return _flux(conn.execute(select(table).where(table.c.id == flux_id)).one())


def describe(conn: Connection, flux_id: int, **values: str | int | None) -> None:
    """Record what was learnt of a delivery: interface, idflux, sha256, taille, counts, incident..."""
    if "statut" in values:
        raise ValueError("a statut is changed by edi.lifecycle.advance")
    conn.execute(update(table).where(table.c.id == flux_id).values(**values))


def earlier_deliveries(conn: Connection, delivery: Flux) -> tuple[Flux, ...]:
    """Deliveries before this one with its flux id (its very name when it has no flux id), oldest first.

    Reminders are left out: they repeat another one.
    """
    same = table.c.idflux == delivery.idflux if delivery.idflux else table.c.nom == delivery.nom
    query = (
        select(table)
        .where(same, table.c.appli == delivery.appli, table.c.id < delivery.id)
        .where(table.c.statut != FluxStatut.RAPPEL.name)
        .order_by(table.c.id)
    )
    return tuple(_flux(row) for row in conn.execute(query))


def received_since(conn: Connection, appli: str, noms: Collection[str], at: datetime) -> frozenset[str]:
    """Which of these names a déposant has delivered after an instant."""
    query = select(table.c.nom).where(table.c.appli == appli, table.c.recu_le > at)
    return frozenset(noms) & frozenset(conn.execute(query).scalars())


def search(
    conn: Connection,
    *,
    appli: str = "",
    statuts: Sequence[FluxStatut] = (),
    text: str = "",
    code: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, tuple[Flux, ...]]:
    """How many deliveries match, and a page of them, newest first. ``text``: flux id or file name."""
    query: Select[Any] = select(table)
    if appli:
        query = query.where(table.c.appli == appli)
    if statuts:
        query = query.where(table.c.statut.in_([statut.name for statut in statuts]))
    if text:
        query = query.where(or_(table.c.idflux == text, table.c.nom.startswith(text, autoescape=True)))
    if code:
        query = query.where(table.c.id.in_(select(finding.c.flux_id).where(finding.c.code == code)))
    total = conn.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    page = conn.execute(query.order_by(table.c.id.desc()).limit(limit).offset(offset))
    return total, tuple(_flux(row) for row in page)
