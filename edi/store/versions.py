"""How a structure and its services read over time: each version, and what brought it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, select

from edi.model import SIRET, Identifiant, Service, Structure
from edi.store.annuaire import Import, read_import, read_service, read_structure
from edi.store.chunks import in_chunks
from edi.store.tables import annuaire_import, service, service_passe, structure, structure_passee

T = TypeVar("T", Structure, Service)


class Version(NamedTuple, Generic[T]):
    """What was read from one import on (0: before history was kept), until another (0: it still is)."""

    valeur: T
    depuis: int
    jusqu_a: int


def versions_of_structure(conn: Connection, identifiant: Identifiant) -> list[Version[Structure]]:
    """Every version of a structure that is known, oldest first."""
    rows: list[Row[Any]] = []
    for table in (structure_passee, structure):
        named = table.c.type == identifiant.type, table.c.identifiant == identifiant.valeur
        rows += conn.execute(select(table).where(*named))
    return _versions(rows, read_structure)


def versions_of_services(conn: Connection, identifiant: Identifiant) -> list[Version[Service]]:
    """Every version of every service of a structure, oldest first."""
    if identifiant.type != SIRET:
        return []
    rows: list[Row[Any]] = []
    for table in (service_passe, service):
        rows += conn.execute(select(table).where(table.c.siret == identifiant.valeur))
    return _versions(rows, read_service)


def _versions(rows: Iterable[Row[Any]], read: Callable[[Row[Any]], T]) -> list[Version[T]]:
    found = [Version(read(row), row.depuis or 0, row._mapping.get("jusqu_a") or 0) for row in rows]
    return sorted(found, key=lambda one: one.depuis)


def imports(conn: Connection, ids: Iterable[int]) -> dict[int, Import]:
    """Some imports and corrections, by their numbers."""
    found: dict[int, Import] = {}
    for some in in_chunks({one for one in ids if one}):
        rows = conn.execute(select(annuaire_import).where(annuaire_import.c.id.in_(some)))
        found |= {row.id: read_import(row) for row in rows}
    return found
