"""How the rows of a table are told in the journal.

The same query makes the content of a row when it is written and when it is proved, from columns that never
change. Contents hold codes, counts and hashes, and the reason that somebody gave: no amount, no party.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, literal, select

from edi.model.journal import GenreEcriture, Ligne, write_instant
from edi.store.chunks import in_chunks

_ASKED = ("fait_id", "flux_id", "sujet", "le", "par")  # of every query; what else it selects is the content

More = Callable[[Connection, Sequence[int]], Mapping[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that a genre tells: each that has come since the journal began has its own."""

    genre: GenreEcriture
    id: ColumnElement[int]  # what a row of the journal names the row by that it tells
    query: Select[Any]
    told: ColumnElement[bool] | None = None  # which rows are told; None: all
    more: More = lambda conn, ids: {}  # what other tables say of them

    def ids(self, since: int = 0) -> Select[Any]:
        """Those after an id that must have been told."""
        query = select(self.id).where(self.id > since)
        return query if self.told is None else query.where(self.told)

    def read(self, conn: Connection, ids: Collection[int]) -> dict[int, Ligne]:
        """What is to be told of some rows; those that are not there, or not yet to be told, are left out."""
        found: dict[int, Ligne] = {}
        query = self.query if self.told is None else self.query.where(self.told)
        for some in in_chunks(ids):
            more = self.more(conn, some)
            rows = conn.execute(query.where(self.id.in_(some)))
            names = list(rows.keys())[len(_ASKED) :]
            for row in rows:
                found[row.fait_id] = self._ligne(names, row, more.get(row.fait_id, {}))
        return found

    def _ligne(self, names: Sequence[str], row: Row[Any], more: Mapping[str, Any]) -> Ligne:
        told = zip(names, row[len(_ASKED) :], strict=True)
        contenu = {name: _plain(value) for name, value in told if value is not None and value != ""}
        return Ligne(self.genre, row.sujet, {**contenu, **more}, row.le, row.flux_id, row.fait_id, row.par)


def _plain(value: Any) -> str | int:
    if isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not told")


def say(fait_id: Any, flux_id: Any, sujet: Any, le: Any, *contenu: Any, par: Any = None) -> Select[Any]:
    """A query as :class:`Source` asks for it."""
    asked = zip(_ASKED, (fait_id, flux_id, sujet, le, literal("") if par is None else par), strict=True)
    return select(*(column.label(name) for name, column in asked), *contenu)
