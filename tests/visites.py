"""What the statements of a workspace cost SQLite: steps of its machine, whatever the processor does else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from edi.espace import Espace

PAS = 10  # steps between two looks


@contextmanager
def counting(espace: Espace) -> Iterator[Counter[str]]:
    """The steps that each statement takes meanwhile, about, by its text."""
    steps: Counter[str] = Counter()
    asked = [""]

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        asked[0] = statement
        cursor.connection.set_progress_handler(step, PAS)

    def step() -> int:
        steps[asked[0]] += PAS
        return 0

    event.listen(espace.engine, "before_cursor_execute", note)
    try:
        yield steps
    finally:
        event.remove(espace.engine, "before_cursor_execute", note)
        espace.engine.dispose()  # connections that still look
