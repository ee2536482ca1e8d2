"""What the first page of the console tells: the lots of a day, a month of days, amounts that are blocked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, String, and_, func, literal_column, select, type_coerce

from edi.model import FactureStatut, Flux, FluxStatut, Portee
from edi.store.flux import from_row
from edi.store.portee import within
from edi.store.tables import facture, finding, flux

_COUNTED = [FluxStatut.INTEGRE.name, FluxStatut.INTEGRE_PARTIEL.name, FluxStatut.REJETE.name]


def received_since(conn: Connection, portee: Portee, since: datetime) -> dict[FluxStatut, int]:
    """How many deliveries of invoices were received since an instant, by the statut that they have now."""
    query = select(flux.c.statut, func.count()).where(
        flux.c.recu_le >= since, flux.c.nature == "factures", within(portee, flux.c.appli)
    )
    return {FluxStatut[row[0]]: row[1] for row in conn.execute(query.group_by(flux.c.statut))}


def held(conn: Connection, portee: Portee, limit: int) -> list[Flux]:
    """Deliveries that we cannot decide, the longest wait first."""
    query = select(flux).where(flux.c.statut == FluxStatut.EN_ATTENTE.name, within(portee, flux.c.appli))
    return [from_row(row) for row in conn.execute(query.order_by(flux.c.recu_le).limit(limit))]


class Journee(NamedTuple):
    """What was decided of the lots of one day."""

    jour: date
    acceptees: int  # invoices, at first or by judging again
    rejetees: int
    rejugees: int  # of the accepted ones: rejected first

    @property
    def recues(self) -> int:
        return self.acceptees + self.rejetees

    @property
    def premier_passage(self) -> float | None:
        """The share of the invoices that was accepted at once, 0 to 1; None on a day without any."""
        return (self.acceptees - self.rejugees) / self.recues if self.recues else None


def days(conn: Connection, portee: Portee, since: datetime, zone: ZoneInfo) -> list[Journee]:
    """The days of deposit (in the zone) since an instant on which lots were decided, in order.

    Instants are kept in UTC: hours are counted, and put into the day of the zone that they belong to.
    """
    hour = func.substr(type_coerce(flux.c.recu_le, String), literal_column("1"), literal_column("13"))
    recent = and_(
        flux.c.recu_le >= since,
        flux.c.statut.in_(_COUNTED),
        flux.c.nature == "factures",
        within(portee, flux.c.appli),
    )
    sums = select(hour, func.sum(flux.c.acceptees), func.sum(flux.c.rejetees)).where(recent).group_by(hour)
    again = (
        select(hour, func.count(func.distinct(finding.c.facture_id)))
        .join(finding, finding.c.flux_id == flux.c.id)
        .where(recent, finding.c.leve_le.is_not(None))
        .group_by(hour)
    )
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for text, accepted, rejected in conn.execute(sums):
        day = found[_day(text, zone)]
        day[0] += int(accepted)
        day[1] += int(rejected)
    for text, many in conn.execute(again):
        found[_day(text, zone)][2] += many
    return [Journee(day, *counts) for day, counts in sorted(found.items())]


def _day(hour: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC).astimezone(zone).date()


class Bloque(NamedTuple):
    """Invoices of one currency that stand still."""

    devise: str
    factures: int
    montant: Decimal


def blocked(
    conn: Connection, portee: Portee, statuts: Iterable[FactureStatut | None], since: datetime
) -> list[Bloque]:
    """Invoices received since an instant that have one of these statuts (None: not judged), by currency.

    Summed here and not by the database, for amounts are decimal and kept as text.
    """
    names = ["" if statut is None else statut.name for statut in statuts]
    query = (
        select(facture.c.devise, facture.c.ttc)
        .join(flux, flux.c.id == facture.c.flux_id)
        .where(facture.c.statut.in_(names), flux.c.recu_le >= since, within(portee, flux.c.appli))
    )
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for devise, ttc in conn.execute(query):
        sums[devise].append(ttc or Decimal())
    return [Bloque(devise, len(all_), sum(all_, Decimal())) for devise, all_ in sorted(sums.items())]
