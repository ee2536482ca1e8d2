"""Queries on what may be forgotten: only what is over, answered and delivered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from edi.model import FluxStatut
from edi.store.livraisons import TO_DELIVER
from edi.store.tables import emission, flux, gel, livraison, suivi

_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]


def is_over(conn: Connection, appli: str, start: datetime, end: datetime) -> bool:
    """Is all that a déposant delivered from ``start`` on and before ``end`` decided, told and delivered?"""
    day = and_(flux.c.recu_le >= start, flux.c.recu_le < end)
    return not _unfinished(conn, and_(flux.c.appli == appli, day))


def reste_put(conn: Connection, appli: str, reference: str) -> datetime | None:
    """When the reste of a flux was put into ``out``, by the reference that its name bears.

    None when we put none, or while a delivery of that flux is not over.
    """
    bears = flux.c.idflux == reference
    if reference.startswith("flux-") and reference[5:].isdigit():
        bears = and_(flux.c.idflux == "", flux.c.id == int(reference[5:]))
    mine = and_(flux.c.appli == appli, bears)
    put = select(suivi.c.reste_le).join(flux, flux.c.id == suivi.c.flux_id).where(mine)
    instants = [at for at in conn.execute(put).scalars() if at is not None]
    return max(instants) if instants and not _unfinished(conn, mine) else None


def may_leave_quarantine(conn: Connection, flux_id: int) -> bool:
    """Is a flux decided, told and delivered, with bytes in the store, and held by nobody?"""
    held = select(gel.c.id).where(gel.c.flux_id == flux_id, gel.c.leve_le.is_(None))
    return conn.execute(held).first() is None and not _unfinished(conn, flux.c.id == flux_id)


def _unfinished(conn: Connection, which: ColumnElement[bool]) -> bool:
    """Is one of these flux_list under way, or an answer to one of them still to leave or to be delivered?"""
    query = (
        select(flux.c.id)
        .outerjoin(emission, emission.c.flux_id == flux.c.id)
        .outerjoin(livraison, livraison.c.emission_id == emission.c.id)
        .where(which)
        .where(
            or_(
                flux.c.statut.in_(_OPEN),
                and_(emission.c.id.is_not(None), emission.c.emis_le.is_(None)),
                and_(livraison.c.emission_id.is_not(None), TO_DELIVER),
            )
        )
        .limit(1)
    )
    return conn.execute(query).first() is not None
