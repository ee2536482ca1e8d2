"""Queries on the breakers of rules: which have tripped, on what measure, what an operator said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from edi.model import FluxStatut, Regle
from edi.store import journal
from edi.store.tables import disjoncteur as table
from edi.store.tables import flux

JUSTE, FAUTIVE = "juste", "fautive"  # the rule is right; the version of its set of rules is wrong


class Mesure(NamedTuple):
    """What a rule refused in the window, of what was judged; and before it."""

    refusees: int
    jugees: int
    fournisseurs: int
    deposants: int
    refusees_avant: int = 0
    jugees_avant: int = 0

    @property
    def taux(self) -> float:
        return self.refusees / self.jugees if self.jugees else 0.0

    @property
    def usuel(self) -> float:
        return self.refusees_avant / self.jugees_avant if self.jugees_avant else 0.0


@dataclass(frozen=True, slots=True)
class Declenchement:
    """One time that the breaker of a rule tripped."""

    id: int
    regle: Regle
    mesure: Mesure
    declenche_le: datetime
    avis: str  # '': nobody has said anything; JUSTE, FAUTIVE
    par: str
    leve_le: datetime | None  # when it was said

    @property
    def ouvert(self) -> bool:
        """False once the rule was said to be right: what it refuses is refused."""
        return self.avis != JUSTE


def _from_row(row: Row[Any]) -> Declenchement:
    values = dict(row._mapping)
    rule = Regle(values.pop("source"), values.pop("code"))
    mesure = Mesure(**{name: values.pop(name) for name in Mesure._fields})
    return Declenchement(regle=rule, mesure=mesure, **values)


def latest(conn: Connection, rules: Collection[Regle]) -> dict[Regle, Declenchement]:
    """The last time that each of these rules tripped, of those that ever did."""
    codes = sorted({rule.code for rule in rules})
    query = select(table).where(table.c.code.in_(codes)).order_by(table.c.id)
    found = {one.regle: one for one in map(_from_row, conn.execute(query))}
    return {rule: one for rule, one in found.items() if rule in rules}


def open_ones(conn: Connection) -> list[Declenchement]:
    """Those that hold invoices back, the oldest first."""
    query = select(table).where(table.c.avis != JUSTE).order_by(table.c.id)
    return [_from_row(row) for row in conn.execute(query)]


def trip(conn: Connection, rule: Regle, mesure: Mesure, at: datetime) -> None:
    """Open the breaker of a rule. Raises IntegrityError when it is open."""
    row = {"source": rule.source, "code": rule.code, "declenche_le": at, **mesure._asdict()}
    conn.execute(insert(table).values(row))
    journal.note_act(
        conn, "regle-mise-en-doute", rule.code, at, detail={"jeu": rule.source, **mesure._asdict()}
    )


def find(conn: Connection, number: int) -> Declenchement | None:
    """One that holds invoices back; None when there is none with that number."""
    return next((one for one in open_ones(conn) if one.id == number), None)


def give_opinion(
    conn: Connection, declenchement: Declenchement, avis: str, par: str, at: datetime, raison: str = ""
) -> bool:
    """Record what an operator says; False when somebody said something else meanwhile."""
    unchanged = (table.c.id == declenchement.id, table.c.avis == declenchement.avis)
    said = update(table).where(*unchanged).values(avis=avis, par=par, leve_le=at)
    if conn.execute(said).rowcount != 1:
        return False
    rule = declenchement.regle
    detail = {"jeu": rule.source, "raison": raison}
    journal.note_act(conn, f"regle-dite-{avis}", rule.code, at, par=par, detail=detail)
    return True


def count_held(conn: Connection, beginning: str) -> int:
    """How many flux_list wait for a reason that begins so."""
    query = select(func.count()).where(flux.c.statut == FluxStatut.EN_ATTENTE.name)
    return conn.execute(query.where(flux.c.incident.startswith(beginning, autoescape=True))).scalar_one()
