"""What the journal costs: the decision of a lot with it and without, its room on the disk, its proof.

``python benchmarks/journal.py [INVOICES]``. The two take turns in one process, each in a new workspace; what
is measured is the one transaction that decides the lot, in seconds of the processor.
"""

from __future__ import annotations

import gc
import logging
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import structlog
from emission import prepare

from edi.app import App
from edi.espace import Espace, open_espace
from edi.journal.verification import prove
from edi.samples import LotSpec, make_lot
from edi.settlement import Settlement
from edi.store import journal

ROUNDS = 5


@contextmanager
def patched(owner: Any, name: str, value: Callable[..., Any]) -> Iterator[None]:
    """Something else in the place of an attribute, for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def settle_in(root: Path, nombre: int, *, told: bool) -> tuple[Espace, float, float]:
    """A workspace that has decided a lot, and the seconds that the decision took, and the whole pass."""
    prepare(root, "cpp", controle=False).engine.dispose()
    with (root / "config" / "edi.toml").open("a", encoding="utf-8") as config:
        config.write(f"\n[limites]\nfactures = {nombre}\n")
    espace = open_espace(root)
    lot = make_lot(LotSpec("ubl", nombre))
    (espace.spool.inbox("AAA123") / lot.nom).write_bytes(lot.data)
    took: list[float] = []
    settle, append = Settlement.settle, journal.append

    def timed(*arguments: Any) -> Any:
        gc.collect()  # whose turn it is must not decide which of the two is slow
        began = time.process_time()
        done = settle(*arguments)
        took.append(time.process_time() - began)
        return done

    with patched(Settlement, "settle", timed), patched(journal, "append", append if told else journal.forget):
        began = time.process_time()
        App(espace).run_once()
        whole = time.process_time() - began
    return espace, took[0], whole


def weigh(base: Path) -> tuple[int, int, int]:
    """Rows of the journal, its bytes with its indexes, and those of the whole database."""
    with closing(sqlite3.connect(base)) as conn:
        (rows,) = conn.execute("SELECT count(*) FROM journal").fetchone()

        def size() -> int:
            conn.execute("VACUUM")
            pages, bytes_ = (
                conn.execute("PRAGMA page_count").fetchone(),
                conn.execute("PRAGMA page_size").fetchone(),
            )
            return int(pages[0]) * int(bytes_[0])

        whole = size()
        conn.execute("DROP TABLE journal")
        return rows, whole - size(), whole


def main() -> None:
    nombre = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        for rank in range(ROUNDS):
            for told in (False, True):
                espace, *took = settle_in(Path(folder, f"{rank}-{told}"), nombre, told=told)
                times[told].append((took[0], took[1]))
        began = time.process_time()
        proof = prove(espace.engine, espace.spool)
        proved = time.process_time() - began
        espace.engine.dispose()
        rows, room, whole = weigh(espace.root / "edi.db")
    print(f"{nombre} invoices in one lot, medians of {ROUNDS}, seconds of the processor, without and with it")
    for what, rank in (("the decision, one transaction", 0), ("the whole pass, from in to out", 1)):
        without, with_ = (statistics.median(one[rank] for one in times[told]) for told in (False, True))
        print(f"  {what:31} {without:.2f} s {with_:.2f} s: ratio {with_ / without:.2f}")
    print(
        f"  {rows} rows, {room / rows:.0f} bytes a row with its indexes, {room / whole:.0%} of the database"
    )
    print(f"  the proof: {proof.lignes / proved:,.0f} rows a second, {len(proof.ruptures)} broken")


if __name__ == "__main__":
    main()
