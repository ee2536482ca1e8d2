"""Queries on what déposants sent, one row a flux, as it counts towards what is expected of them.

Left out: deliveries that repeat an answered one, flux_list of statuts, and redeposits of what was rejected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Numeric, Select, String, cast, func, select, type_coerce

from edi.model import AVOIRS, FluxStatut, Recu
from edi.store.chunks import in_chunks
from edi.store.tables import facture, flux, suivi

_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]
_CENT = Decimal("0.01")
_COUNTS = (
    flux.c.nature == "factures",
    flux.c.statut != FluxStatut.RAPPEL.name,
    suivi.c.reste_de.is_(None),
)


def _counting(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(*columns).select_from(flux.outerjoin(suivi, suivi.c.flux_id == flux.c.id)).where(*_COUNTS)


def received(conn: Connection, appli: str, since: datetime) -> tuple[Recu, ...]:
    """What one déposant has sent since an instant, oldest first; ``montants`` are left to :func:`amounts`."""
    columns = (flux.c.id, flux.c.recu_le, flux.c.statut, flux.c.recues, flux.c.acceptees + flux.c.rejetees)
    query = _counting(*columns).where(flux.c.appli == appli, flux.c.recu_le >= since)
    return tuple(
        Recu(number, le, None if statut in _OPEN else (decided if recues is None else recues))
        for number, le, statut, recues, decided in conn.execute(query.order_by(flux.c.recu_le, flux.c.id))
    )


def amounts(conn: Connection, ids: Collection[int]) -> dict[int, tuple[tuple[str, Decimal], ...]]:
    """The total TTC of these flux_list by currency, avoirs left out, to the cent."""
    found: dict[int, tuple[tuple[str, Decimal], ...]] = {}
    ttc = cast(type_coerce(facture.c.ttc, String), Numeric(18, 2, asdecimal=False))
    wanted = (facture.c.ttc.is_not(None), facture.c.devise != "", facture.c.type.not_in(AVOIRS))
    for some in in_chunks(ids):
        query = select(facture.c.flux_id, facture.c.devise, func.sum(ttc)).where(
            facture.c.flux_id.in_(some), *wanted
        )
        groups = query.group_by(facture.c.flux_id, facture.c.devise).order_by(
            facture.c.flux_id, facture.c.devise
        )
        for number, devise, total in conn.execute(groups):
            told = (devise, Decimal(str(total)).quantize(_CENT))
            found[number] = (*found.get(number, ()), told)
    return found


def with_amounts(conn: Connection, some: Collection[Recu]) -> Iterator[Recu]:
    """The same, with the amounts of those that are decided."""
    known = amounts(conn, [one.flux_id for one in some if one.factures])
    for one in some:
        yield one._replace(montants=known.get(one.flux_id, ()))


def last_before(conn: Connection, appli: str, at: datetime) -> datetime | None:
    """When a déposant last sent something before an instant."""
    query = _counting(func.max(flux.c.recu_le, type_=flux.c.recu_le.type))
    last: datetime | None = conn.execute(query.where(flux.c.appli == appli, flux.c.recu_le < at)).scalar_one()
    return last
