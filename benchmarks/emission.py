"""What leaving costs: a lot of accepted invoices told as FEN1200A, and as messages of the reform.

``python benchmarks/emission.py [INVOICES]``. The decision is made before; what is measured is the pass that
makes, controls and publishes what is booked, with the official rules in the process itself.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import structlog

from edi import acts
from edi.annuaire.imports import import_csv
from edi.app import App
from edi.espace import Espace, open_espace
from edi.samples import LotSpec, deposants, make_lot, mandats, services_csv, structures_csv
from edi.store import emissions
from edi.store.mandats import add_mandat

_WAITS = ("commit", "fsync", "syncfs", "fsync-folder")
HORLOGE = "2026-11-20T09:00:00+01:00"  # the samples' own day


def prepare(root: Path, format_retour: str, controle: bool) -> Espace:
    """A workspace with the sample annuaire and mandats."""
    (root / "config").mkdir(parents=True)
    lines = ["[moteur]", 'mode = "in_process"', "[essais]", f'horloge = "{HORLOGE}"']
    lines += ["[cycle_de_vie]", f"controle = {str(controle).lower()}"]
    for d in deposants():
        lines += ["[[deposant]]", f'code = "{d.code}"', f'siret = "{d.siret}"', 'readiness = "renommage"']
        lines += [f'format_retour = "{format_retour}"']
    (root / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        for name, data in (("structures.csv", structures_csv()), ("services.csv", services_csv())):
            (root / name).write_bytes(data)
            import_csv(conn, root / name, espace.now())
        for m in mandats():
            add_mandat(conn, m.mandant, m.mandataire, m.cree_le, espace.now(), m.signe_le)
    return espace


class Mesure(NamedTuple):
    """What one pass came to."""

    flux: int  # return flows that left
    secondes: float
    processeur: float  # seconds
    attentes: int  # commits and syncs: what waits for the disk


def measure(root: Path, format_retour: str, controle: bool, nombre: int) -> Mesure:
    """One pass over a lot that is decided."""
    espace = prepare(root, format_retour, controle)
    lot = make_lot(LotSpec(nombre=nombre))
    (espace.spool.inbox("AAA123") / lot.nom).write_bytes(lot.data)
    app = App(espace)
    with tempfile.TemporaryDirectory() as nowhere:
        out = espace.spool.outbox("AAA123")
        out.rename(Path(nowhere) / "out")  # nothing can leave while it is decided
        app.run_once()
        (Path(nowhere) / "out").rename(out)
    with espace.engine.begin() as conn:
        waiting = len(emissions.pending(conn))
    seen: Counter[str] = Counter()
    pipeline = App(espace).pipeline
    with acts.observed(lambda act, subject: seen.update([act])):
        began, busy = time.perf_counter(), time.process_time()
        pipeline.sortie.emit()
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
    with espace.engine.begin() as conn:
        assert not emissions.pending(conn)
    return Mesure(waiting, seconds, busy, sum(seen[act] for act in _WAITS))


def main(nombre: int) -> None:
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)  # while ``out`` is away, nothing can leave
    with tempfile.TemporaryDirectory() as folder:
        for format_retour, controle in (("cpp", True), ("cdar", False), ("cdar", True)):
            root = Path(folder) / f"{format_retour}-{controle}"
            one = measure(root, format_retour, controle, nombre)
            how = "controlled" if controle else "not controlled"
            told = f"{nombre} invoices, {format_retour:4} {how:14} {one.flux:5} flows"
            spent = f"{one.secondes:6.2f} s ({one.processeur:.2f} s of processor)"
            print(f"{told} {spent} {1000 * one.secondes / one.flux:7.2f} ms each, {one.attentes} waits")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
