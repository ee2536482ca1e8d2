"""The only place where a statut changes. Each change writes the history row that is also the outbox row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, update

from edi.lifecycle.statuts import (
    FACTURE_REPLAY,
    FACTURE_TRANSITIONS,
    FLUX_REPLAY,
    FLUX_TRANSITIONS,
)
from edi.model import FactureStatut, Fait, Flux, FluxStatut
from edi.model.journal import GenreEcriture
from edi.model.statuts import REJEU
from edi.store import flux as flux_store
from edi.store import journal, messages, reprises, suivis
from edi.store.chunks import in_chunks
from edi.store.masse import write_numbered
from edi.store.tables import facture, facture_statut, flux, flux_statut

_CHUNK = 500  # rows in one statement


class LostRace(Exception):
    """The statut was no longer what the caller believed: somebody else moved it first."""


class IllegalTransition(Exception):
    """No table of transitions knows this change: a fault of ours."""


class Change(NamedTuple):
    """One invoice going from one statut to the next; ``emission_id`` names the return flow that tells it."""

    facture_id: int
    before: FactureStatut | None
    after: FactureStatut
    emission_id: int | None = None
    fait: Fait | None = None  # what its destinataire said with it; None: a statut of ours
    montre: FactureStatut | None = None  # what the invoice shows afterwards, where that is not ``after``
    messages: tuple[int, ...] = ()  # the return flows that tell it in the format of the reform


def receive_flux(conn: Connection, ticket: str, appli: str, nom: str, at: datetime) -> Flux:
    """Record a delivery and the first row of its history; a ticket that is known already stays as it is."""
    known = flux_store.find_by_ticket(conn, ticket)
    if known is not None:
        return known
    received = flux_store.record(conn, ticket, appli, nom, at, FluxStatut.RECU)
    row = {"flux_id": received.id, "avant": None, "apres": FluxStatut.RECU.name, "le": at}
    _write_history(conn, row)
    suivis.follow(conn, received.id)
    return received


def advance_flux(
    conn: Connection,
    flux_id: int,
    before: FluxStatut,
    after: FluxStatut,
    at: datetime,
    motif: str = "",
    emission_id: int | None = None,
    *,
    replay: bool = False,
) -> None:
    """Move a flux on, compare-and-swap. Raises LostRace, IllegalTransition.

    ``replay``: under the table of what judging again may change, and under no other.
    """
    table = FLUX_REPLAY if replay else FLUX_TRANSITIONS
    if after not in table.get(before, ()):
        raise IllegalTransition(f"flux {flux_id}: {before.name} -> {after.name}")
    swap = update(flux).where(flux.c.id == flux_id, flux.c.statut == before.name).values(statut=after.name)
    if conn.execute(swap).rowcount != 1:
        raise LostRace(f"flux {flux_id} is no longer {before.name}")
    row = {
        "flux_id": flux_id,
        "avant": before.name,
        "apres": after.name,
        "le": at,
        "motif": motif,
        "emission_id": emission_id,
    }
    _write_history(conn, row)
    suivis.touch_flux(conn, flux_id)


def _write_history(conn: Connection, row: Mapping[str, Any]) -> None:
    written = insert(flux_statut).values(row).returning(flux_statut.c.id)
    journal.tell(conn, GenreEcriture.FLUX, [conn.execute(written).scalar_one()])


def advance_factures(
    conn: Connection, changes: Sequence[Change], at: datetime, *, replay: bool = False
) -> None:
    """Move invoices on, compare-and-swap, in order. Raises LostRace, IllegalTransition.

    ``replay``: under the table of what judging again may change, and under no other.
    """
    table = FACTURE_REPLAY if replay else FACTURE_TRANSITIONS
    for change in changes:
        if change.after not in table.get(change.before, ()):
            before = change.before.name if change.before else "nothing"
            raise IllegalTransition(f"facture {change.facture_id}: {before} -> {change.after.name}")
    if not changes:
        return
    _swap(conn, changes)
    ids: list[int] = []
    for start in range(0, len(changes), _CHUNK):  # rows are made when they are written
        rows = [
            {
                "facture_id": change.facture_id,
                "avant": change.before.name if change.before else None,
                "apres": change.after.name,
                "le": at,
                "emission_id": change.emission_id,
                **_said(change.fait),
                **({"motif": REJEU} if replay else {}),
            }
            for change in changes[start : start + _CHUNK]
        ]
        ids += write_numbered(conn, facture_statut, rows)
    journal.tell(conn, GenreEcriture.FACTURE, ids)
    pairs = zip(ids, changes, strict=True)
    messages.link(conn, [(told, row_id) for row_id, change in pairs for told in change.messages])
    moved = {change.facture_id for change in changes}
    suivis.touch_of_factures(conn, moved)
    reprises.touch_bringers(conn, moved)


def _swap(conn: Connection, changes: Sequence[Change]) -> None:
    """Compare and swap: all invoices that go the same way at once, each from its first to its last statut."""
    first: dict[int, str] = {}
    shown: dict[int, str] = {}
    for change in changes:
        before = change.before.name if change.before else ""
        first.setdefault(change.facture_id, before)
        if shown.get(change.facture_id, before) != before:
            raise LostRace(
                f"facture {change.facture_id} is {shown[change.facture_id]}, not {before or 'new'}"
            )
        shown[change.facture_id] = (change.montre or change.after).name
    ways: dict[tuple[str, str], list[int]] = {}
    for facture_id, before in first.items():
        ways.setdefault((before, shown[facture_id]), []).append(facture_id)
    for (before, after), ids in ways.items():
        for some in in_chunks(ids):
            swap = update(facture).where(facture.c.id.in_(some), facture.c.statut == before)
            if conn.execute(swap.values(statut=after)).rowcount != len(some):
                raise LostRace(f"factures {some[0]} to {some[-1]}: one is no longer {before or 'new'}")


def _said(fait: Fait | None) -> dict[str, datetime | str | int | None]:
    if fait is None:
        return {
            "motif": "",
            "fait_le": None,
            "complement": "",
            "mandat": "",
            "producteur": "",
            "retour_id": None,
        }
    return {
        "motif": fait.motif,
        "fait_le": fait.le,
        "complement": fait.complement,
        "mandat": fait.mandat,
        "producteur": fait.producteur,
        "retour_id": fait.flux_id,
    }
