"""Queries on the annuaire: structures, services, and the record of their imports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, insert, or_, select

from edi.model import Identifiant, Service, Structure
from edi.model.journal import GenreEcriture
from edi.store import journal
from edi.store.chunks import in_chunks
from edi.store.replacement import Difference, replace_rows
from edi.store.tables import annuaire_import, service, structure

STRUCTURES, SERVICES = "structures", "services"  # nature of an import

_STRUCTURE = [column.name for column in structure.c if column.name in Structure.__dataclass_fields__]
_SERVICE = [column.name for column in service.c]
_MARKS = re.compile("[\u0300-\u036f]")  # accents, once decomposed
_WORD = re.compile("[A-Z0-9]+")


class Import(NamedTuple):
    """One import of the annuaire that was done."""

    le: datetime
    fichier: str
    sha256: str
    nature: str  # STRUCTURES or SERVICES
    lignes: int


def fold(text: str) -> str:
    """Words in plain capitals, one space apart: what the column ``recherche`` holds and a search asks for."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).upper()
    return " ".join(_WORD.findall(plain.replace("Œ", "OE").replace("Æ", "AE")))


# -- writing ----------------------------------------------------------------------------------------------


def replace_structures(conn: Connection, structures: Iterable[tuple[int, Structure]]) -> Difference:
    """Make ``structures``, each with its line, all that the annuaire holds. Raises KeysRepeated."""
    rows = ((line, _structure_row(value)) for line, value in structures)
    return replace_rows(conn, structure, rows, "active")


def replace_services(conn: Connection, services: Iterable[tuple[int, Service]]) -> Difference:
    """Make ``services``, each with its line, all that the annuaire holds. Raises KeysRepeated."""
    rows = ((line, {name: getattr(value, name) for name in _SERVICE}) for line, value in services)
    return replace_rows(conn, service, rows, "actif")


def record_import(conn: Connection, done: Import, par: str = "") -> None:
    """``par``: who did it."""
    made = insert(annuaire_import).values(done._asdict()).returning(annuaire_import.c.id)
    journal.tell(conn, GenreEcriture.IMPORT, [conn.execute(made).scalar_one()], par)


def _structure_row(value: Structure) -> dict[str, Any]:
    row = {name: getattr(value, name) for name in _STRUCTURE}
    row["type"], row["identifiant"] = value.identifiant
    row["siren"] = value.identifiant.siren
    row["recherche"] = fold(f"{value.nom} {value.ville}")
    return row


# -- reading ----------------------------------------------------------------------------------------------


def annuaire_du(conn: Connection) -> datetime | None:
    """Instant of the last import of structures; None when there was none."""
    query = select(func.max(annuaire_import.c.le)).where(annuaire_import.c.nature == STRUCTURES)
    last: datetime | None = conn.execute(query).scalar_one()
    return last


def structures_named(conn: Connection, identifiants: Collection[Identifiant]) -> dict[Identifiant, Structure]:
    """The structures that bear one of these identifiers, by identifier."""
    types = sorted({identifiant.type for identifiant in identifiants})
    found: dict[Identifiant, Structure] = {}
    for valeurs in in_chunks({identifiant.valeur for identifiant in identifiants}):
        query = select(structure).where(structure.c.type.in_(types), structure.c.identifiant.in_(valeurs))
        found.update((value.identifiant, value) for value in map(_structure, conn.execute(query)))
    return {identifiant: found[identifiant] for identifiant in identifiants if identifiant in found}


def structures_of_sirens(conn: Connection, sirens: Collection[str]) -> dict[Identifiant, Structure]:
    """Every establishment of these legal entities, by identifier."""
    found: dict[Identifiant, Structure] = {}
    for chunk in in_chunks(sirens):
        rows = conn.execute(select(structure).where(structure.c.siren.in_(chunk)))
        found.update((value.identifiant, value) for value in map(_structure, rows))
    return found


def services_of(conn: Connection, sirets: Collection[str]) -> dict[tuple[str, str], Service]:
    """All the services of these structures, by SIRET and code, in the order of their codes."""
    found: dict[tuple[str, str], Service] = {}
    for chunk in in_chunks(sirets):
        query = select(service).where(service.c.siret.in_(chunk)).order_by(service.c.siret, service.c.code)
        found.update(((row.siret, row.code), Service(**row._mapping)) for row in conn.execute(query))
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
    ordered = select(structure).where(matches).order_by(structure.c.nom, structure.c.identifiant)
    page = conn.execute(ordered.limit(limit).offset(offset))
    return total, tuple(_structure(row) for row in page)


def _like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    return column.like(pattern, escape="\\")


def _all_words(words: Sequence[str]) -> ColumnElement[bool]:
    bounded = " " + structure.c.recherche + " "  # so that every word stands between two spaces
    return and_(*(_like(bounded, f"% {word} %") for word in words)) if words else false()


def _structure(row: Row[Any]) -> Structure:
    values = {name: row._mapping[name] for name in _STRUCTURE}
    return Structure(**{**values, "identifiant": Identifiant(row.type, row.identifiant)})
