"""Queries on how much each kind of rows holds, and since when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, func, select

from edi.store.tables import (
    alerte,
    annonce,
    decompte,
    facture,
    facture_statut,
    finding,
    flux,
    flux_statut,
    journal,
    passage,
    processus,
)

_ROWS = {
    "nuits": passage.c.echeance,
    "alertes": alerte.c.apparue_le,
    "decomptes": decompte.c.le,
    "processus": processus.c.depuis,
}


def count_rows(conn: Connection) -> dict[str, tuple[int, datetime | None]]:
    """By code of a class of ``edi.retention.classes``: how many rows, the oldest since when."""
    found = {code: _count(conn, le) for code, le in _ROWS.items()}
    told = select(func.count(), func.min(annonce.c.cree_le)).where(annonce.c.partie_le.is_not(None))
    many, since = conn.execute(told).one()
    found["annonces"] = (many, since)
    # Its rows are never moved, and bear no instant that a database could compare.
    found["journal"] = (conn.execute(select(func.count()).select_from(journal)).scalar_one(), None)
    lots, since = _count(conn, flux.c.recu_le)
    others = (facture, facture_statut, finding, flux_statut)
    rows = sum(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in others)
    found["decisions"] = (lots + rows, since)
    return found


def _count(conn: Connection, le: Column[datetime]) -> tuple[int, datetime | None]:
    many, since = conn.execute(select(func.count(), func.min(le))).one()
    return many, since
