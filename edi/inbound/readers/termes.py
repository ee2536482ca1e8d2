"""Terms of an invoice that have no field of their own: notes, references, accounts, every identifier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lxml import etree

from edi.inbound.readers.fields import Reading, Row, Table, text_of
from edi.model import Identifiant, Note, Place
from edi.xml import line_of, where

Counts = Callable[[str, etree._Element], bool]  # is an element found for a term really that term?


def read_termes(
    reading: Reading, table: Table, lignes: Mapping[str, str], rows: Iterable[Row], counts: Counts
) -> dict[str, tuple[str, ...]]:
    """Every value of the terms of ``table``, and of the terms of lines: a path below each of ``rows``.

    A term that is absent is recorded where it should stand.
    """
    inner = Reading(reading.element, reading.path, table, reading.namespaces, reading.places)
    found: dict[str, list[str]] = {}
    for name, field in table.items():
        elements = [e for e in inner.candidates(name) if counts(name, e)]
        for i, element in enumerate(elements):
            path = inner.path + where(element, inner.element)
            reading.places[f"{name}[{i}]"] = Place(path, line_of(element), field.term)
        if elements:
            found[name] = [text_of(element) for element in elements]
        else:
            inner.found(name, None)
    for row in rows:  # a path from the row: numbering it among all lines would cost the square of them
        for name, step in lignes.items():
            for element in row.element.iterfind(step, reading.namespaces):
                place = Place(row.path + where(element, row.element), line_of(element), name)
                texts = found.setdefault(name, [])
                reading.places[f"{name}[{len(texts)}]"] = place
                texts.append(text_of(element))
    return {name: tuple(texts) for name, texts in found.items()}


def read_identifiants(
    reading: Reading, parties: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[Identifiant, ...]]:
    """Every identifier of each party, under the scheme that the document writes."""
    found = {}
    for partie, paths in parties.items():
        elements = [e for path in paths for e in reading.element.iterfind(path, reading.namespaces)]
        for i, element in enumerate(elements):
            path = reading.path + where(element, reading.element)
            reading.places[f"{partie}_id[{i}]"] = Place(path, line_of(element), "Identifiant")
        if elements:
            found[partie] = tuple(Identifiant(_scheme(e), text_of(e)) for e in elements)
    return found


def read_notes(
    reading: Reading, rows: Iterable[Row], split: Callable[[etree._Element], Note]
) -> tuple[Note, ...]:
    """The notes of the document, in its order."""
    notes = []
    for i, row in enumerate(rows):
        reading.places[f"note[{i}]"] = Place(row.path, line_of(row.element), "BG-1 Note de la facture")
        notes.append(split(row.element))
    return tuple(notes)


def _scheme(element: etree._Element) -> str:
    return element.get("schemeID", "").strip() or element.get("schemeName", "").strip()
