"""Queries on the life of invoices: the statuts they took, what was said with each, what tells it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select

from edi.model import FactureDeposee, FactureStatut, Fait, Identifiant, Partie
from edi.store import messages
from edi.store.chunks import in_chunks
from edi.store.factures import from_row
from edi.store.tables import emission, facture_statut, reprise
from edi.store.tables import facture as table

_FAIT = ("fait_le", "complement", "mandat", "producteur", "retour_id")


class Passage(NamedTuple):
    """One statut that an invoice took."""

    statut: FactureStatut
    le: datetime  # by our clock
    dit_par: tuple[str, ...]  # names of the return flows that tell it
    fait: Fait  # what was said with it


def history(conn: Connection, facture_id: int) -> list[Passage]:
    """The statuts of an invoice, oldest first."""
    said = facture_statut.c
    query: Select[Any] = (
        select(said.id, said.apres, said.le, said.motif, *(said[name] for name in _FAIT), emission.c.nom)
        .outerjoin(emission, emission.c.id == said.emission_id)
        .where(said.facture_id == facture_id)
        .order_by(said.id)
    )
    rows = conn.execute(query).all()
    told = messages.names_of(conn, [row.id for row in rows])
    return [
        Passage(
            FactureStatut[row.apres],
            row.le,
            tuple(dict.fromkeys(filter(None, (row.nom, *told.get(row.id, ()))))),
            _fait(row),
        )
        for row in rows
    ]


def first_said(conn: Connection, facture_id: int) -> datetime:
    """When the first statut of an invoice was given; it has one."""
    query = select(facture_statut.c.le).where(facture_statut.c.facture_id == facture_id)
    found: datetime = conn.execute(query.order_by(facture_statut.c.id).limit(1)).scalar_one()
    return found


def statuts_since(conn: Connection, flux_id: int) -> dict[int, Any]:
    """Since when each invoice of a delivery has its statut."""
    query = select(facture_statut.c.facture_id, func.max(facture_statut.c.le).label("le"))
    query = query.join(table, table.c.id == facture_statut.c.facture_id).where(table.c.flux_id == flux_id)
    return {row.facture_id: row.le for row in conn.execute(query.group_by(facture_statut.c.facture_id))}


def said_by_destinataires(conn: Connection, flux_id: int) -> dict[int, Fait]:
    """What destinataires said with the statut that each invoice of a delivery shows; not with ours."""
    told = facture_statut.c
    query = (
        select(told.facture_id, told.le, told.motif, *(told[name] for name in _FAIT))
        .join(table, table.c.id == told.facture_id)
        .where(table.c.flux_id == flux_id, told.retour_id.is_not(None), told.apres == table.c.statut)
        .order_by(told.id)
    )
    return {row.facture_id: _fait(row) for row in conn.execute(query)}


def statuts_told_by(conn: Connection, emission_id: int) -> list[tuple[FactureDeposee, FactureStatut, Fait]]:
    """What one cycle de vie flow tells: (invoice, statut, what was said with it), in order."""
    told = facture_statut.c
    query = (
        select(table, told.apres, told.le, told.motif, *(told[name] for name in _FAIT))
        .join(facture_statut, told.facture_id == table.c.id)
        .where(told.emission_id == emission_id)
        .order_by(told.id)
    )
    rows = conn.execute(query).all()
    last = {row.id: row for row in rows}  # an invoice often takes two statuts at once
    known = {facture_id: from_row(row) for facture_id, row in last.items()}
    moved = _moved_since(conn, known.keys())
    return [
        (_as_it_stood(known[row.id], row.le, moved), FactureStatut[row.apres], _fait(row)) for row in rows
    ]


def _moved_since(conn: Connection, ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """The times that some invoices were taken up again, oldest first, with where each was to go before."""
    found: dict[int, list[Row[Any]]] = {}
    for some in in_chunks(ids):
        for row in conn.execute(select(reprise).where(reprise.c.facture_id.in_(some)).order_by(reprise.c.id)):
            found.setdefault(row.facture_id, []).append(row)
    return found


def _as_it_stood(one: FactureDeposee, at: Any, moved: Mapping[int, list[Row[Any]]]) -> FactureDeposee:
    """The invoice with where it was to go when it took a statut, so that telling it later says the same."""
    after = next((row for row in moved.get(one.id, ()) if row.le > at), None)
    if after is None:
        return one
    destinataire = Partie(Identifiant(after.destinataire_type, after.destinataire), after.destinataire_nom)
    return replace(one, destinataire=destinataire, service=after.service, engagement=after.engagement)


def _fait(row: Row[Any]) -> Fait:
    return Fait(row.fait_le or row.le, row.motif, row.complement, row.mandat, row.producteur, row.retour_id)
