"""Queries on deliveries. Statuts are changed by ``edi.lifecycle.advance`` alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from edi.model import ErrorClass, Flux, FluxStatut
from edi.model.journal import GenreEcriture
from edi.store import journal
from edi.store.chunks import in_chunks
from edi.store.tables import emission, finding, flux_statut
from edi.store.tables import flux as table


def from_row(row: Row[Any]) -> Flux:
    """A delivery as its row tells it."""
    return from_mapping(row._mapping)


def from_mapping(row: Mapping[Any, Any]) -> Flux:
    """The same from the columns of its table, by name."""
    values = dict(row)
    classe = ErrorClass[values["classe"]] if values["classe"] else None
    return Flux(**{**values, "statut": FluxStatut[values["statut"]], "classe": classe})


def record(conn: Connection, ticket: str, appli: str, nom: str, at: datetime, statut: FluxStatut) -> Flux:
    """Make the row of a new delivery. Raises IntegrityError when the ticket is known."""
    row = {"ticket": ticket, "appli": appli, "nom": nom, "recu_le": at, "statut": statut.name}
    return get(conn, conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one())


def find_by_ticket(conn: Connection, ticket: str) -> Flux | None:
    row = conn.execute(select(table).where(table.c.ticket == ticket)).one_or_none()
    return None if row is None else from_row(row)


def newest_instant(conn: Connection) -> datetime | None:
    """The latest instant at which anything was received or changed its statut."""
    seen: list[datetime | None] = [
        conn.execute(select(func.max(table.c.recu_le))).scalar_one(),
        # The rows of the history are written in the order of their instants: its end is enough to look at.
        conn.execute(
            select(flux_statut.c.le).order_by(flux_statut.c.id.desc()).limit(1)
        ).scalar_one_or_none(),
    ]
    return max((one for one in seen if one is not None), default=None)


def get(conn: Connection, flux_id: int) -> Flux:
    """Raises NoResultFound."""
    return from_row(conn.execute(select(table).where(table.c.id == flux_id)).one())


def describe(conn: Connection, flux_id: int, **values: str | int | datetime | None) -> None:
    """Record what was learnt of a delivery: interface, idflux, sha256, taille, counts, incident..."""
    if "statut" in values:
        raise ValueError("a statut is changed by edi.lifecycle.advance")
    if "sha256" in values and get(conn, flux_id).sha256 != values["sha256"]:
        journal.tell(conn, GenreEcriture.RECEPTION, [flux_id])
    conn.execute(update(table).where(table.c.id == flux_id).values(**values))


def due(conn: Connection, at: datetime) -> set[str]:
    """The tickets of the held deliveries that are to be tried again by ``at``."""
    query = select(table.c.ticket).where(table.c.statut == FluxStatut.EN_ATTENTE.name)
    return set(conn.execute(query.where(table.c.prochain_essai <= at)).scalars())


def tried(conn: Connection, tickets: Sequence[str]) -> set[str]:
    """Of some tickets, those of deliveries that were tried before and came to nothing."""
    known: set[str] = set()
    for some in in_chunks(tickets):
        query = select(table.c.ticket).where(table.c.ticket.in_(some), table.c.tentatives > 0)
        known |= set(conn.execute(query).scalars())
    return known


def under_way(conn: Connection) -> tuple[Flux, ...]:
    """Every delivery that is not decided."""
    open_ = [statut.name for statut in FluxStatut if statut.en_cours]
    query = select(table).where(table.c.statut.in_(open_)).order_by(table.c.id)
    return tuple(from_row(row) for row in conn.execute(query))


def wake(conn: Connection, at: datetime) -> int:
    """Something changed that held deliveries may have waited for: try again now what is tried at all."""
    held = update(table).where(table.c.statut == FluxStatut.EN_ATTENTE.name)
    return conn.execute(held.where(table.c.prochain_essai > at).values(prochain_essai=at)).rowcount


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
    return tuple(from_row(row) for row in conn.execute(query))


def same_reference(conn: Connection, delivery: Flux) -> list[int]:
    """The deliveries of a déposant with the flux id of this one, oldest first; it alone when it has none."""
    if not delivery.idflux:
        return [delivery.id]
    query = select(table.c.id).where(table.c.idflux == delivery.idflux, table.c.appli == delivery.appli)
    return list(conn.execute(query.order_by(table.c.id)).scalars())


def received_between(conn: Connection, appli: str, start: datetime, end: datetime) -> list[int]:
    """The deliveries of a déposant received from ``start`` on and before ``end``, in order of arrival."""
    query = select(table.c.id).where(table.c.appli == appli, table.c.recu_le >= start, table.c.recu_le < end)
    return list(conn.execute(query.order_by(table.c.id)).scalars())


def statut_since(conn: Connection, flux_id: int) -> datetime:
    """Since when a delivery has its statut."""
    query = select(flux_statut.c.le).where(flux_statut.c.flux_id == flux_id)
    since: datetime = conn.execute(query.order_by(flux_statut.c.id.desc()).limit(1)).scalar_one()
    return since


class Etape(NamedTuple):
    """One change of statut of a delivery."""

    avant: FluxStatut | None
    apres: FluxStatut
    le: datetime
    motif: str
    dit_par: str  # name of the return flow that tells it; '' for none


def history(conn: Connection, flux_id: int) -> list[Etape]:
    """The statuts of a delivery, oldest first."""
    told = flux_statut.c
    query = (
        select(told.avant, told.apres, told.le, told.motif, emission.c.nom)
        .outerjoin(emission, emission.c.id == told.emission_id)
        .where(told.flux_id == flux_id)
        .order_by(told.id)
    )
    return [
        Etape(avant and FluxStatut[avant], FluxStatut[apres], le, motif, nom or "")
        for avant, apres, le, motif, nom in conn.execute(query)
    ]


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
    return total, tuple(from_row(row) for row in page)
