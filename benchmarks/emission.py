"""What leaving costs: a lot of accepted invoices told as FEN1200A, and as messages of the reform.

``python benchmarks/emission.py [INVOICES]``. The decision is made before; what is measured is the pass that
makes, controls and publishes what is booked, with the official rules in the process itself.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path

import structlog

from edi.annuaire.imports import import_csv
from edi.app import App
from edi.espace import Espace, open_espace
from edi.samples import LotSpec, deposants, make_lot, mandats, services_csv, structures_csv
from edi.store import emissions
from edi.store.mandats import add_mandat

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


def measure(root: Path, format_retour: str, controle: bool, nombre: int) -> tuple[int, float]:
    """How many return flows left, and the seconds that the pass took."""
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
    began = time.perf_counter()
    App(espace).pipeline.emit()
    seconds = time.perf_counter() - began
    with espace.engine.begin() as conn:
        assert not emissions.pending(conn)
    return waiting, seconds


def main(nombre: int) -> None:
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)  # while ``out`` is away, nothing can leave
    with tempfile.TemporaryDirectory() as folder:
        for format_retour, controle in (("cpp", True), ("cdar", False), ("cdar", True)):
            root = Path(folder) / f"{format_retour}-{controle}"
            flows, seconds = measure(root, format_retour, controle, nombre)
            how = "controlled" if controle else "not controlled"
            told = f"{nombre} invoices, {format_retour:4} {how:14} {flows:5} flows"
            print(f"{told} {seconds:6.2f} s {1000 * seconds / flows:7.2f} ms each")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
