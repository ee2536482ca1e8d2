"""Has anything changed that somebody may see? One short text, equal as long as nothing has."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select

from edi.model import Portee
from edi.store import alertes
from edi.store.portee import within
from edi.store.tables import flux

_DERNIERS = 100  # deliveries that are looked at


def mark(conn: Connection, portee: Portee) -> str:
    """What stands for the last deliveries within a scope, and for the alerts of whoever sees everything."""
    told = (flux.c.id, flux.c.statut, flux.c.acceptees, flux.c.rejetees)
    query = select(*told).where(within(portee, flux.c.appli)).order_by(flux.c.recu_le.desc())
    rows = [tuple(row) for row in conn.execute(query.limit(_DERNIERS))]
    known = [(a.id, a.acquittee_par) for a in alertes.current(conn)] if portee.est_entiere else []
    return hashlib.sha256(repr((rows, known)).encode()).hexdigest()[:16]
