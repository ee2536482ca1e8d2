"""Queries on messages of cycle de vie (CDAR): what each return flow of that format tells."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from edi.store.chunks import in_chunks
from edi.store.tables import emission
from edi.store.tables import message_cdv as table


class MessagePrevu(NamedTuple):
    """What one message tells: a statut of the reform, of an invoice, of a file, or of the flux itself."""

    statut: str  # MDT-105
    facture_id: int | None = None
    fichier: str = ""  # name of the file; '' with no invoice: the flux itself
    pose_le: datetime | None = None  # when its author gave it; None: when the flow was booked
    raisons: tuple[tuple[str, str], ...] = ()  # motif and note of each, where its author gave them


def record(conn: Connection, emission_id: int, message: MessagePrevu) -> None:
    """Book what a return flow tells, in the transaction that books the flow."""
    told = {**message._asdict(), "raisons": json.dumps(message.raisons, ensure_ascii=False)}
    conn.execute(insert(table).values(emission_id=emission_id, **told))


def link(conn: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Say which change of an invoice each return flow tells: (return flow, row of its history)."""
    if pairs:
        rows = [{"b_emission": told, "b_change": change} for told, change in pairs]
        query = update(table).where(table.c.emission_id == bindparam("b_emission"))
        conn.execute(query.values(facture_statut_id=bindparam("b_change")), rows)


def get(conn: Connection, emission_id: int) -> MessagePrevu:
    """What a return flow tells. Raises LookupError."""
    columns = (table.c.statut, table.c.facture_id, table.c.fichier, table.c.pose_le, table.c.raisons)
    row = conn.execute(select(*columns).where(table.c.emission_id == emission_id)).one_or_none()
    if row is None:
        raise LookupError(f"return flow {emission_id} tells no message")
    raisons = tuple((motif, note) for motif, note in json.loads(row.raisons))
    return MessagePrevu(row.statut, row.facture_id, row.fichier, row.pose_le, raisons)


def said(conn: Connection, appli: str, facture_id: int) -> set[tuple[str, datetime | None]]:
    """What a partner was told of an invoice, or will be: statuts of the reform and when they were given."""
    query = (
        select(table.c.statut, table.c.pose_le)
        .join(emission, emission.c.id == table.c.emission_id)
        .where(table.c.facture_id == facture_id, emission.c.appli == appli)
    )
    return {(row.statut, row.pose_le) for row in conn.execute(query)}


def names_of(conn: Connection, changes: Collection[int]) -> dict[int, list[str]]:
    """The return flows that tell some changes of statut in the format of the reform, by change."""
    found: dict[int, list[str]] = {}
    for some in in_chunks(changes):
        query = (
            select(table.c.facture_statut_id, emission.c.nom)
            .join(emission, emission.c.id == table.c.emission_id)
            .where(table.c.facture_statut_id.in_(some))
            .order_by(emission.c.id)
        )
        for row in conn.execute(query):
            found.setdefault(row.facture_statut_id, []).append(row.nom)
    return found
