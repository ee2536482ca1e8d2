"""``schemas/moteur.toml``: the sheets whose compiled form was held against the official one, faultless."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from differential.sheets import Feuille
from differential.tally import Tally

_KEYS = ("nom", "sha256", "compilateur", "documents", "le")


class NotProven(Exception):
    """A run that may not be recorded, and why."""


def proofs_of(
    feuilles: Iterable[Feuille], tallies: Mapping[str, Tally], compiler: str, day: date
) -> dict[str, dict[str, object]]:
    """A row for each sheet of a run, by sha256.

    Raises NotProven when anything differed, or when a sheet was never answered by the compiled form.
    """
    rows: dict[str, dict[str, object]] = {}
    for feuille in feuilles:
        tally = tallies.get(feuille.name, Tally())
        compared = tally.runs - tally.asked.total()
        if tally.differences:
            raise NotProven(f"{feuille.name}: {tally.differences} differences")
        if not compared:
            raise NotProven(f"{feuille.name}: the compiled form answered for no document")
        values = (feuille.name, feuille.sheet.sha256, compiler, compared, day)
        rows[feuille.sheet.sha256] = dict(zip(_KEYS, values, strict=True))
    return rows


def record(path: Path, rows: Mapping[str, Mapping[str, object]]) -> None:
    """Write the rows in the place of those of the same sheets; the head of the file stays as it is."""
    text = path.read_text("utf-8") if path.is_file() else ""
    head = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    known = {entry["sha256"]: entry for entry in tomllib.loads(text).get("feuille", ())} | dict(rows)
    ordered = sorted(known.values(), key=lambda row: (str(row["nom"]), str(row["sha256"])))
    path.write_text(head + "".join(map(_write, ordered)), "utf-8")


def _write(row: Mapping[str, object]) -> str:
    """One table; only strings are quoted."""
    told = (f'"{row[key]}"' if isinstance(row[key], str) else row[key] for key in _KEYS)
    return "\n[[feuille]]\n" + "".join(f"{key} = {value}\n" for key, value in zip(_KEYS, told, strict=True))
