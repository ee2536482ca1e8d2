"""Queries on received bytes that were kept long enough: the trace that stays of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, literal, select, update

from edi.store.oubliables import Octets, needed
from edi.store.tables import oubli


class Oubli(NamedTuple):
    """Bytes that were kept long enough."""

    sha256: str
    taille: int
    regle: str
    le: datetime


def record(conn: Connection, gone: Sequence[tuple[Octets, str, str]], at: datetime) -> None:
    """Leave the trace of bytes before they go; with each its class and the rule, in French."""
    rows = [
        {
            "flux_id": one.flux_id,
            "sha256": one.sha256,
            "taille": one.taille,
            "classe": classe,
            "regle": regle,
            "le": at,
        }
        for one, classe, regle in gone
    ]
    if rows:
        conn.execute(insert(oubli), rows)


def pending(conn: Connection) -> list[str]:
    """The bytes whose trace is left, and that may still lie there."""
    query = select(oubli.c.sha256).where(oubli.c.fait_le.is_(None)).distinct()
    return sorted(conn.execute(query).scalars())


def is_needed(conn: Connection, sha256: str) -> bool:
    """Is there a flux that has not forgotten these bytes?"""
    return bool(conn.execute(select(needed(literal(sha256), None))).scalar())


def confirm(conn: Connection, sha256: str, at: datetime) -> None:
    """These bytes are gone, or stay because of a flux that brought them again."""
    done = update(oubli).where(oubli.c.sha256 == sha256, oubli.c.fait_le.is_(None))
    conn.execute(done.values(fait_le=at))


def of_flux(conn: Connection, flux_id: int, sha256: str) -> Oubli | None:
    """When the bytes that a flux brought were forgotten; None: they were not."""
    query = select(oubli).where(oubli.c.flux_id == flux_id, oubli.c.sha256 == sha256)
    row = conn.execute(query).one_or_none()
    return None if row is None else Oubli(row.sha256, row.taille, row.regle, row.le)


def count_forgotten(conn: Connection) -> int:
    """How many bytes, each with a flux that brought them, were forgotten."""
    return conn.execute(select(func.count()).select_from(oubli)).scalar_one()
