"""Queries on what is put on servers besides return flows: restes and statuts of flux_list."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from edi.model import Envoi, NatureEnvoi
from edi.model.journal import GenreEcriture, Ligne
from edi.store import flux as flux_store
from edi.store import journal
from edi.store.tables import envoi as table
from edi.store.tables import flux

_MANY = 200  # in one page


def plan(conn: Connection, flux_id: int, nature: NatureEnvoi, revision: int) -> None:
    """Book what is to be put on a server; what was booked or put before is put again as it is now."""
    told = {"revision": revision, "livre_le": None, "essais": 0, "prochain_essai": None, "incident": ""}
    again = update(table).where(_is(flux_id, nature)).values(told)
    if not conn.execute(again).rowcount:
        conn.execute(insert(table).values(flux_id=flux_id, nature=nature.value, **told))


def pending(
    conn: Connection, nature: NatureEnvoi, applis: Collection[str], due: datetime, after: int = 0
) -> tuple[Envoi, ...]:
    """What has still to be put on servers for those déposants and is due, some at a time, by flux.

    ``after`` is the id of the last flux of the page before.
    """
    query = (
        select(table)
        .join(flux, table.c.flux_id == flux.c.id)
        .where(table.c.livre_le.is_(None), table.c.nature == nature.value)
        .where(flux.c.appli.in_(applis), flux.c.id > after)
        .where(or_(table.c.prochain_essai.is_(None), table.c.prochain_essai <= due))
        .order_by(flux.c.id)
        .limit(_MANY)
    )
    return tuple(_envoi(conn, row) for row in conn.execute(query).all())


def _envoi(conn: Connection, row: Row[Any]) -> Envoi:
    values = dict(row._mapping)
    told = flux_store.get(conn, values.pop("flux_id"))
    return Envoi(told, **{**values, "nature": NatureEnvoi(values["nature"])})


def of_flux(conn: Connection, flux_id: int) -> tuple[Envoi, ...]:
    """What was put, or is to be put, on a server about one flux."""
    query = select(table).where(table.c.flux_id == flux_id).order_by(table.c.nature)
    return tuple(_envoi(conn, row) for row in conn.execute(query).all())


def count_pending(conn: Connection, nature: NatureEnvoi, applis: Collection[str]) -> int:
    query = select(func.count()).select_from(table.join(flux, table.c.flux_id == flux.c.id))
    wanted = and_(table.c.livre_le.is_(None), table.c.nature == nature.value, flux.c.appli.in_(applis))
    return conn.execute(query.where(wanted)).scalar_one()


def begin(conn: Connection, envoi: Envoi) -> None:
    """A try begins: from now on its outcome is unknown until it is confirmed or asked for."""
    conn.execute(update(table).where(_is_same(envoi)).values(essais=table.c.essais + 1))


def confirm(conn: Connection, envoi: Envoi, serveur: str, at: datetime) -> None:
    """It lies on that server as it was told, unless it has changed meanwhile and is put again."""
    done = {"livre_le": at, "serveur": serveur, "prochain_essai": None, "incident": ""}
    conn.execute(update(table).where(_is_same(envoi)).values(done))
    told = {"nature": envoi.nature.value, "revision": envoi.revision, "serveur": serveur}
    journal.note(conn, Ligne(GenreEcriture.ENVOI, envoi.flux.nom, told, at, envoi.flux.id))


def fail(conn: Connection, envoi: Envoi, incident: str, prochain_essai: datetime) -> None:
    """The try did not come to an end that we know; the next one is at that instant."""
    values = {"incident": incident, "prochain_essai": prochain_essai}
    conn.execute(update(table).where(_is_same(envoi)).values(values))


def _is(flux_id: int, nature: NatureEnvoi) -> Any:
    return and_(table.c.flux_id == flux_id, table.c.nature == nature.value)


def _is_same(envoi: Envoi) -> Any:
    return and_(_is(envoi.flux.id, envoi.nature), table.c.revision == envoi.revision)
