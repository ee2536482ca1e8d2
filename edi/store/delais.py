"""How long the latest deposits took, and how many came: a bounded sample, whatever the history."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from edi.model import FluxStatut
from edi.store.tables import Instant, emission, flux, flux_statut

DEPUIS = timedelta(days=1)
HEURE = timedelta(hours=1)
_LATEST = 2_000  # flux that are looked at
_TERMINAL = [statut.name for statut in FluxStatut if not statut.en_cours]


class Delai(NamedTuple):
    """How long one stage took, in seconds, for half of the flux and for nineteen out of twenty."""

    etape: str  # DECISION, from the deposit to its decision; REPONSE, from the decision to its first answer
    median: float
    p95: float


def lately(conn: Connection, at: datetime) -> tuple[Delai, ...]:
    """How long the flux of the last day took; nothing of a stage that none has reached."""
    recent = (
        select(flux.c.id, flux.c.recu_le)
        .where(flux.c.recu_le >= at - DEPUIS)
        .order_by(flux.c.recu_le.desc())
        .limit(_LATEST)
        .subquery()
    )
    decided = (
        select(flux_statut.c.flux_id, _first(flux_statut.c.le).label("le"))
        .where(flux_statut.c.flux_id.in_(select(recent.c.id)), flux_statut.c.apres.in_(_TERMINAL))
        .group_by(flux_statut.c.flux_id)
        .subquery()
    )
    answered = (
        select(emission.c.flux_id, _first(emission.c.emis_le).label("le"))
        .where(emission.c.flux_id.in_(select(recent.c.id)), emission.c.emis_le.is_not(None))
        .group_by(emission.c.flux_id)
        .subquery()
    )
    decision = select(recent.c.recu_le, decided.c.le).join(decided, decided.c.flux_id == recent.c.id)
    reponse = select(decided.c.le, answered.c.le).join(answered, answered.c.flux_id == decided.c.flux_id)
    found = (_delai(conn, "DECISION", decision), _delai(conn, "REPONSE", reponse))
    return tuple(one for one in found if one is not None)


def received(conn: Connection, at: datetime) -> tuple[int, int]:
    """Flux and invoices that came in the last hour; a flux that repeats another brings no invoice."""
    invoices = func.sum(flux.c.recues).filter(flux.c.rappel_de.is_(None), flux.c.nature == "factures")
    query = select(func.count(), invoices).where(flux.c.recu_le >= at - HEURE)
    flux_list, factures = conn.execute(query).one()
    return int(flux_list), int(factures or 0)


def _first(instant: ColumnElement[datetime | None]) -> ColumnElement[datetime | None]:
    return func.min(instant, type_=Instant())


def _delai(conn: Connection, etape: str, query: Select[Any]) -> Delai | None:
    lapses = [max(0.0, (row[1] - row[0]).total_seconds()) for row in conn.execute(query)]
    if not lapses:
        return None
    cuts = quantiles(lapses if len(lapses) > 1 else lapses * 2, n=20, method="inclusive")  # two at least
    return Delai(etape, cuts[9], cuts[18])
