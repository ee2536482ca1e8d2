"""Reading the journal, and what must agree with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, String, func, literal_column, select, text, type_coerce

from edi.model.journal import Ecriture, GenreEcriture, Racine, read_racine, write_instant
from edi.store.faits import Source
from edi.store.journal import read_hash
from edi.store.sources import SOURCES
from edi.store.tables import facture
from edi.store.tables import journal as table
from edi.store.tables import journal_tete as tete

# As it lies in the row, whatever somebody has put there.
_RAW = [type_coerce(column, String).label(column.name) for column in table.c]
# Written out: an index of roots alone is not found by a parameter.
_IS_ROOT = table.c.genre == literal_column("'RACINE'")
_PAGE = 2_000  # rows in memory at a time


def _ecriture(row: Any) -> Ecriture:
    return Ecriture(*row[:-2], *map(read_hash, row[-2:]))


def read_from(conn: Connection, numero: int | None = None) -> Iterator[list[Ecriture]]:
    """The rows from a number on, or all of them, in order and some at a time."""
    query = select(*_RAW).order_by(table.c.numero).limit(_PAGE)
    behind = None if numero is None else table.c.numero >= numero
    while True:
        page = [_ecriture(row) for row in conn.execute(query if behind is None else query.where(behind))]
        if page:
            yield page
        if len(page) < _PAGE:
            return
        behind = table.c.numero > page[-1].numero


def read_one(conn: Connection, numero: int) -> Ecriture | None:
    row = conn.execute(select(*_RAW).where(table.c.numero == numero)).one_or_none()
    return None if row is None else _ecriture(row)


def read_head(conn: Connection) -> tuple[int, str] | None:
    """Number and hash of the last row as the head says; None where it is gone."""
    row = conn.execute(select(tete.c.numero, type_coerce(tete.c.empreinte, String))).first()
    return None if row is None else (row[0], read_hash(row[1]))


def count_from(conn: Connection, numero: int) -> int:
    return conn.execute(select(func.count()).select_from(table).where(table.c.numero >= numero)).scalar_one()


class Choix(NamedTuple):
    """Which rows are asked for; None and '' ask for all."""

    flux_id: int | None = None
    facture: str = ""  # number of an invoice
    depuis: datetime | None = None  # from that instant on
    jusqu: datetime | None = None  # before that one
    genre: str = ""
    par: str = ""


_OF_FACTURES = [
    GenreEcriture.VERDICT,
    GenreEcriture.FACTURE,
    GenreEcriture.REPRISE,
    GenreEcriture.ACQUITTEMENT,
]


def search(conn: Connection, choix: Choix, limit: int) -> tuple[int, list[Ecriture]]:
    """How many rows match, and the last of them in order."""
    query = select(*_RAW)
    if choix.flux_id is not None:
        query = query.where(table.c.flux_id == choix.flux_id)
    if choix.facture:  # their flux_list first, which an index finds
        of = select(facture.c.flux_id).where(facture.c.numero == choix.facture)
        named = table.c.genre.in_([genre.name for genre in _OF_FACTURES])
        query = query.where(table.c.flux_id.in_(of), table.c.sujet == choix.facture, named)
    if choix.depuis is not None:
        query = query.where(table.c.le >= write_instant(choix.depuis))
    if choix.jusqu is not None:
        query = query.where(table.c.le < write_instant(choix.jusqu))
    if choix.genre:
        query = query.where(table.c.genre == choix.genre)
    if choix.par:
        query = query.where(table.c.par == choix.par)
    total = conn.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    rows = conn.execute(query.order_by(table.c.numero.desc()).limit(limit)).all()
    return total, [_ecriture(row) for row in reversed(rows)]


# -- roots ------------------------------------------------------------------------------------------------


def read_roots(conn: Connection) -> Iterator[Ecriture]:
    """The rows that tell a root, oldest first; whether they are true is not said."""
    query = select(*_RAW).where(_IS_ROOT).order_by(table.c.numero)
    return map(_ecriture, conn.execute(query).all())


def last_root(conn: Connection) -> Racine | None:
    """The root of the last day that was sealed; None: none was, or nobody can read it any more."""
    query = select(table.c.contenu).where(_IS_ROOT)
    contenu = conn.execute(query.order_by(table.c.numero.desc()).limit(1)).scalar_one_or_none()
    try:
        return None if contenu is None else read_racine(contenu)
    except ValueError:
        return None


def first_instant(conn: Connection) -> datetime | None:
    """When the journal began; None where its first row does not say it any more."""
    first = conn.execute(select(table.c.le).order_by(table.c.numero).limit(1)).scalar_one_or_none()
    try:
        return None if first is None else datetime.fromisoformat(first)
    except ValueError:
        return None


def last_before(conn: Connection, end: datetime, after: int, dernier: int) -> int:
    """The last row before the first one of an instant; ``after`` and ``dernier`` bound the rows asked."""
    query = select(func.min(table.c.numero)).where(table.c.numero > after, table.c.le >= write_instant(end))
    first = conn.execute(query).scalar_one()
    return dernier if first is None else first - 1


# -- facts ------------------------------------------------------------------------------------------------


def marks(conn: Connection) -> dict[str, int]:
    """By genre, the last id of what it tells."""
    query = {genre.name: select(func.max(source.id)) for genre, source in SOURCES.items()}
    return {genre: conn.execute(one).scalar_one() or 0 for genre, one in query.items()}


def untold(conn: Connection, source: Source, since: int, numero: int) -> Iterator[int]:
    """The facts after an id that no row from a number on tells."""
    told = select(table.c.fait_id).where(
        table.c.genre == source.genre.name, table.c.numero >= numero, table.c.fait_id > since
    )
    yield from conn.execute(source.ids(since).except_(told).order_by(text("1"))).scalars()


def told_twice(conn: Connection, numero: int) -> Iterator[int]:
    """The numbers of rows, from a number on, that tell what one before them tells."""
    first = func.min(table.c.numero)
    again = select(func.max(table.c.numero)).where(table.c.numero >= numero, table.c.fait_id.is_not(None))
    yield from conn.execute(
        again.group_by(table.c.genre, table.c.fait_id).having(first < func.max(table.c.numero))
    ).scalars()


_GUARDS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' "
    "AND tbl_name IN ('journal', 'journal_tete')",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND tgrelid IN "
    "('journal'::regclass, 'journal_tete'::regclass)",
}
GUARDED: Mapping[str, frozenset[str]] = {
    "sqlite": frozenset(
        "journal_no_update journal_no_delete journal_no_replace journal_tete_no_return "
        "journal_tete_no_delete".split()
    ),
    "postgresql": frozenset(
        "journal_no_update journal_no_truncate journal_tete_no_return journal_tete_no_delete "
        "journal_tete_no_truncate".split()
    ),
}


def missing_guards(conn: Connection) -> list[str]:
    """The triggers that keep the journal from being rewritten and that somebody has taken away."""
    there = set(conn.execute(text(_GUARDS[conn.dialect.name])).scalars())
    return sorted(GUARDED[conn.dialect.name] - there)
