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

console = Console(highlight=False, soft_wrap=False)
stderr = Console(stderr=True, highlight=False)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], titre: str = "") -> None:
    """A table; what is sent in is text, never markup."""
    table = Table(title=titre or None, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


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
