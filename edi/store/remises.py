"""Queries on what is handed over to destinataires."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from edi.model import FactureDeposee
from edi.store.factures import from_row
from edi.store.masse import write_rows
from edi.store.tables import facture
from edi.store.tables import remise as table


def plan(conn: Connection, emission_id: int, factures: Mapping[int, int | None]) -> None:
    """Say which invoices a booked pivot flow hands over, each with its last reprise (None: it has none)."""
    rows = [
        {"emission_id": emission_id, "facture_id": facture_id, "reprise_id": reprise_id}
        for facture_id, reprise_id in factures.items()
    ]
    write_rows(conn, table, rows)


def of_emission(conn: Connection, emission_id: int) -> list[tuple[FactureDeposee, int | None]]:
    """The invoices of a pivot flow, in the order of their flux, each with its last reprise at that time.

    Nobody else moves them until commit.
    """
    query = (
        select(facture, table.c.reprise_id)
        .join(table, table.c.facture_id == facture.c.id)
        .where(table.c.emission_id == emission_id)
        .order_by(facture.c.flux_id, facture.c.ordre)
        .with_for_update(of=facture)
    )
    return [(from_row(row), row.reprise_id) for row in conn.execute(query)]
