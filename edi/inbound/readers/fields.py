"""How an invoice is read off a tree by a table of fields, each with its place in the bytes.

A table says, for each field, what the trade calls it and where it may stand; a format is such a table. Paths
are steps of XPath with the prefixes of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from edi.model import Place
from edi.xml import line_of, spell, where

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


class Row(NamedTuple):
    """One of several elements of a name, and its XPath."""

    element: etree._Element
    path: str


def text_of(element: etree._Element | None) -> str:
    """The stripped text of an element; '' for none."""
    return "" if element is None else (element.text or "").strip()


def read_decimal(text: str) -> Decimal | None:
    """A number in plain decimal notation, else None."""
    plain = len(text) <= _LONGEST_DECIMAL and _DECIMAL.fullmatch(text)
    return Decimal(text) if plain else None


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

    def __init__(
        self,
        element: etree._Element,
        path: str,
        table: Table,
        namespaces: Mapping[str, str],
        places: dict[str, Place] | None = None,
        key: str = "",
    ) -> None:
        self.element, self.path, self.table = element, path, table
        self.namespaces = dict(namespaces)
        self.places: dict[str, Place] = {} if places is None else places
        self.key = key  # what this reading puts before the names of its places

    def candidates(self, name: str) -> Iterator[etree._Element]:
        """Every element that may hold a field, in the order of its paths."""
        for path in self.table[name].paths:
            yield from self.element.iterfind(path, self.namespaces)

    def find(self, name: str) -> etree._Element | None:
        """The element of a field: the first that is not empty, else the first at all."""
        empty = None
        for element in self.candidates(name):
            if text_of(element):
                return self.found(name, element)
            empty = element if empty is None else empty
        return self.found(name, empty)

    def found(self, name: str, element: etree._Element | None) -> etree._Element | None:
        """Record where a field stands, or should stand when ``element`` is None."""
        term = self.table[name].term
        if element is None:
            place = self._absent(self.table[name])
        else:
            place = Place(self.path + where(element, self.element), line_of(element), term)
        self.places[f"{self.key}{name}"] = place
        return element

    def text(self, name: str) -> str:
        return text_of(self.find(name))

    def decimal(self, name: str) -> Decimal | None:
        return read_decimal(self.text(name))

    def date(self, name: str) -> date | None:
        return read_date(self.text(name))

    def rows(self, parent: etree._Element | None, path: str, step: str) -> list[Row]:
        """The children ``step`` of ``parent``, whose own XPath is ``path``; numbered here, at one go."""
        found = [] if parent is None else parent.findall(step, self.namespaces)
        names = [f"{child.prefix}:{_local(child)}" if child.prefix else _local(child) for child in found]
        numbered = (f"{name}[{n}]" for n, name in enumerate(names, 1)) if len(found) > 1 else names
        return [Row(child, f"{path}/{name}") for child, name in zip(found, numbered, strict=True)]

    def within(self, row: Row, table: Table, key: str) -> Reading:
        """A reading of one row, with its own table; its places are named ``key`` and then the field."""
        return Reading(row.element, row.path, table, self.namespaces, self.places, key)

    def _absent(self, field: Field) -> Place:
        """Where a field should stand: as far as the document goes, then the steps that are missing."""
        anchor, steps = self.element, (field.missing or field.paths[0]).split("/")
        while steps and (step := anchor.find(steps[0], self.namespaces)) is not None:
            anchor, steps = step, steps[1:]
        missing = "".join(f"/{self._spell(step, anchor)}" for step in steps)
        return Place(self.path + where(anchor, self.element) + missing, line_of(anchor), field.term)

    def _spell(self, step: str, anchor: etree._Element) -> str:
        """A step of the table in the document's prefixes."""
        prefix, colon, rest = step.removeprefix("{*}").partition(":")
        if not colon or prefix not in self.namespaces:
            return step.removeprefix("{*}")
        namespace, (name, bracket, predicate) = self.namespaces[prefix], rest.partition("[")
        known = namespace in anchor.nsmap.values()
        word = spell(f"{{{namespace}}}{name}", anchor.nsmap) if known else f"{prefix}:{name}"
        return word + bracket + predicate


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
