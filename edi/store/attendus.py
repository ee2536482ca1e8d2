"""Queries on expected deposits and on what operators did to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select, update

from edi.model import (
    ActeAttendu,
    Attendu,
    EtatAttendu,
    EvenementAttendu,
    Feries,
    JoursAttendus,
    Plage,
    Volumes,
)
from edi.store import journal
from edi.store.tables import attendu as table
from edi.store.tables import attendu_evenement


def current(conn: Connection, fuseau: ZoneInfo, appli: str = "") -> list[Attendu]:
    """Those that are not over, of one déposant or of all, by déposant; the confirmed one first."""
    query = select(table).where(table.c.etat != EtatAttendu.TERMINE.name)
    if appli:
        query = query.where(table.c.appli == appli)
    return [_from_row(row, fuseau) for row in conn.execute(query.order_by(table.c.appli, table.c.etat))]


def awaited(conn: Connection) -> set[str]:
    """The déposants of whom something is expected for good."""
    query = select(table.c.appli).where(table.c.etat == EtatAttendu.CONFIRME.name)
    return set(conn.execute(query).scalars())


def find(conn: Connection, fuseau: ZoneInfo, appli: str, etat: EtatAttendu) -> Attendu | None:
    """The one of a déposant that stands so."""
    query = select(table).where(table.c.appli == appli, table.c.etat == etat.name).order_by(table.c.id.desc())
    row = conn.execute(query.limit(1)).one_or_none()
    return None if row is None else _from_row(row, fuseau)


def add(conn: Connection, attendu: Attendu) -> Attendu:
    """Record a new one; with its number."""
    query = insert(table).values(_as_row(attendu)).returning(table.c.id)
    return _from_row(_get(conn, conn.execute(query).scalar_one()), attendu.fuseau)


def save(conn: Connection, attendu: Attendu) -> None:
    """Record one as it is now."""
    conn.execute(update(table).where(table.c.id == attendu.id).values(_as_row(attendu)))


def note(conn: Connection, evenement: EvenementAttendu) -> None:
    """Add a line to the history of one."""
    conn.execute(insert(attendu_evenement).values({**evenement._asdict(), "acte": evenement.acte.name}))
    acte, sujet = f"attendu-{evenement.acte.name.lower()}", f"dépôt attendu n° {evenement.attendu_id}"
    journal.note_act(conn, acte, sujet, evenement.le, par=evenement.par, detail={"detail": evenement.detail})


def history(conn: Connection, appli: str) -> list[EvenementAttendu]:
    """What operators did to the expected deposits of a déposant, oldest first."""
    query = (
        select(attendu_evenement)
        .join(table, table.c.id == attendu_evenement.c.attendu_id)
        .where(table.c.appli == appli)
        .order_by(attendu_evenement.c.id)
    )
    return [
        EvenementAttendu(row.attendu_id, row.le, row.par, ActeAttendu[row.acte], row.detail)
        for row in conn.execute(query)
    ]


def _get(conn: Connection, number: int) -> Row[Any]:
    return conn.execute(select(table).where(table.c.id == number)).one()


# -- to and from rows -------------------------------------------------------------------------------------


def _as_row(attendu: Attendu) -> dict[str, Any]:
    jours = attendu.jours
    return {
        "appli": attendu.appli,
        "etat": attendu.etat.name,
        "jours": json.dumps(
            {"semaine": sorted(jours.semaine), "mois": sorted(jours.mois), "ouvres": sorted(jours.ouvres)}
        ),
        "debut": f"{attendu.debut:%H:%M}",
        "fin": f"{attendu.fin:%H:%M}",
        "volumes": json.dumps(as_json_volumes(attendu.volumes)),
        "pointe": "" if attendu.pointe is None else json.dumps(as_json_volumes(attendu.pointe)),
        "feries": attendu.feries.name,
        "territoire": attendu.territoire,
        "fermetures": json.dumps(sorted(day.isoformat() for day in attendu.fermetures)),
        "du": attendu.du,
        "au": attendu.au,
        "pause_au": attendu.pause_au,
    }


def _from_row(row: Row[Any], fuseau: ZoneInfo) -> Attendu:
    values = dict(row._mapping)
    jours = json.loads(row.jours)
    return Attendu(
        **{
            **values,
            "jours": JoursAttendus(**{kind: frozenset(days) for kind, days in jours.items()}),
            "debut": time.fromisoformat(row.debut),
            "fin": time.fromisoformat(row.fin),
            "volumes": _volumes(json.loads(row.volumes)),
            "pointe": _volumes(json.loads(row.pointe)) if row.pointe else None,
            "feries": Feries[row.feries],
            "fermetures": frozenset(map(date.fromisoformat, json.loads(row.fermetures))),
            "etat": EtatAttendu[row.etat],
        },
        fuseau=fuseau,
    )


def as_json_volumes(volumes: Volumes) -> dict[str, Any]:
    """Bounds as JSON holds them: each a pair of texts, None where there is no limit."""
    return {
        "flux": _pair(volumes.flux),
        "factures": _pair(volumes.factures),
        "montants": {devise: _pair(plage) for devise, plage in volumes.montants},
    }


def _pair(plage: Plage) -> list[str | None]:
    return [None if bound is None else format(bound, "f") for bound in plage]


def _volumes(told: Mapping[str, Any]) -> Volumes:
    montants = tuple((devise, _plage(pair)) for devise, pair in sorted(told["montants"].items()))
    return Volumes(_plage(told["flux"]), _plage(told["factures"]), montants)


def _plage(pair: Sequence[str | None]) -> Plage:
    return Plage(*(None if bound is None else Decimal(bound) for bound in pair))
