"""Importing the official export, CSV or workbook: a file replaces all structures, or all services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from edi.annuaire.corrections import maintain
from edi.annuaire.export import AnnuaireRefused, Export, open_export, repeated_key
from edi.annuaire.rows import read_services, read_structures
from edi.model.journal import GenreEcriture
from edi.store import annuaire, flux, journal
from edi.store.replacement import Difference, Exemple, KeysRepeated

Progress = Callable[[int, int], None]  # lines read, lines of the file
_STEP = 1_000  # rows between two calls of it
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did; the same file once more changes nothing."""

    nature: str  # "structures" or "services"
    lignes: int
    ajoutees: int
    modifiees: int
    supprimees: int
    fermees: int  # of those modified: active before, no longer now
    exemples: Mapping[str, tuple[Exemple, ...]]  # by kind of change
    fichier: str
    sha256: str
    maintenues: int = 0  # corrections by hand that were made again after it


def import_csv(
    connection: Connection, path: Path, at: datetime, progress: Progress | None = None, par: str = ""
) -> Report:
    """Import one file inside the caller's transaction and record it: when, and who did it.

    Raises AnnuaireRefused with the faults of the file, nothing being changed, and OSError when it cannot be
    read.
    """
    export = open_export(path)
    begun = annuaire.Import(at, path.name, export.sha256, export.nature, 0, par)
    try:
        with connection.begin_nested():  # a file that is refused leaves no number behind
            import_id = annuaire.begin_import(connection, begun)
            difference = _replace(connection, export, import_id, progress or (lambda done, total: None))
            annuaire.end_import(connection, import_id, difference.lignes)
    except KeysRepeated as repeated:
        fautes = [repeated_key(export, *repetition) for repetition in repeated.repetitions]
        raise AnnuaireRefused.because_of(path.name, fautes) from repeated
    journal.tell(connection, GenreEcriture.IMPORT, [import_id], par)
    kept = maintain(connection, export.nature, at, at.date())
    flux.wake(connection, at)  # some may have waited for the registry to speak
    return Report(export.nature, *difference, path.name, export.sha256, kept)


def _replace(connection: Connection, export: Export, import_id: int, progress: Progress) -> Difference:
    total = export.lignes
    if export.nature == annuaire.STRUCTURES:
        structures = _told(read_structures(export), total, progress)
        return annuaire.replace_structures(connection, structures, import_id)
    return annuaire.replace_services(connection, _told(read_services(export), total, progress), import_id)


def _told(rows: Iterator[tuple[int, _T]], total: int, progress: Progress) -> Iterator[tuple[int, _T]]:
    for count, (line, value) in enumerate(rows, 1):
        if count % _STEP == 0:
            progress(line, total)
        yield line, value
    progress(total, total)
