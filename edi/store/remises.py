"""Queries on what is handed over to destinataires."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from edi.model import FactureDeposee
from edi.store.factures import from_row
from edi.store.tables import facture
from edi.store.tables import remise as table


def plan(conn: Connection, emission_id: int, facture_ids: Collection[int]) -> None:
    """Say which invoices a booked pivot flow hands over."""
    rows = [{"emission_id": emission_id, "facture_id": facture_id} for facture_id in facture_ids]
    conn.execute(insert(table), rows)


def of_emission(conn: Connection, emission_id: int) -> list[FactureDeposee]:
    """The invoices of a pivot flow, in the order of their flux; nobody else moves them until commit."""
    query = (
        select(facture)
        .join(table, table.c.facture_id == facture.c.id)
        .where(table.c.emission_id == emission_id)
        .order_by(facture.c.ordre)
        .with_for_update()
    )
    return [from_row(row) for row in conn.execute(query)]
