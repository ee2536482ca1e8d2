"""How deliveries and accepted invoices stood after a line of their history."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from edi.model import FactureStatut, Finding, FluxStatut
from edi.store.chunks import in_chunks
from edi.store.factures import read_finding
from edi.store.tables import facture_statut, finding, flux_statut


class Dit(NamedTuple):
    """A statut that an invoice was given: by us, or by its destinataire at the instant it says."""

    statut: FactureStatut
    le: datetime
    de_nous: bool


def statuts_of_factures(conn: Connection, ids: Collection[int], au: int) -> dict[int, list[Dit]]:
    """The statuts that some invoices had been given, oldest first; those that had none are left out."""
    found: dict[int, list[Dit]] = {}
    for some in in_chunks(ids):
        query = select(facture_statut).where(facture_statut.c.facture_id.in_(some), facture_statut.c.id <= au)
        for row in conn.execute(query.order_by(facture_statut.c.id)):
            dit = Dit(FactureStatut[row.apres], row.fait_le or row.le, row.retour_id is None)
            found.setdefault(row.facture_id, []).append(dit)
    return found


def statuts_of_flux(conn: Connection, ids: Collection[int], au: int) -> dict[int, FluxStatut]:
    """The statut that each of some deliveries had."""
    found: dict[int, FluxStatut] = {}
    for some in in_chunks(ids):
        last = select(func.max(flux_statut.c.id)).where(
            flux_statut.c.flux_id.in_(some), flux_statut.c.id <= au
        )
        query = select(flux_statut).where(flux_statut.c.id.in_(last.group_by(flux_statut.c.flux_id)))
        found |= {row.flux_id: FluxStatut[row.apres] for row in conn.execute(query)}
    return found


def first_decision(conn: Connection, ids: Collection[int]) -> Mapping[int, tuple[FactureStatut, datetime]]:
    """The first statut of each of some invoices, and when it was given."""
    found: dict[int, tuple[FactureStatut, datetime]] = {}
    for some in in_chunks(ids):
        first = select(func.min(facture_statut.c.id)).where(facture_statut.c.facture_id.in_(some))
        query = select(facture_statut).where(
            facture_statut.c.id.in_(first.group_by(facture_statut.c.facture_id))
        )
        found |= {row.facture_id: (FactureStatut[row.apres], row.le) for row in conn.execute(query)}
    return found


class Trouve(NamedTuple):
    """A finding as it was recorded; a replay may have lifted it since."""

    facture_id: int | None
    fichier: str
    finding: Finding
    leve_le: datetime | None


def findings_recorded(conn: Connection, flux_id: int) -> list[Trouve]:
    """All that was found in a delivery, what a replay has lifted since included."""
    query = select(finding).where(finding.c.flux_id == flux_id).order_by(finding.c.id)
    return [
        Trouve(row.facture_id, row.fichier, read_finding(row), row.leve_le) for row in conn.execute(query)
    ]
