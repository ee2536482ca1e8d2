"""Queries on the jobs of the night: up to when each is settled, who is at it, whether it is paused.

A claim is owner and number, as those of flux_list: void once its owner is gone, and whoever was thought dead
and comes back finds its number outdone.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from edi.model import EtatTache
from edi.store.processus import is_free
from edi.store.tables import tache as table


class LostTache(Exception):
    """Another process has claimed the job meanwhile: it goes on with what we had begun."""


def get(conn: Connection, nom: str) -> EtatTache | None:
    """How a job stands; None when nobody has ever looked at it."""
    row = conn.execute(select(table).where(table.c.nom == nom)).one_or_none()
    return None if row is None else EtatTache(**row._mapping)


def know(conn: Connection, nom: str, couverte: date) -> EtatTache:
    """How a job stands; one that is new counts as settled up to that day."""
    known = get(conn, nom)
    if known is not None:
        return known
    with suppress(IntegrityError), conn.begin_nested():  # another process was quicker
        conn.execute(insert(table).values(nom=nom, couverte=couverte))
    return EtatTache(**conn.execute(select(table).where(table.c.nom == nom)).one()._mapping)


def claim(conn: Connection, nom: str, process: str) -> EtatTache | None:
    """Be the one that is at a job; None while another process is."""
    free = update(table).where(table.c.nom == nom, is_free(table.c.proprietaire, process))
    won = conn.execute(free.values(proprietaire=process, jeton=table.c.jeton + 1)).rowcount == 1
    return get(conn, nom) if won else None


def assert_held(conn: Connection, held: EtatTache) -> None:
    """Raise LostTache unless the claim that ``held`` shows is still the last; locks its row until commit."""
    if _update_held(conn, held, jeton=table.c.jeton) != 1:
        raise LostTache(f"{held.nom} is no longer claimed by {held.proprietaire} ({held.jeton})")


def release(conn: Connection, held: EtatTache) -> None:
    """Let go of a job, unless another process has claimed it meanwhile."""
    _update_held(conn, held, proprietaire="")


def _update_held(conn: Connection, held: EtatTache, **values: Any) -> int:
    mine = update(table).where(
        table.c.nom == held.nom, table.c.proprietaire == held.proprietaire, table.c.jeton == held.jeton
    )
    return conn.execute(mine.values(values)).rowcount


def settle(conn: Connection, nom: str, couverte: date) -> None:
    """Every night of a job up to that day has its row."""
    conn.execute(update(table).where(table.c.nom == nom).values(couverte=couverte))


def pause(conn: Connection, nom: str, at: datetime | None, par: str = "", raison: str = "") -> None:
    """Start no run of a job any more, or again (None); ``par`` and ``raison`` tell who wants it, and why."""
    row = {"pause_le": at, "pause_par": par, "pause_raison": raison}
    conn.execute(update(table).where(table.c.nom == nom).values(row))
