"""The export of the annuaire as a workbook (XLSX): its one sheet that holds a table of the annuaire, as text.

A workbook keeps numbers, dates and booleans where the CSV keeps text; each cell becomes the text that the CSV
would hold. What a spreadsheet has rounded is not made whole: its text is seen to be malformed later.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

MAGIC = b"PK\x03\x04"
LARGEST = 2_000_000_000  # bytes once expanded: forty times the public export
_EXACT = 2**53  # beyond it a spreadsheet's number no longer says each of its digits


class ClasseurRefused(Exception):
    """The file is not a workbook that can be read; the text is French, without the name of the file."""


class Feuille(NamedTuple):
    """The sheet that holds a table of the annuaire."""

    nom: str
    header: tuple[str, ...]  # in lower case
    lignes: int


def find_sheet(path: Path, is_export: Callable[[tuple[str, ...]], bool]) -> Feuille:
    """The sheet whose first row ``is_export`` recognises, or the first of all. Raises ClasseurRefused."""
    book = _open(path)
    feuilles = [_describe(book.get_sheet_by_name(nom)) for nom in book.sheet_names]
    found = [feuille for feuille in feuilles if is_export(feuille.header)]
    if len(found) > 1:
        noms = ", ".join(f"« {feuille.nom} »" for feuille in found)
        raise ClasseurRefused(f"les feuilles {noms} se prêtent à l'import ; laissez-en une par classeur")
    if not feuilles:
        raise ClasseurRefused("le classeur n'a aucune feuille")
    return found[0] if found else feuilles[0]


def read_rows(path: Path, feuille: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet with their numbers as the spreadsheet shows them, its header included."""
    sheet = _open(path).get_sheet_by_name(feuille)
    for ligne, row in enumerate(sheet.iter_rows(), 1):
        yield ligne, [_text(cell) for cell in row]


def _open(path: Path) -> CalamineWorkbook:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise ClasseurRefused("le classeur est trop gros une fois décompressé")
        return CalamineWorkbook.from_path(path)
    except (CalamineError, zipfile.BadZipFile) as error:
        raison = "c'est une archive ZIP et non un classeur Excel, ou un classeur abîmé"
        raise ClasseurRefused(f"{raison} ; enregistrez-le de nouveau au format XLSX ou CSV") from error


def _describe(sheet: CalamineSheet) -> Feuille:
    _, first = next(iter(enumerate(sheet.iter_rows())), (0, []))
    return Feuille(sheet.name, tuple(_text(cell).strip().casefold() for cell in first), sheet.total_height)


def _text(cell: Any) -> str:
    """The text that the CSV would hold for a cell."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return f"{cell:.0f}"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
