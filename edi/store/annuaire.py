"""Queries on the annuaire: structures, services, and the record of their imports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, false, func, insert, or_, select, update

from edi.model import Identifiant, Service, Structure
from edi.store.chunks import in_chunks
from edi.store.replacement import Difference, Histoire, replace_rows
from edi.store.tables import annuaire_import, service, service_passe, structure, structure_passee

STRUCTURES, SERVICES, CORRECTION = "structures", "services", "correction"  # nature of an import

_STRUCTURE = [column.name for column in structure.c if column.name in Structure.__dataclass_fields__]
_SERVICE = [column.name for column in service.c if column.name in Service.__dataclass_fields__]
PASSE = {structure.name: structure_passee, service.name: service_passe}
_MARKS = re.compile("[\u0300-\u036f]")  # accents, once decomposed
_WORD = re.compile("[A-Z0-9]+")


class Import(NamedTuple):
    """One import of the annuaire that was done."""

    le: datetime
    fichier: str
    sha256: str
    nature: str  # STRUCTURES, SERVICES or CORRECTION
    lignes: int
    par: str = ""  # who did it; '': nobody kept it
    raison: str = ""  # of a correction


def fold(text: str) -> str:
    """Words in plain capitals, one space apart: what the column ``recherche`` holds and a search asks for."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).upper()
    return " ".join(_WORD.findall(plain.replace("Œ", "OE").replace("Æ", "AE")))


# -- writing ----------------------------------------------------------------------------------------------


def replace_structures(
    conn: Connection, structures: Iterable[tuple[int, Structure]], import_id: int
) -> Difference:
    """Make ``structures``, each with its line, all that the annuaire holds. Raises KeysRepeated."""
    rows = ((line, structure_row(value)) for line, value in structures)
    return replace_rows(conn, structure, rows, "active", Histoire(structure_passee, import_id))


def replace_services(conn: Connection, services: Iterable[tuple[int, Service]], import_id: int) -> Difference:
    """Make ``services``, each with its line, all that the annuaire holds. Raises KeysRepeated."""
    rows = ((line, service_row(value)) for line, value in services)
    return replace_rows(conn, service, rows, "actif", Histoire(service_passe, import_id))


def begin_import(conn: Connection, begun: Import) -> int:
    """Record an import whose lines are not counted yet; its number, which the rows it brings bear."""
    made = insert(annuaire_import).values(begun._asdict()).returning(annuaire_import.c.id)
    return int(conn.execute(made).scalar_one())


def end_import(conn: Connection, import_id: int, lignes: int) -> None:
    conn.execute(update(annuaire_import).where(annuaire_import.c.id == import_id).values(lignes=lignes))


def service_row(value: Service) -> dict[str, Any]:
    """The columns of a service that an import brings."""
    row = {name: getattr(value, name) for name in _SERVICE}
    return row | {"recherche": fold(f"{value.code} {value.nom}")}


def structure_row(value: Structure) -> dict[str, Any]:
    """The columns of a structure that an import brings."""
    row = {name: getattr(value, name) for name in _STRUCTURE}
    row["type"], row["identifiant"] = value.identifiant
    row["siren"] = value.identifiant.siren
    row["recherche"] = fold(f"{value.nom} {value.ville}")
    return row


# -- reading ----------------------------------------------------------------------------------------------


# Below, ``au`` is the import after which things are asked for; None: as they stand now.


def _seen(conn: Connection, table: Table, au: int | None, **values: Collection[str]) -> Iterator[Row[Any]]:
    """The rows of a table whose columns have one of some ``values`` each, as they stood."""
    if au is None:
        yield from conn.execute(select(table).where(*_among(table, values)))
        return
    passe = PASSE[table.name]
    yield from conn.execute(select(table).where(*_among(table, values), _begun(table, au)))
    ended = (_begun(passe, au), passe.c.jusqu_a > au)
    yield from conn.execute(select(passe).where(*_among(passe, values), *ended))


def _among(table: Table, values: Mapping[str, Collection[str]]) -> list[ColumnElement[bool]]:
    return [table.c[name].in_(some) for name, some in values.items()]


def _begun(table: Table, au: int) -> ColumnElement[bool]:
    return or_(table.c.depuis.is_(None), table.c.depuis <= au)


def forgotten_after(conn: Connection, au: int) -> Import | None:
    """The first import after ``au`` that kept nothing of what it replaced; None: all is known."""
    query = select(annuaire_import).where(annuaire_import.c.id > au, ~annuaire_import.c.garde)
    row = conn.execute(query.order_by(annuaire_import.c.id).limit(1)).one_or_none()
    return None if row is None else read_import(row)


def annuaire_du(conn: Connection, au: int | None = None, nature: str = STRUCTURES) -> datetime | None:
    """Instant of the last import of structures, or of services; None when there was none."""
    query = select(func.max(annuaire_import.c.le)).where(annuaire_import.c.nature == nature)
    if au is not None:
        query = query.where(annuaire_import.c.id <= au)
    last: datetime | None = conn.execute(query).scalar_one()
    return last


def structures_named(
    conn: Connection, identifiants: Collection[Identifiant], au: int | None = None
) -> dict[Identifiant, Structure]:
    """The structures that bear one of these identifiers, by identifier."""
    types = sorted({identifiant.type for identifiant in identifiants})
    found: dict[Identifiant, Structure] = {}
    for valeurs in in_chunks({identifiant.valeur for identifiant in identifiants}):
        rows = _seen(conn, structure, au, type=types, identifiant=valeurs)
        found.update((value.identifiant, value) for value in map(read_structure, rows))
    return {identifiant: found[identifiant] for identifiant in identifiants if identifiant in found}


def structures_of_sirens(
    conn: Connection, sirens: Collection[str], au: int | None = None
) -> dict[Identifiant, Structure]:
    """Every establishment of these legal entities, by identifier."""
    found: dict[Identifiant, Structure] = {}
    for chunk in in_chunks(sirens):
        rows = _seen(conn, structure, au, siren=chunk)
        found.update((value.identifiant, value) for value in map(read_structure, rows))
    return found


def services_of(
    conn: Connection, sirets: Collection[str], au: int | None = None
) -> dict[tuple[str, str], Service]:
    """All the services of these structures, by SIRET and code, in the order of their codes."""
    found: dict[tuple[str, str], Service] = {}
    for chunk in in_chunks(sirets):
        rows = _seen(conn, service, au, siret=chunk)
        for row in sorted(rows, key=lambda row: (row.siret, row.code)):
            found[row.siret, row.code] = read_service(row)
    return found


def structures_like(
    conn: Connection, numero: str, words: Sequence[str], limit: int, offset: int
) -> tuple[int, tuple[Structure, ...]]:
    r"""How many structures match, and a page of them in the order of their names.

    Either ``numero`` is like their SIRET, SIREN or postcode, or each of ``words`` is like a passage of their
    name and town; all are patterns of LIKE, escaped by ``\``. No ``words``: the number alone decides.
    """
    numbers = (structure.c.identifiant, structure.c.siren, structure.c.code_postal)
    matches = or_(*(_like(column, numero) for column in numbers), _all_words(words))
    total = conn.execute(select(func.count()).select_from(structure).where(matches)).scalar_one()
    ordered = select(structure).where(matches).order_by(structure.c.recherche, structure.c.identifiant)
    page = conn.execute(ordered.limit(limit).offset(offset))
    return total, tuple(read_structure(row) for row in page)


def _like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    return column.like(pattern, escape="\\")


def _all_words(words: Sequence[str]) -> ColumnElement[bool]:
    bounded = " " + structure.c.recherche + " "  # so that every word stands between two spaces
    return and_(*(_like(bounded, f"% {word} %") for word in words)) if words else false()


def read_import(row: Row[Any]) -> Import:
    """An import as its row tells it."""
    return Import(*(row._mapping[name] for name in Import._fields))


def read_service(row: Row[Any]) -> Service:
    """A service as its row tells it."""
    return Service(**{name: row._mapping[name] for name in _SERVICE})


def read_structure(row: Row[Any]) -> Structure:
    """A structure as its row tells it."""
    values = {name: row._mapping[name] for name in _STRUCTURE}
    return Structure(**{**values, "identifiant": Identifiant(row.type, row.identifiant)})
