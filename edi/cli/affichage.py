"""How lists are shown: tables that line up for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

_SHORT = 26  # characters: a flux id has 25
_SENTENCE = 20  # characters that a column of sentences needs at the least
_PIPE_WIDTH = 180  # columns when the output is not a terminal: room for a flux id and a sentence

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=_PIPE_WIDTH)
stderr = Console(stderr=True, highlight=False)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], titre: str = "") -> None:
    """A table; what is sent in is text, never markup.

    Columns of short cells (numbers, dates, codes, flux ids) keep them whole where the screen is wide enough;
    the others share what is left.
    """
    widths = [max((len(row[rank]) for row in rows), default=0) for rank in range(len(columns))]
    widths = [max(width, len(column)) for width, column in zip(widths, columns, strict=True)]
    whole = [width <= _SHORT for width in widths]
    taken = sum(width + 3 for width, kept in zip(widths, whole, strict=True) if kept)
    fits = taken + _SENTENCE * whole.count(False) <= console.width
    table = Table(title=titre or None, title_justify="left", header_style="bold", show_lines=_is_tall(rows))
    for column, kept in zip(columns, whole, strict=True):
        table.add_column(column, overflow="fold", no_wrap=kept and fits)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _is_tall(rows: Sequence[Sequence[str]]) -> bool:
    """True when some cell has several lines: rows then need a rule between them."""
    return any("\n" in cell for row in rows for cell in row)


def print_json(value: Any) -> None:
    """One JSON document on standard output, and nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Enum):
        return value.name
    raise TypeError(f"{type(value).__name__} has no JSON form")


def make_progress() -> Progress:
    """The progress display of long work; silent when standard error is not a terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    )


def show_amount(value: Decimal | None, devise: str = "") -> str:
    """``1 234,50 EUR``: as French accountants write it."""
    if value is None:
        return ""
    return f"{value:,f}".replace(",", " ").replace(".", ",") + (f" {devise}" if devise else "")
