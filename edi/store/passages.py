"""Queries on the runs of the night: one row a due date, whatever came of it, and one a step."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from edi.model import Echeance, Etape, EtapeFaite, Genre, Issue, Passage
from edi.store.tables import passage as table
from edi.store.tables import passage_etape

_ETAPES = tuple(Etape)


def _passage(row: Row[Any], etapes: Iterable[Row[Any]]) -> Passage:
    values = {**row._mapping, "genre": Genre[row.genre], "issue": Issue[row.issue]}
    return Passage(**values, etapes=tuple(map(_etape, etapes)))


def _etape(row: Row[Any]) -> EtapeFaite:
    return EtapeFaite(
        etape=Etape[row.etape],
        debut=row.debut,
        fin=row.fin,
        issue=Issue[row.issue],
        comptes=json.loads(row.comptes),
        incidents=tuple(json.loads(row.incidents)),
    )


# -- reading ----------------------------------------------------------------------------------------------


def get(conn: Connection, passage_id: int) -> Passage:
    """A run with its steps."""
    return _with_steps(conn, conn.execute(select(table).where(table.c.id == passage_id)).one())


def under_way(conn: Connection, tache: str) -> Passage | None:
    """The run of a job that has no end yet: somebody is at it, or was interrupted."""
    query = select(table).where(table.c.tache == tache, table.c.issue == Issue.EN_COURS.name)
    row = conn.execute(query.order_by(table.c.id.desc())).first()
    return None if row is None else _with_steps(conn, row)


def latest(conn: Connection, tache: str, many: int) -> tuple[Passage, ...]:
    """The last due dates and runs of a job, the most recent first."""
    query = select(table).where(table.c.tache == tache)
    rows = conn.execute(query.order_by(table.c.echeance.desc(), table.c.id.desc()).limit(many)).all()
    return tuple(_with_steps(conn, row) for row in rows)


class Page(NamedTuple):
    """Some due dates and runs, the one recorded last first, and whether there are others on either side."""

    lignes: tuple[Passage, ...]
    plus_recents: bool
    plus_anciens: bool


def list_page(conn: Connection, tache: str, limit: int, *, avant: int = 0, apres: int = 0) -> Page:
    """The runs of a job ('': of all) recorded before one of them, or after it; without, the last ones."""
    query = select(table)
    if tache:
        query = query.where(table.c.tache == tache)
    if avant:
        query = query.where(table.c.id < avant)
    elif apres:
        query = query.where(table.c.id > apres)
    backwards = bool(apres and not avant)
    order = table.c.id.asc() if backwards else table.c.id.desc()
    rows = conn.execute(query.order_by(order).limit(limit + 1)).all()
    shown, more = rows[:limit], len(rows) > limit
    steps: dict[int, list[Row[Any]]] = {row.id: [] for row in shown}
    asked = select(passage_etape).where(passage_etape.c.passage_id.in_(steps))
    for step in conn.execute(asked.order_by(passage_etape.c.passage_id, passage_etape.c.rang)):
        steps[step.passage_id].append(step)
    lignes = tuple(_passage(row, steps[row.id]) for row in shown)
    return Page(lignes[::-1], more, True) if backwards else Page(lignes, bool(avant), more)


def find(conn: Connection, passage_id: int) -> Passage | None:
    """A run with its steps; None when there is none."""
    row = conn.execute(select(table).where(table.c.id == passage_id)).one_or_none()
    return None if row is None else _with_steps(conn, row)


def made_good_by(conn: Connection, passage_id: int) -> tuple[Passage, ...]:
    """The missed due dates that a run has made good, oldest first."""
    query = select(table).where(table.c.rattrape_par == passage_id).order_by(table.c.echeance)
    return tuple(_passage(row, ()) for row in conn.execute(query))


def _with_steps(conn: Connection, row: Row[Any]) -> Passage:
    query = select(passage_etape).where(passage_etape.c.passage_id == row.id).order_by(passage_etape.c.rang)
    return _passage(row, conn.execute(query))


# -- writing ----------------------------------------------------------------------------------------------


def begin(
    conn: Connection, tache: str, echeance: Echeance, genre: Genre, process: str, at: datetime
) -> Passage:
    """Record a run that begins."""
    row = _row(tache, echeance, genre, Issue.EN_COURS) | {"processus": process, "debut": at}
    return get(conn, conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one())


def record_unrun(
    conn: Connection, tache: str, echeances: Sequence[Echeance], issue: Issue, par: int | None = None
) -> None:
    """Record due dates that have no run of their own, and the run that makes them good."""
    rows = [_row(tache, one, Genre.PREVU, issue) | {"rattrape_par": par} for one in echeances]
    if rows:
        conn.execute(insert(table), rows)


def _row(tache: str, echeance: Echeance, genre: Genre, issue: Issue) -> dict[str, Any]:
    due = {"jour": echeance.jour, "echeance": echeance.ouvre}
    return {"tache": tache, **due, "genre": genre.name, "issue": issue.name}


def take_up(conn: Connection, passage_id: int, process: str) -> Passage:
    """Go on with a run that was interrupted."""
    taken = {"processus": process, "reprises": table.c.reprises + 1}
    conn.execute(update(table).where(table.c.id == passage_id).values(taken))
    return get(conn, passage_id)


def give_up(conn: Connection, passage_id: int, par: int, at: datetime) -> None:
    """A run that was interrupted is made good by a later one."""
    told = {"issue": Issue.RATTRAPE.name, "rattrape_par": par, "fin": at}
    conn.execute(update(table).where(table.c.id == passage_id).values(told))


def count_double(conn: Connection, passage_id: int) -> None:
    """Another start of that run was turned away."""
    conn.execute(update(table).where(table.c.id == passage_id).values(doubles=table.c.doubles + 1))


def begin_step(conn: Connection, passage_id: int, etape: Etape, at: datetime) -> None:
    """Record a step that begins, once more when it was interrupted."""
    row = {"passage_id": passage_id, "rang": _ETAPES.index(etape)}
    same = (passage_etape.c.passage_id == row["passage_id"], passage_etape.c.rang == row["rang"])
    conn.execute(delete(passage_etape).where(*same))
    told = {"etape": etape.name, "debut": at, "issue": Issue.EN_COURS.name}
    conn.execute(insert(passage_etape).values(**row, **told))


def end_step(conn: Connection, passage_id: int, step: EtapeFaite) -> None:
    """Record what came of a step."""
    row = (
        update(passage_etape)
        .where(passage_etape.c.passage_id == passage_id, passage_etape.c.etape == step.etape.name)
        .values(
            fin=step.fin,
            issue=step.issue.name,
            comptes=json.dumps(dict(step.comptes), ensure_ascii=False),
            incidents=json.dumps(step.incidents, ensure_ascii=False),
        )
    )
    conn.execute(row)


def report(conn: Connection, passage_id: int, rapport: str) -> None:
    """Keep the line that tells a run."""
    conn.execute(update(table).where(table.c.id == passage_id).values(rapport=rapport))


def end(conn: Connection, passage_id: int, at: datetime, issue: Issue, chevauche: datetime | None) -> Passage:
    """Record the end of a run."""
    told = {"fin": at, "issue": issue.name, "chevauche": chevauche}
    conn.execute(update(table).where(table.c.id == passage_id).values(told))
    return get(conn, passage_id)
