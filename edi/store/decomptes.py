"""What decisions came to, rule by rule: the counts that the rate of a rule is measured on.

One row a flux, rule and fournisseur, written in the transaction of the decision; rows are added, never
changed, so that two decisions never wait for each other. A row without code counts what was judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from edi.model import Regle
from edi.store.tables import decompte as table


class Decompte(NamedTuple):
    """So many invoices of one fournisseur in one flux, judged (no code) or refused by a rule."""

    flux_id: int
    le: datetime
    source: str
    code: str
    appli: str
    fournisseur: str
    factures: int

    @property
    def regle(self) -> Regle:
        return Regle(self.source, self.code)


def record(conn: Connection, counted: Sequence[Decompte]) -> None:
    """Add what was counted."""
    if counted:
        conn.execute(insert(table), [one._asdict() for one in counted])


def window(conn: Connection, rule: Regle, since: datetime) -> list[Decompte]:
    """What a rule has refused since an instant."""
    columns = (table.c[name] for name in Decompte._fields)
    query = select(*columns).where(table.c.source == rule.source, table.c.code == rule.code)
    return [Decompte(*row) for row in conn.execute(query.where(table.c.le >= since))]


def refused(conn: Connection, rule: Regle, since: datetime, until: datetime | None = None) -> int:
    """How many invoices a rule refused, from an instant to another."""
    query = select(func.coalesce(func.sum(table.c.factures), 0))
    query = query.where(table.c.source == rule.source, table.c.code == rule.code, table.c.le >= since)
    if until is not None:
        query = query.where(table.c.le < until)
    return int(conn.execute(query).scalar_one())


def judged(conn: Connection, source: str, since: datetime) -> int:
    """How many invoices a set of rules judged since an instant."""
    return refused(conn, Regle(source, ""), since)


def busiest(conn: Connection, since: datetime, factures: int) -> list[tuple[Regle, int, int, int]]:
    """The rules that have refused so many invoices since an instant: (rule, invoices, sellers, senders)."""
    total = func.sum(table.c.factures)
    query = (
        select(
            table.c.source,
            table.c.code,
            total,
            func.count(table.c.fournisseur.distinct()),
            func.count(table.c.appli.distinct()),
        )
        .where(table.c.le >= since, table.c.code != "")
        .group_by(table.c.source, table.c.code)
        .having(total >= factures)
        .order_by(table.c.source, table.c.code)
    )
    return [(Regle(row[0], row[1]), int(row[2]), row[3], row[4]) for row in conn.execute(query)]


def senders(conn: Connection, rule: Regle, since: datetime) -> list[str]:
    """Which déposants brought what a rule has refused since an instant."""
    query = select(table.c.appli).distinct().where(table.c.source == rule.source, table.c.code == rule.code)
    return sorted(conn.execute(query.where(table.c.le >= since)).scalars())


def forget(conn: Connection, before: datetime) -> int:
    """Remove the counts that no rate is measured on any more; how many."""
    return conn.execute(delete(table).where(table.c.le < before)).rowcount
