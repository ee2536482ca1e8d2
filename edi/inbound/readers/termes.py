"""Terms of an invoice that have no field of their own: notes, references, accounts, every identifier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from edi.inbound.readers.fields import Reading, Table, place_of, text_of
from edi.inbound.readers.nodes import Row, rows_below
from edi.model import Identifiant, Note

Counts = Callable[[str, Row], bool]  # is an element found for a term really that term?


def read_termes(
    reading: Reading, table: Table, lignes: Mapping[str, str], rows: Iterable[Row], counts: Counts
) -> dict[str, tuple[str, ...]]:
    """Every value of the terms of ``table``, and of the terms of lines: a path below each of ``rows``.

    A term that is absent is recorded where it should stand.
    """
    found: dict[str, list[str]] = {}
    for name, field in table.items():
        elements = [one for path in field.paths for one in reading.rows(path) if counts(name, one)]
        for i, one in enumerate(elements):
            reading.places[f"{name}[{i}]"] = place_of(one, field.term)
        if elements:
            found[name] = [text_of(one) for one in elements]
        else:
            reading.places[name] = reading.place_of_absent(field)
    below = {name: reading.paths.split_plain(path) for name, path in lignes.items()}
    for row in rows:
        for name, steps in below.items():
            for one in rows_below(row, steps):
                texts = found.setdefault(name, [])
                reading.places[f"{name}[{len(texts)}]"] = place_of(one, name)
                texts.append(text_of(one))
    return {name: tuple(texts) for name, texts in found.items()}


def read_identifiants(
    reading: Reading, parties: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[Identifiant, ...]]:
    """Every identifier of each party, under the scheme that the document writes."""
    found = {}
    for partie, paths in parties.items():
        elements = [one for path in paths for one in reading.rows(path)]
        for i, one in enumerate(elements):
            reading.places[f"{partie}_id[{i}]"] = place_of(one, "Identifiant")
        if elements:
            found[partie] = tuple(Identifiant(_scheme(one), text_of(one)) for one in elements)
    return found


def read_notes(reading: Reading, rows: Iterable[Row], split: Callable[[Row], Note]) -> tuple[Note, ...]:
    """The notes of the document, in its order."""
    notes = []
    for i, row in enumerate(rows):
        reading.places[f"note[{i}]"] = place_of(row, "BG-1 Note de la facture")
        notes.append(split(row))
    return tuple(notes)


def _scheme(row: Row) -> str:
    element = row.element
    return element.get("schemeID", "").strip() or element.get("schemeName", "").strip()
