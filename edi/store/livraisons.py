"""Queries on return flows that are put on servers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from edi.model import Emission, Livraison
from edi.model.journal import GenreEcriture
from edi.store import journal
from edi.store.tables import emission
from edi.store.tables import livraison as table


def _livraison(row: Row[Any]) -> Livraison:
    values = dict(row._mapping)
    booked = Emission(**{column.name: values[f"e_{column.name}"] for column in emission.c})
    rest = {column.name: values[column.name] for column in table.c if column.name != "emission_id"}
    return Livraison(booked, **rest)


_ALL = select(*table.c, *(column.label(f"e_{column.name}") for column in emission.c)).join(
    emission, emission.c.id == table.c.emission_id
)


# Still to be put on a server, or to be put there once more.
TO_DELIVER = or_(table.c.livre_le.is_(None), table.c.redemandee_le.is_not(None))


def plan(conn: Connection, emission_id: int) -> None:
    """Book the delivery of a booked return flow."""
    conn.execute(insert(table).values(emission_id=emission_id))


def adopt(conn: Connection, applis: Collection[str]) -> None:
    """Book the delivery of what was booked before these partners had a server, and has not left."""
    owed = emission.c.appli.in_(applis) & emission.c.emis_le.is_(None)
    orphans = select(emission.c.id).where(owed, emission.c.id.not_in(select(table.c.emission_id)))
    conn.execute(insert(table).from_select(["emission_id"], orphans))


def pending(conn: Connection, applis: Collection[str], due: datetime | None = None) -> tuple[Livraison, ...]:
    """What has still to be put on servers for those déposants, oldest first; only what is due by then."""
    query = _ALL.where(TO_DELIVER, emission.c.appli.in_(applis)).order_by(emission.c.id)
    if due is not None:
        query = query.where(
            or_(table.c.prochain_essai.is_(None), table.c.prochain_essai <= due),
            or_(emission.c.pas_avant.is_(None), emission.c.pas_avant <= due),
        )
    return tuple(map(_livraison, conn.execute(query)))


def of_flux(conn: Connection, flux_id: int) -> dict[int, Livraison]:
    """The deliveries of the answers to one flux, by emission."""
    rows = conn.execute(_ALL.where(emission.c.flux_id == flux_id))
    return {found.emission.id: found for found in map(_livraison, rows)}


def count_pending(conn: Connection, applis: Collection[str]) -> int:
    query = select(func.count()).select_from(table.join(emission, emission.c.id == table.c.emission_id))
    return conn.execute(query.where(TO_DELIVER, emission.c.appli.in_(applis))).scalar_one()


def begin(conn: Connection, emission_id: int) -> None:
    """A try begins: from now on its outcome is unknown until it is confirmed or asked for."""
    conn.execute(update(table).where(table.c.emission_id == emission_id).values(essais=table.c.essais + 1))


def confirm(conn: Connection, emission_id: int, serveur: str, at: datetime) -> None:
    """It lies on that server, whole, under its name. When it first did is never written anew."""
    mine = table.c.emission_id == emission_id
    done = {"redemandee_le": None, "prochain_essai": None, "incident": ""}
    first = update(table).where(mine, table.c.livre_le.is_(None))
    if conn.execute(first.values(livre_le=at, serveur=serveur, **done)).rowcount:
        journal.tell(conn, GenreEcriture.LIVRAISON, [emission_id])
    else:
        conn.execute(update(table).where(mine).values(done))


def ask_again(conn: Connection, emission_id: int, at: datetime) -> bool:
    """Have what lies on its server put there once more; False when it is to be put there already."""
    if conn.execute(select(table.c.emission_id).where(table.c.emission_id == emission_id)).first() is None:
        plan(conn, emission_id)  # it left before its partner had a server
        return True
    mine = update(table).where(table.c.emission_id == emission_id)
    free = mine.where(table.c.livre_le.is_not(None), table.c.redemandee_le.is_(None))
    return conn.execute(free.values(redemandee_le=at, prochain_essai=None, incident="")).rowcount == 1


def fail(conn: Connection, emission_id: int, incident: str, prochain_essai: datetime) -> None:
    """The try did not come to an end that we know; the next one is at that instant."""
    values = {"incident": incident, "prochain_essai": prochain_essai}
    conn.execute(update(table).where(table.c.emission_id == emission_id).values(values))
