"""How long a deposit lies in ``in``: ``python benchmarks/prise.py [--court]``, from the root of the checkout.

From the rename that gives a deposit its final name to the instant at which its flux is recorded, for an
``App.serve`` at work in a thread, one small invoice a deposit, at random moments. First with file-system
events, then by the scan alone, as on a network file system that sends none.

What we promise: the median is under 200 ms with events, and under one scan period (``collecte.intervalle``)
without.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from edi.annuaire.imports import import_csv
from edi.app import App
from edi.espace import Espace, open_espace
from edi.samples import LotSpec, deposants, make_lot, services_csv, structures_csv
from edi.store import flux as flux_store

SCAN = 2.0  # seconds between two scans
APART = (0.05, 0.35)  # seconds between two deposits, drawn at random
SEED = 20261126


class ByScan(App):
    """The application on a file system that sends no events."""

    @contextmanager
    def _watch(self) -> Iterator[None]:
        yield


def make_espace(root: Path, readiness: str) -> Espace:
    (root / "config").mkdir(parents=True)
    lines = ["[moteur]", 'mode = "in_process"', "[collecte]", f"intervalle = {SCAN}"]
    for d in deposants():
        lines += ["[[deposant]]", f'code = "{d.code}"', f'siret = "{d.siret}"', f'readiness = "{readiness}"']
    (root / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        for name, data in (("structures.csv", structures_csv()), ("services.csv", services_csv())):
            (root / name).write_bytes(data)
            import_csv(conn, root / name, espace.now())
    return espace


def deposit(espace: Espace, numero: int, readiness: str) -> tuple[str, datetime]:
    """Put one lot aside, then give it its final name, and its done file; its name, and that instant."""
    lot = make_lot(LotSpec("ubl", 1, numero_flux=numero, graine=numero, archive="xml"))
    inbox = espace.spool.inbox("AAA123")
    (inbox / f"{lot.nom}.part").write_bytes(lot.data)
    time.sleep(0.02)
    at = datetime.now(UTC)
    (inbox / f"{lot.nom}.part").rename(inbox / lot.nom)
    if readiness == "temoin":
        (inbox / f"{lot.nom}.ok").touch()
    return lot.nom, at


def measure(kind: type[App], readiness: str, many: int) -> list[float]:
    """Seconds from the rename to the record, for each deposit."""
    with tempfile.TemporaryDirectory() as folder:
        espace = make_espace(Path(folder) / "espace", readiness)
        done, stop, draw = [], threading.Event(), random.Random(SEED)  # noqa: S311
        app = kind(espace, settled=done.append)
        thread = threading.Thread(target=app.serve, args=(stop,))
        given = {}
        with espace.spool.lock():
            thread.start()
            time.sleep(1.0)
            for numero in range(1, many + 1):
                nom, at = deposit(espace, numero, readiness)
                given[nom] = at
                time.sleep(draw.uniform(*APART))
            while len(done) < many and thread.is_alive():
                time.sleep(0.05)
            stop.set()
            app.wake.set()
            thread.join()
        with espace.engine.begin() as conn:
            _, found = flux_store.search(conn, limit=many)
        espace.engine.dispose()
    return [(flux.recu_le - given[flux.nom]).total_seconds() for flux in found]


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--court", action="store_true", help="40 deposits a row instead of 200")
    many = 40 if words.parse_args().court else 200
    print(f"{many} deposits a row, {APART[0]:g} to {APART[1]:g} s apart, scan every {SCAN:g} s\n")
    print(f"{'from the rename to the record':34} {'median':>9} {'p95':>9} {'longest':>9}")
    kept = True
    for label, kind, readiness, most in (
        ("events, renommage", App, "renommage", 0.2),
        ("events, temoin", App, "temoin", 0.2),
        ("scan alone, renommage", ByScan, "renommage", SCAN),
    ):
        times = measure(kind, readiness, many)
        middle = median(times)
        kept = kept and len(times) == many and middle < most
        figures = (middle, quantiles(times, n=20)[-1], max(times))
        print(f"{label:34} {' '.join(f'{1000 * one:6.0f} ms' for one in figures)}")
    print(
        f"\n{'kept' if kept else 'NOT KEPT'}: median under 200 ms with events, under one scan period without"
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
