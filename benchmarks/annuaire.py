"""How long the import of the whole annuaire takes: 200,000 structures and 80,000 services, seeded.

Twice: into an empty database, then again with a few hundred rows that differ. ``--xlsx`` reads workbooks.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from edi.annuaire.export import COLONNES, FACULTATIVES
from edi.annuaire.imports import Report, import_csv
from edi.store import tables
from edi.store.annuaire import SERVICES, STRUCTURES
from edi.store.database import open_database

SEED = 20261126
AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
WORDS = (
    "COMMUNE VILLE SYNDICAT LYCÉE COLLÈGE HÔPITAL SERVICE DÉPARTEMENTAL DE LA DU SAINT VAL PONT MER".split()
)
Rows = Iterator[list[str]]


def structures(count: int, touched: int) -> Rows:
    """``count`` structures in the order of their numbers; every ``touched``-th has another name."""
    drawn = random.Random(SEED)  # noqa: S311 (seeded on purpose)
    yield [*COLONNES[STRUCTURES], *FACULTATIVES[STRUCTURES]]
    for number in range(count):
        flags = ["true" if drawn.random() < 0.2 else "false" for _ in range(8)]
        nom = " ".join(drawn.choices(WORDS, k=5)) + f" {number}"
        nom += " BIS" if touched and number % touched == 0 else ""
        cells = ["1", siret(number), nom, *flags, "true" if drawn.random() < 0.97 else "false"]
        yield [*cells, f"{drawn.randrange(1000, 96000):05d}", drawn.choice(WORDS), "FR", "PUBLIQUE"]


def services(count: int, touched: int) -> Rows:
    """``count`` services, two or so to a structure; every ``touched``-th is closed."""
    drawn = random.Random(SEED + 1)  # noqa: S311 (seeded on purpose)
    yield [*COLONNES[SERVICES], *FACULTATIVES[SERVICES]]
    for number in range(count):
        closed = touched and number % touched == 0
        owner, code = siret(number // 2), f"SRV{number:05d}"
        nom = " ".join(drawn.choices(WORDS, k=4))
        yield [owner, code, nom, "false", "false" if closed else "true", "01/01/2020", ""]


def siret(number: int) -> str:
    """A number of 14 digits; its key is not that of a true one."""
    return f"2{number:08d}00014"


def write(path: Path, rows: Rows) -> Path:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows(rows)
        return path
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Annuaire")
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def measure(folder: Path, suffix: str, sizes: tuple[int, int]) -> None:
    engine = open_database("sqlite:///edi.db", folder)
    tables.metadata.create_all(engine)
    for titre, touched in (("first import", 0), ("some rows differ", 500)):
        made = (structures(sizes[0], touched), services(sizes[1], touched))
        names = ("structures", "services")
        paths = [write(folder / f"{n}{suffix}", rows) for n, rows in zip(names, made, strict=True)]
        start = time.perf_counter()
        with engine.begin() as conn:  # one transaction for both, as the command does
            reports = [import_csv(conn, path, AT) for path in paths]
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{titre:<18} {seconds:6.1f} s   peak {peak} MB   {'; '.join(map(tell, reports))}", flush=True)
    engine.dispose()


def tell(report: Report) -> str:
    counts = f"+{report.ajoutees} ~{report.modifiees} -{report.supprimees}"
    return f"{report.lignes:,} {report.nature} ({counts})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--xlsx", action="store_true")
    parser.add_argument("--structures", type=int, default=200_000)
    parser.add_argument("--services", type=int, default=80_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), ".xlsx" if asked.xlsx else ".csv", (asked.structures, asked.services))


if __name__ == "__main__":
    main()
