"""What it costs this process to write 5,000 findings into PostgreSQL: by COPY, and by what SQLAlchemy does.

    PYTHONPATH=.:tests python benchmarks/base.py

CPU seconds of this process, the medians of some rounds in turn; the server's own work is not in them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from bases import MORNING, drop_bases, made_on, open_base
from sqlalchemy import Connection, insert

from edi.lifecycle.advance import receive_flux
from edi.store.masse import write_numbered, write_rows
from edi.store.tables import finding

ROWS, ROUNDS = 5_000, 5
Rows = list[dict[str, Any]]


def returning(conn: Connection, rows: Rows) -> None:
    conn.execute(insert(finding).returning(finding.c.id, sort_by_parameter_order=True), rows).all()


FORMS: dict[str, Callable[[Connection, Rows], object]] = {
    "COPY": lambda conn, rows: write_rows(conn, finding, rows),
    "COPY, numbers drawn first": lambda conn, rows: write_numbered(conn, finding, rows),
    "executemany": lambda conn, rows: conn.execute(insert(finding), rows),
    "INSERT RETURNING": returning,
}


def main() -> int:
    with made_on("postgresql"):
        engine = open_base(Path())
        spent: dict[str, list[float]] = {name: [] for name in FORMS}
        with engine.begin() as conn:
            at = datetime.fromisoformat(MORNING)
            flux_id = receive_flux(conn, "1-AAA123", "AAA123", "a.xml", at).id
        words = "fichier code message location value expected fix term motif source".split()
        row = {"flux_id": flux_id, "facture_id": None, "severity": 2, "line": 3}
        rows = [{**row, **dict.fromkeys(words, "quelques mots")} for _ in range(ROWS)]
        for _ in range(ROUNDS):
            for name, form in FORMS.items():
                with engine.begin() as conn:
                    began = time.process_time()
                    form(conn, rows)
                    spent[name].append(time.process_time() - began)
        engine.dispose()
        drop_bases(lasting=True)
    least = median(spent["COPY"])
    print(f"{ROWS} findings, {ROUNDS} rounds, CPU of this process")
    for name, times in spent.items():
        print(f"  {name:26} {median(times) * 1000:7.0f} ms   {median(times) / least:5.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
