"""Queries on quarantined deposits: what they waited for, and what an operator made of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from edi.model import Attente, Flux, Portee
from edi.store import flux as flux_store
from edi.store.portee import within
from edi.store.tables import flux, reception
from edi.store.tables import quarantaine as table

REPRISE, ABANDON = "reprise", "abandon"  # taken up as it is; left for good


class Quarantaine(NamedTuple):
    """A deposit that was waited for in vain."""

    id: int
    flux: Flux  # by which it was answered
    attend: Attente
    echeance: datetime | None
    issue: str  # '': nobody has said anything; REPRISE, ABANDON
    raison: str
    par: str
    le: datetime | None
    nouveau: int | None  # the flux that it was taken up as


def latest(conn: Connection, portee: Portee, limit: int, avant: int = 0) -> list[Quarantaine]:
    """Quarantined deposits, the newest first; ``avant``: older than that one; 0 for the newest."""
    again = flux.alias()
    columns = (reception.c.id, reception.c.attend, reception.c.echeance)
    said = (table.c.issue, table.c.raison, table.c.par, table.c.le)
    query = (
        select(flux, *(c.label(f"r_{c.name}") for c in (*columns, *said)), again.c.id.label("r_nouveau"))
        .join(reception, reception.c.ticket == flux.c.ticket)
        .outerjoin(table, table.c.ticket == flux.c.ticket)
        .outerjoin(again, again.c.ticket == table.c.vers)
        .where(reception.c.ticket != "", within(portee, flux.c.appli))
        .order_by(reception.c.id.desc())
        .limit(limit)
    )
    if avant:
        query = query.where(reception.c.id < avant)
    found = []
    for row in conn.execute(query):
        values = dict(row._mapping)
        told = {name: values.pop(f"r_{name}") for name in Quarantaine._fields if f"r_{name}" in values}
        told |= {name: told[name] or "" for name in ("issue", "raison", "par")}
        told["attend"] = Attente[told["attend"]]
        found.append(Quarantaine(flux=flux_store.from_mapping(values), **told))
    return found


def settle(
    conn: Connection, ticket: str, issue: str, raison: str, par: str, at: datetime, vers: str = ""
) -> bool:
    """Say what becomes of one; False when there is none under that ticket, or it was said before.

    ``vers``: the ticket that it is taken up under.
    """
    known = select(reception.c.id).where(reception.c.ticket == ticket, reception.c.ticket != "")
    said = select(table.c.ticket).where(table.c.ticket == ticket)
    if conn.execute(known).first() is None or conn.execute(said).first() is not None:
        return False
    row = {"ticket": ticket, "issue": issue, "raison": raison, "par": par, "le": at, "vers": vers}
    conn.execute(insert(table).values(row))
    return True


def of_flux(conn: Connection, delivery: Flux) -> bool:
    """True when the deposit of a delivery is quarantined."""
    known = select(reception.c.id).where(reception.c.ticket == delivery.ticket)
    return conn.execute(known).first() is not None
