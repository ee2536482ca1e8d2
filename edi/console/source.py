"""Findings beside the document: which of its lines each one means, which lines are worth showing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from edi.model import Finding, LigneSource

ENTIER = 1_500  # lines that are shown whole; of a longer document, those around what was found
_AUTOUR = 12
_TETE = 40


class LigneMontree(NamedTuple):
    """A line of the document, or a gap of ``sautees`` lines before it."""

    rang: int  # from 1: its anchor
    source: LigneSource
    constats: tuple[int, ...]  # numbers of the findings that mean it, from 1
    sautees: int = 0


def match(lines: Sequence[LigneSource], findings: Iterable[Finding]) -> dict[int, list[int]]:
    """For each line (from 0) the findings (from 1) that mean its element, or the nearest one around it."""
    by_path: dict[str, int] = {}
    by_line: dict[int, int] = {}
    for rank, line in enumerate(lines):
        if line.debut:
            by_path.setdefault(_plain(line.chemin), rank)
            if line.ligne is not None:
                by_line.setdefault(line.ligne, rank)
    found: dict[int, list[int]] = {}
    for number, finding in enumerate(findings, 1):
        at = _nearest(finding.location, by_path)
        if at is None and finding.line is not None:
            at = by_line.get(finding.line)
        if at is not None:
            found.setdefault(at, []).append(number)
    return found


def _plain(path: str) -> str:
    """A path in which the first of several is named like one alone: sheets number it, or do not."""
    return path.replace("[1]", "")


def _nearest(location: str, by_path: dict[str, int]) -> int | None:
    path = _plain(location[location.index("/") :]) if "/" in location else ""
    while path and path not in by_path:
        path = path.rpartition("/")[0]
    return by_path.get(path)


def select(lines: Sequence[LigneSource], marked: dict[int, list[int]]) -> tuple[list[LigneMontree], int]:
    """The lines to show with their findings, and how many are left out after the last of them."""
    wanted = set(range(len(lines)))
    if len(lines) > ENTIER:
        wanted = set(range(_TETE))
        for rank in marked:
            wanted |= set(range(max(0, rank - _AUTOUR), min(len(lines), rank + _AUTOUR + 1)))
    shown, last = [], -1
    for rank in sorted(wanted):
        shown.append(LigneMontree(rank + 1, lines[rank], tuple(marked.get(rank, ())), rank - last - 1))
        last = rank
    return shown, len(lines) - 1 - last
