"""Queries on the replays that people asked for: what each is to judge, how far it is, what it found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, case, delete, func, insert, select, update

from edi.model import Emission, FactureDeposee, IssueRejeu, RejeuLance, Rejouee, Trouve
from edi.store import emissions
from edi.store.chunks import in_chunks
from edi.store.factures import from_row as facture_from_row
from edi.store.tables import emission, facture, flux
from edi.store.tables import rejeu_facture as lignes
from edi.store.tables import rejeu_lance as table


class Nouveau(NamedTuple):
    """A replay to begin."""

    par: str
    cible: str
    adresse: str
    valider: bool
    raison: str
    processus: str


def open_one(
    conn: Connection, nouveau: Nouveau, wanted: Mapping[int, Sequence[int]], at: datetime
) -> RejeuLance:
    """Record a replay and the invoices, by flux, that it is to judge."""
    last = conn.execute(select(func.coalesce(func.max(emission.c.id), 0))).scalar_one()
    row = {**nouveau._asdict(), "demande_le": at, "avance_le": at, "issue": IssueRejeu.EN_COURS.name}
    row["emission_avant"] = last
    rejeu_id = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    rows = [
        {"rejeu_id": rejeu_id, "facture_id": facture_id, "flux_id": flux_id}
        for flux_id, ids in wanted.items()
        for facture_id in ids
    ]
    conn.execute(insert(lignes), rows)
    return get(conn, rejeu_id)


def note(conn: Connection, rejeu_id: int, done: Sequence[Rejouee], at: datetime) -> None:
    """Record what became of some invoices of a replay; a lot of all or nothing brings others of its own."""
    for some in in_chunks({one.facture_id for one in done}):
        conn.execute(delete(lignes).where(lignes.c.rejeu_id == rejeu_id, lignes.c.facture_id.in_(some)))
    rows = [
        one._asdict() | {"rejeu_id": rejeu_id, "avant": _write(one.avant), "apres": _write(one.apres)}
        for one in done
    ]
    if rows:
        conn.execute(insert(lignes), rows)
    conn.execute(update(table).where(table.c.id == rejeu_id).values(avance_le=at))


def end(conn: Connection, rejeu_id: int, issue: IssueRejeu, at: datetime, incident: str = "") -> None:
    """Record how a replay ended."""
    ended = {"issue": issue.name, "fini_le": at, "incident": incident}
    conn.execute(update(table).where(table.c.id == rejeu_id).values(ended))


def _write(found: Iterable[Trouve]) -> str:
    return json.dumps([list(one) for one in found], ensure_ascii=False)


def _select(*wanted: ColumnElement[bool]) -> Select[Any]:
    """Replays with what they have come to."""

    def many(change: str) -> Any:
        return func.sum(case((lignes.c.change == change, 1), else_=0)).label(change)

    counts = (func.count().label("total"), *map(many, ("acceptee", "rejetee", "non_jugee")))
    return select(table, *counts).join(lignes).where(*wanted).group_by(table.c.id)


_PROPRES = [column.name for column in table.c]


def _from_row(row: Row[Any]) -> RejeuLance:
    acceptees, rejetees, non_jugees = int(row.acceptee), int(row.rejetee), int(row.non_jugee)
    values = {name: row._mapping[name] for name in _PROPRES}
    return RejeuLance(
        **values | {"issue": IssueRejeu[row.issue]},
        total=row.total,
        faites=acceptees + rejetees + non_jugees,
        acceptees=acceptees,
        rejetees=rejetees,
        non_jugees=non_jugees,
    )


def find(conn: Connection, rejeu_id: int) -> RejeuLance | None:
    """One replay."""
    row = conn.execute(_select(table.c.id == rejeu_id)).one_or_none()
    return None if row is None else _from_row(row)


def get(conn: Connection, rejeu_id: int) -> RejeuLance:
    """One replay that there is."""
    return _from_row(conn.execute(_select(table.c.id == rejeu_id)).one())


def open_of(conn: Connection, par: str) -> list[RejeuLance]:
    """The replays of somebody that have not ended."""
    return [_from_row(row) for row in conn.execute(_select(table.c.par == par, table.c.fini_le.is_(None)))]


def recent(conn: Connection, limit: int) -> list[RejeuLance]:
    """The last replays, newest first."""
    newest = list(conn.execute(select(table.c.id).order_by(table.c.id.desc()).limit(limit)).scalars())
    query = _select(table.c.id.in_(newest)).order_by(table.c.id.desc())
    return [_from_row(row) for row in conn.execute(query)]


def mark(conn: Connection) -> tuple[int, int]:
    """What is equal as long as no replay has begun or ended."""
    last, ended = conn.execute(
        select(func.coalesce(func.max(table.c.id), 0), func.count(table.c.fini_le))
    ).one()
    return last, ended


def wanted(conn: Connection, rejeu_id: int, change: str = "") -> dict[int, tuple[int, ...]]:
    """The invoices, by flux, that a replay has brought to a change; '' for those still to come."""
    query = select(lignes.c.flux_id, lignes.c.facture_id)
    query = query.where(lignes.c.rejeu_id == rejeu_id, lignes.c.change == change)
    found: dict[int, list[int]] = {}
    for flux_id, facture_id in conn.execute(query.order_by(lignes.c.flux_id, lignes.c.facture_id)):
        found.setdefault(flux_id, []).append(facture_id)
    return {flux_id: tuple(ids) for flux_id, ids in found.items()}


class Ligne(NamedTuple):
    """An invoice of a replay, as it stands now, and what became of it."""

    facture: FactureDeposee
    flux: str  # its reference
    rejouee: Rejouee


def list_done(conn: Connection, rejeu_id: int, change: str, limit: int, apres: int = 0) -> list[Ligne]:
    """The invoices of a replay that came to a change ('' for any), in order, after one of them."""
    query = (
        select(facture, flux.c.idflux, flux.c.nom, *(lignes.c[name].label(f"r_{name}") for name in _DITES))
        .select_from(lignes)
        .join(facture, facture.c.id == lignes.c.facture_id)
        .join(flux, flux.c.id == lignes.c.flux_id)
        .where(lignes.c.rejeu_id == rejeu_id, lignes.c.facture_id > apres, lignes.c.change != "")
    )
    if change:
        query = query.where(lignes.c.change == change)
    rows = conn.execute(query.order_by(lignes.c.facture_id).limit(limit))
    return [Ligne(facture_from_row(row), row.idflux or row.nom, _read(row)) for row in rows]


_DITES = ("facture_id", "flux_id", "change", "raison", "avant", "apres")


def _read(row: Row[Any]) -> Rejouee:
    avant, apres = (tuple(Trouve(*one) for one in json.loads(text)) for text in (row.r_avant, row.r_apres))
    return Rejouee(row.r_facture_id, row.r_flux_id, row.r_change, row.r_raison, avant, apres)


def answers(conn: Connection, rejeu: RejeuLance, limit: int) -> list[Emission]:
    """The return flows that were booked for what a replay has accepted, the first ones."""
    flux_ids = (
        select(lignes.c.flux_id)
        .where(lignes.c.rejeu_id == rejeu.id, lignes.c.change == "acceptee")
        .distinct()
    )
    query = select(emission).where(emission.c.flux_id.in_(flux_ids), emission.c.id > rejeu.emission_avant)
    return [emissions.from_row(row) for row in conn.execute(query.order_by(emission.c.id).limit(limit))]
