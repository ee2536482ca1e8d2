"""How an invoice is read off a tree by a table of fields, each with its place in the bytes.

A table says, for each field, what the trade calls it and where it may stand; a format is such a table. Paths
are steps of XPath with the prefixes of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from edi.inbound.readers.nodes import Paths, Row, below, children_of
from edi.model import Place
from edi.xml import spell

_new: Any = tuple.__new__  # as Place(...) makes it, in a third of the time: an invoice has more than hundred

# Plain notation only: no exponent, no NaN; the length keeps arithmetic from being an attack.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_LONGEST_DECIMAL = 100  # characters
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")  # format 102 of UN/CEFACT
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")  # xs:date, its zone ignored


class Field(NamedTuple):
    """What a field is called (``BT-1 Numéro de facture (cbc:ID)``), where it may stand, best path first."""

    term: str
    paths: tuple[str, ...]
    missing: str = ""  # where it should stand when it is absent, if not at the first path


Table = Mapping[str, Field]


def text_of(row: Row | None) -> str:
    """The stripped text of an element; '' for none."""
    return "" if row is None else (row.node.e.text or "").strip()


def place_of(row: Row, term: str = "") -> Place:
    """Where an element stands."""
    place: Place = _new(Place, (row.path, row.node.e.sourceline, term))
    return place


def read_decimal(text: str) -> Decimal | None:
    """A number in plain decimal notation, else None."""
    if len(text) > _LONGEST_DECIMAL:
        return None
    # Nearly all are digits with one point at most, which is told faster than by a pattern.
    is_plain = text.isascii() and text.replace(".", "", 1).isdigit()
    return Decimal(text) if is_plain or _DECIMAL.fullmatch(text) else None


def read_date(text: str) -> date | None:
    """A day of the form ``2026-01-31``, else None."""
    match = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:  # 31 February
        return None


def read_compact_date(text: str) -> date | None:
    """A day of the form ``20260131``, else None."""
    match = _COMPACT_DATE.fullmatch(text)
    return read_date("-".join(match.groups())) if match else None


class Reading:
    """One element being read by a table. ``places`` fills as fields are asked for; nothing here raises."""

    __slots__ = ("_reached", "_rows", "_spelled", "key", "paths", "places", "row", "table")

    def __init__(
        self,
        row: Row,
        table: Table,
        paths: Paths,
        places: dict[str, Place] | None = None,
        key: str = "",
    ) -> None:
        self.row, self.table, self.paths = row, table, paths
        self.places: dict[str, Place] = {} if places is None else places
        self.key = key  # what this reading puts before the names of its places
        self._rows: dict[str, list[Row]] = {"": [row]}
        self._reached: dict[str, tuple[Row, str]] = {"": (row, "")}
        self._spelled: dict[str, dict[str, str]] = {}

    def rows(self, path: str) -> list[Row]:
        """Every element at a path from this one, in the order of the document; looked for once."""
        found = self._rows.get(path)
        if found is None:
            step = self.paths[path]
            above = self.rows(step.before)
            if not step.is_plain:
                found = [one for row in above for one in below(row, step)]
            elif len(above) == 1:
                found = children_of(above[0], step.name, step.local)
            else:
                found = [one for row in above for one in children_of(row, step.name, step.local)]
            self._rows[path] = found
        return found

    def first(self, path: str) -> Row | None:
        """The first element at a path from this one."""
        return next(iter(self.rows(path)), None)

    def candidates(self, name: str) -> Iterator[Row]:
        """Every element that may hold a field, in the order of its paths."""
        for path in self.table[name].paths:
            yield from self.rows(path)

    def find(self, name: str) -> Row | None:
        """The element of a field: the first that is not empty, else the first at all."""
        return self._find(name)[0]

    def _find(self, name: str) -> tuple[Row | None, str]:
        """The element of a field, and its text."""
        empty = None
        for path in self.table[name].paths:
            for row in self._rows.get(path) or self.rows(path):
                if text := (row.node.e.text or "").strip():
                    return self.found(name, row), text
                empty = row if empty is None else empty
        return self.found(name, empty), ""

    def found(self, name: str, row: Row | None) -> Row | None:
        """Record where a field stands, or should stand when ``row`` is None."""
        field = self.table[name]
        self.places[f"{self.key}{name}"] = (
            self.place_of_absent(field) if row is None else place_of(row, field.term)
        )
        return row

    def text(self, name: str) -> str:
        return self._find(name)[1]

    def decimal(self, name: str) -> Decimal | None:
        return read_decimal(self._find(name)[1])

    def date(self, name: str) -> date | None:
        return read_date(self.text(name))

    def within(self, row: Row, table: Table, key: str) -> Reading:
        """A reading of one row, with its own table; its places are named ``key`` and then the field."""
        return Reading(row, table, self.paths, self.places, key)

    def place_of_absent(self, field: Field) -> Place:
        """Where a field should stand: as far as the document goes, then the steps that are missing."""
        anchor, missing = self._reach(field.missing or field.paths[0])
        place: Place = _new(Place, (anchor.path + missing, anchor.node.e.sourceline, field.term))
        return place

    def _reach(self, path: str) -> tuple[Row, str]:
        """How far the document goes to a path, by first elements, and the steps that are missing."""
        reached = self._reached.get(path)
        if reached is None:
            step = self.paths[path]
            anchor, missing = self._reach(step.before)
            rows = () if missing else self.rows(path)
            if rows and rows[0].above is anchor:
                reached = rows[0], ""
            else:
                reached = anchor, f"{missing}/{self._spell(anchor).get(step.prefix, '')}{step.rest}"
            self._reached[path] = reached
        return reached

    def _spell(self, anchor: Row) -> dict[str, str]:
        """How the document begins a name where an element stands, by the prefixes of the table."""
        words = self._spelled.get(anchor.path)
        if words is None:
            nsmap = anchor.node.e.nsmap
            words = self._spelled[anchor.path] = {
                prefix: spell(f"{{{uri}}}", nsmap) if uri in nsmap.values() else f"{prefix}:"
                for prefix, uri in self.paths.namespaces.items()
            }
        return words
