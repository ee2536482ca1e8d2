"""What the pages tell of déposants: their last deposit, its answer, how much passes at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from edi.model import Emission, Flux, FluxStatut
from edi.store import emissions
from edi.store.flux import from_row
from edi.store.tables import Instant, emission, finding, flux

_COUNTED = [FluxStatut.INTEGRE.name, FluxStatut.INTEGRE_PARTIEL.name, FluxStatut.REJETE.name]


def last_flux(conn: Connection, appli: str, many: int) -> list[Flux]:
    """The last deliveries of one déposant, newest first."""
    query = select(flux).where(flux.c.appli == appli).order_by(flux.c.recu_le.desc(), flux.c.id.desc())
    return [from_row(row) for row in conn.execute(query.limit(many))]


def last_answer(conn: Connection, appli: str, some: Collection[Flux]) -> Emission | None:
    """The return flow about some deliveries that left last for their déposant; None: none has."""
    query = select(emission).where(
        emission.c.flux_id.in_([one.id for one in some]),
        # Not the bare column: SQLite would go through all that this déposant was ever sent.
        func.coalesce(emission.c.appli, "") == appli,
        emission.c.emis_le.is_not(None),
    )
    row = conn.execute(query.order_by(emission.c.emis_le.desc(), emission.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else emissions.from_row(row)


def answered(conn: Connection, ids: Collection[int]) -> dict[str, datetime]:
    """When a return flow about some deliveries left last, by partner that it left for."""
    partner = func.coalesce(emission.c.appli, "")  # as above
    last = func.max(emission.c.emis_le, type_=Instant())
    query = select(partner, last).where(emission.c.flux_id.in_(ids), emission.c.emis_le.is_not(None))
    return {row[0]: row[1] for row in conn.execute(query.group_by(partner))}


class Passees(NamedTuple):
    """What became of the invoices of one déposant."""

    acceptees: int
    rejetees: int
    rejugees: int  # of the accepted ones: rejected first

    @property
    def recues(self) -> int:
        return self.acceptees + self.rejetees

    @property
    def premier_passage(self) -> float | None:
        """The share of the invoices that was accepted at once, 0 to 1; None without any."""
        return (self.acceptees - self.rejugees) / self.recues if self.recues else None


def passed(conn: Connection, applis: Collection[str], since: datetime) -> dict[str, Passees]:
    """What was decided of the lots received since an instant, by déposant."""
    recent = and_(
        flux.c.appli.in_(sorted(applis)),
        flux.c.recu_le >= since,
        flux.c.statut.in_(_COUNTED),
        flux.c.nature == "factures",
    )
    sums = select(flux.c.appli, func.sum(flux.c.acceptees), func.sum(flux.c.rejetees)).where(recent)
    again = (
        select(flux.c.appli, func.count(func.distinct(finding.c.facture_id)))
        .join(finding, finding.c.flux_id == flux.c.id)
        .where(recent, finding.c.leve_le.is_not(None))
    )
    lifted = {row[0]: row[1] for row in conn.execute(again.group_by(flux.c.appli))}
    return {
        appli: Passees(int(accepted), int(rejected), lifted.get(appli, 0))
        for appli, accepted, rejected in conn.execute(sums.group_by(flux.c.appli))
    }
