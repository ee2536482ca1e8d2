"""Queries on the life of a delivery: each statut it took, when and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from edi.store.tables import flux_statut


def of_flux(conn: Connection, flux_id: int) -> list[tuple[str, str, datetime, str]]:
    """(before, after, when, why) of each change, oldest first; before is '' for the first."""
    c = flux_statut.c
    query = select(c.avant, c.apres, c.le, c.motif).where(c.flux_id == flux_id).order_by(c.id)
    return [(row.avant or "", row.apres, row.le, row.motif) for row in conn.execute(query)]
