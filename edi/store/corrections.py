"""Queries on corrections of the annuaire by hand: what they wrote, which ones imports do not undo."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, insert, literal, select, update

from edi.model import Identifiant, Service, Structure
from edi.model.corrections import Correction, Maintien, Valeur
from edi.store.annuaire import PASSE, read_service, read_structure, service_row, structure_row
from edi.store.replacement import DEPUIS, JUSQU_A
from edi.store.tables import annuaire_correction, annuaire_import, service, structure

_DATES = ("debut", "fin")
_OPEN = annuaire_correction.c.finie_le.is_(None)


# -- what stands ------------------------------------------------------------------------------------------


def find_structure(
    conn: Connection, identifiant: Identifiant, *, lock: bool = True
) -> tuple[Structure, int] | None:
    """A structure and the import since which it reads so (0: nobody knows); ``lock``: until the commit."""
    query = select(structure).where(_named(identifiant))
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else (read_structure(row), row.depuis or 0)


def find_service(conn: Connection, siret: str, code: str, *, lock: bool = True) -> tuple[Service, int] | None:
    """A service and the import since which it reads so (0: nobody knows); ``lock``: until the commit."""
    query = select(service).where(service.c.siret == siret, service.c.code == code)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else (read_service(row), row.depuis or 0)


def write(conn: Connection, value: Structure | Service, import_id: int) -> None:
    """Make a structure or a service read so from an import on; how it read before is kept."""
    if isinstance(value, Structure):
        _write(conn, structure, _named(value.identifiant), structure_row(value), import_id)
    else:
        key = (service.c.siret == value.siret) & (service.c.code == value.code)
        _write(conn, service, key, service_row(value), import_id)


def _write(
    conn: Connection, table: Table, key: ColumnElement[bool], row: Mapping[str, Any], import_id: int
) -> None:
    names = [column.name for column in table.c]
    ended = select(*table.c, literal(import_id)).where(key)
    conn.execute(insert(PASSE[table.name]).from_select([*names, JUSQU_A], ended))
    values = {**row, DEPUIS: import_id}
    if not conn.execute(update(table).where(key).values(values)).rowcount:
        conn.execute(insert(table).values(values))


def _named(identifiant: Identifiant) -> ColumnElement[bool]:
    return (structure.c.type == identifiant.type) & (structure.c.identifiant == identifiant.valeur)


# -- what was said ----------------------------------------------------------------------------------------


def record(conn: Connection, import_id: int, correction: Correction, at: datetime) -> None:
    """Keep what a correction says; what an earlier one said of the same is made again no longer."""
    same = _of(correction.identifiant, correction.service)
    named = annuaire_correction.c.champ.in_(sorted(correction.champs))
    conn.execute(update(annuaire_correction).where(*same, named, _OPEN).values(finie_le=at))
    type_, valeur = correction.identifiant
    rows = [
        {"import_id": import_id, "type": type_, "identifiant": valeur, "code": correction.service}
        | {"champ": champ, "valeur": _write_value(said), "ajout": correction.ajout}
        | {"jusqu_au": correction.jusqu_au}
        for champ, said in correction.champs.items()
    ]
    conn.execute(insert(annuaire_correction), rows)


def end(conn: Connection, import_id: int, champs: Collection[str], at: datetime) -> int:
    """Some of what a correction says is made again no longer; how many things of it."""
    query = update(annuaire_correction).where(
        annuaire_correction.c.import_id == import_id,
        annuaire_correction.c.champ.in_(sorted(champs)),
        annuaire_correction.c.jusqu_au.is_not(None),
        _OPEN,
    )
    return conn.execute(query.values(finie_le=at)).rowcount


def standing(conn: Connection, jour: date, identifiant: Identifiant | None = None) -> list[Maintien]:
    """The corrections, oldest first, that an import of that day does not undo: of a structure, or all."""
    query = (
        select(annuaire_correction, annuaire_import.c.par, annuaire_import.c.raison)
        .join(annuaire_import, annuaire_import.c.id == annuaire_correction.c.import_id)
        .where(_OPEN, annuaire_correction.c.jusqu_au >= jour)
        .order_by(annuaire_correction.c.id)
    )
    if identifiant is not None:
        query = query.where(*_of(identifiant))
    found: dict[int, list[Row[Any]]] = {}
    for row in conn.execute(query):
        found.setdefault(row.import_id, []).append(row)
    return [_maintien(rows) for rows in found.values()]


def _of(identifiant: Identifiant, code: str | None = None) -> list[ColumnElement[bool]]:
    table = annuaire_correction.c
    named = [table.type == identifiant.type, table.identifiant == identifiant.valeur]
    return named if code is None else [*named, table.code == code]


def _maintien(rows: list[Row[Any]]) -> Maintien:
    first = rows[0]
    return Maintien(
        first.import_id,
        Identifiant(first.type, first.identifiant),
        first.code,
        {row.champ: _read_value(row.champ, row.valeur) for row in rows},
        first.ajout,
        first.jusqu_au,
        first.par,
        first.raison,
    )


def _write_value(value: Valeur) -> str:
    return json.dumps(value.isoformat() if isinstance(value, date) else value)


def _read_value(champ: str, text: str) -> Valeur:
    value: bool | str | None = json.loads(text)
    return date.fromisoformat(value) if champ in _DATES and isinstance(value, str) else value
