"""Queries on messages of cycle de vie (CDAR): what each return flow of that format tells."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from edi.store.tables import message_cdv as table


class MessagePrevu(NamedTuple):
    """What one message tells: a statut of the reform, of an invoice, of a file, or of the flux itself."""

    statut: str  # MDT-105
    facture_id: int | None = None
    fichier: str = ""  # name of the file; '' with no invoice: the flux itself


def record(conn: Connection, emission_id: int, message: MessagePrevu) -> None:
    """Book what a return flow tells, in the transaction that books the flow."""
    conn.execute(insert(table).values(emission_id=emission_id, **message._asdict()))


def get(conn: Connection, emission_id: int) -> MessagePrevu:
    """What a return flow tells. Raises LookupError."""
    columns = (table.c.statut, table.c.facture_id, table.c.fichier)
    row = conn.execute(select(*columns).where(table.c.emission_id == emission_id)).one_or_none()
    if row is None:
        raise LookupError(f"return flow {emission_id} tells no message")
    return MessagePrevu(*row)
