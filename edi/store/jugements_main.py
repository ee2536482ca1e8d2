"""Queries on undecided invoices, and on what two persons say of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from edi.model import Flux, FluxStatut, Portee
from edi.model.jugements_main import Doute, Indecise, JugementMain
from edi.store import flux as flux_store
from edi.store.portee import within
from edi.store.tables import flux, indecise
from edi.store.tables import jugement_main as table

_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]


def _read(text: str) -> tuple[Doute, ...]:
    return tuple(Doute(*one) for one in json.loads(text))


def _write(doutes: Sequence[Doute]) -> str:
    return json.dumps(list(doutes), ensure_ascii=False)


def _indecise(row: Mapping[Any, Any]) -> Indecise:
    return Indecise(**{**row, "doutes": _read(row["doutes"])})


def _jugement(row: Mapping[Any, Any]) -> JugementMain:
    return JugementMain(**{**row, "doutes": _read(row["doutes"])})


# -- what waits -------------------------------------------------------------------------------------------


def replace_undecided(conn: Connection, flux_id: int, some: Sequence[Indecise]) -> None:
    """Record what waits in a flux after a pass, in the place of what did before."""
    conn.execute(delete(indecise).where(indecise.c.flux_id == flux_id))
    rows = [{**asdict(one), "doutes": _write(one.doutes)} for one in some]
    for row in rows:
        row.pop("id")
    if rows:
        conn.execute(insert(indecise), rows)


def undecided(conn: Connection, flux_id: int) -> list[Indecise]:
    """What waits in a flux that is not decided, in its order."""
    query = (
        select(indecise)
        .join(flux, flux.c.id == indecise.c.flux_id)
        .where(indecise.c.flux_id == flux_id, flux.c.statut.in_(_OPEN))
    )
    return [_indecise(row._mapping) for row in conn.execute(query.order_by(indecise.c.id))]


def find_undecided(conn: Connection, number: int) -> Indecise | None:
    """One of them."""
    row = conn.execute(select(indecise).where(indecise.c.id == number)).one_or_none()
    if row is None:
        return None
    return next((one for one in undecided(conn, row.flux_id) if one.id == number), None)


# -- what is said of it -----------------------------------------------------------------------------------


def propose(
    conn: Connection, one: Indecise, issue: str, motif: str, raison: str, par: str, at: datetime
) -> JugementMain | None:
    """Record what somebody proposes of an invoice; None when another proposal of it is not answered."""
    row = {
        "flux_id": one.flux_id,
        "fichier": one.fichier,
        "rang": one.rang,
        "numero": one.numero,
        "sha256": one.sha256,
        "doutes": _write(one.retiennent),
        "issue": issue,
        "motif": motif,
        "raison": raison,
        "propose_par": par,
        "propose_le": at,
    }
    try:
        with conn.begin_nested():
            number = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    except IntegrityError:
        return None
    return get(conn, number)


def get(conn: Connection, number: int) -> JugementMain:
    """Raises NoResultFound."""
    return _jugement(conn.execute(select(table).where(table.c.id == number)).one()._mapping)


def find(conn: Connection, number: int) -> JugementMain | None:
    row = conn.execute(select(table).where(table.c.id == number)).one_or_none()
    return None if row is None else _jugement(row._mapping)


def answer(conn: Connection, one: JugementMain, confirme: bool, reponse: str, par: str, at: datetime) -> bool:
    """Record what another person answers; False when somebody did first."""
    said = {"confirme": confirme, "reponse": reponse, "repondu_par": par, "repondu_le": at}
    unanswered = update(table).where(table.c.id == one.id, table.c.confirme.is_(None))
    return conn.execute(unanswered.values(said)).rowcount == 1


def of_flux(conn: Connection, flux_id: int) -> list[JugementMain]:
    """All that was ever said of the invoices of a flux, oldest first."""
    query = select(table).where(table.c.flux_id == flux_id).order_by(table.c.id)
    return [_jugement(row._mapping) for row in conn.execute(query)]


class AConfirmer(NamedTuple):
    """A proposal that waits for another person, and its flux."""

    jugement: JugementMain
    flux: Flux


def unanswered(conn: Connection, portee: Portee, limit: int) -> list[AConfirmer]:
    """Proposals of invoices that still wait, oldest first. Those whose invoice was decided have lapsed."""
    same = and_(
        indecise.c.flux_id == table.c.flux_id,
        indecise.c.fichier == table.c.fichier,
        indecise.c.rang == table.c.rang,
    )
    query = (
        select(table.c.id)
        .join(flux, flux.c.id == table.c.flux_id)
        .where(table.c.confirme.is_(None), flux.c.statut.in_(_OPEN), within(portee, flux.c.appli))
        .where(select(indecise.c.id).where(same).exists())
        .order_by(table.c.id)
        .limit(limit)
    )
    found = [get(conn, number) for number in conn.execute(query).scalars().all()]
    return [AConfirmer(one, flux_store.get(conn, one.flux_id)) for one in found]
