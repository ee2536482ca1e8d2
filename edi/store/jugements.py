"""Queries on judgements: what each decided, and how far the histories had come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, func, insert, select

from edi.model import Jugement, Passe, Reglage, Repere
from edi.store import reglages
from edi.store.chunks import in_chunks
from edi.store.masse import write_rows
from edi.store.packs import PackSet, read_set, record_sets
from edi.store.tables import (
    annuaire_import,
    facture_statut,
    flux_statut,
    jugement_facture,
    mandat_evenement,
    pack_set,
    reglage,
    reprise,
)
from edi.store.tables import jugement as table

_HISTOIRES: dict[str, Table] = {
    "annuaire": annuaire_import,
    "mandats": mandat_evenement,
    "factures": facture_statut,
    "flux": flux_statut,
    "reprises": reprise,
}


class Nouveau(NamedTuple):
    """A judgement about to decide."""

    flux_id: int
    passe: Passe
    le: datetime
    jour: date
    repere: Repere
    reglage: Reglage


def record(conn: Connection, nouveau: Nouveau) -> int:
    """The id of a judgement, recorded."""
    row = {
        "flux_id": nouveau.flux_id,
        "passe": nouveau.passe.name,
        "le": nouveau.le,
        "jour": nouveau.jour,
        "reglage_id": reglages.record(conn, nouveau.reglage, nouveau.le),
        **nouveau.repere._asdict(),
    }
    return int(conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one())


def link(conn: Connection, jugement_id: int, decided: Mapping[int, PackSet]) -> None:
    """Say which invoices a judgement decided, each with the packs that it was judged under."""
    sets = record_sets(conn, {packs for packs in decided.values() if packs})
    rows = [
        {"jugement_id": jugement_id, "facture_id": facture_id, "pack_set_id": sets.get(packs)}
        for facture_id, packs in decided.items()
    ]
    if rows:
        write_rows(conn, jugement_facture, rows)


def repere_now(conn: Connection) -> Repere:
    """How far the histories have come."""
    ends = (func.max(history.c.id) for history in _HISTOIRES.values())
    return _repere(conn, *(select(end).scalar_subquery() for end in ends))


def repere_at(conn: Connection, at: datetime) -> Repere:
    """How far they had come at an instant, by the instants of their rows."""
    ends = (select(func.max(h.c.id)).where(h.c.le <= at).scalar_subquery() for h in _HISTOIRES.values())
    return _repere(conn, *ends)


def _repere(conn: Connection, *ends: Any) -> Repere:
    row = conn.execute(select(*(func.coalesce(end, 0) for end in ends))).one()
    return Repere(**dict(zip(_HISTOIRES, row, strict=True)))


def of_flux(conn: Connection, flux_id: int) -> list[Jugement]:
    """The judgements of a delivery, oldest first."""
    return _read(conn, table.c.flux_id == flux_id)


def of_factures(conn: Connection, facture_ids: Collection[int]) -> dict[int, list[tuple[Jugement, PackSet]]]:
    """The judgements that decided each of these invoices, oldest first, with the packs of each."""
    links: list[Row[Any]] = []
    for some in in_chunks(set(facture_ids)):
        query = select(jugement_facture, pack_set.c.packs).outerjoin(pack_set)
        query = query.where(jugement_facture.c.facture_id.in_(some))
        links += conn.execute(query.order_by(jugement_facture.c.jugement_id))
    known: dict[int, Jugement] = {}
    for chunk in in_chunks({row.jugement_id for row in links}):
        known |= {one.id: one for one in _read(conn, table.c.id.in_(chunk))}
    found: dict[int, list[tuple[Jugement, PackSet]]] = {}
    for row in links:
        packs = read_set(row.packs) if row.packs else ()
        found.setdefault(row.facture_id, []).append((known[row.jugement_id], packs))
    return found


def _read(conn: Connection, where: ColumnElement[bool]) -> list[Jugement]:
    query = select(table, reglage.c.texte).join(reglage, reglage.c.id == table.c.reglage_id).where(where)
    return [_jugement(row) for row in conn.execute(query.order_by(table.c.id))]


def _jugement(row: Row[Any]) -> Jugement:
    repere = Repere(**{name: row._mapping[name] for name in _HISTOIRES})
    read = reglages.read(row.texte)
    return Jugement(row.id, row.flux_id, Passe[row.passe], row.le, row.jour, repere, read)
