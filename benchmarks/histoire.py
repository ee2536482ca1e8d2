"""What a lot of 1,000 costs with ten million old invoices: ``python benchmarks/histoire.py DIR [N...]``.

The database is made of rows alone (``tests/passe.py``) and kept in DIR, one folder for each N: a second run
only measures. The same lots are taken, one after the other, in each workspace in turn, by the process itself;
their files are made before. Printed are seconds of processor, from the deposit taken to its answers in
``out``, and the ratio to the workspace that has no past.
"""

from __future__ import annotations

import logging
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path

import emission
import structlog

from edi.app import App
from edi.app.compagnons import at_work
from edi.espace import Espace, open_espace
from edi.samples import LotSpec, make_lot

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from passe import make_past

FACTURES, TOURS = 1_000, 2
VOULUS = (0, 1_000_000, 10_000_000)
_LOTS, _PAR_LOT = 50, 20  # that are really judged, and then copied
APPLI = "AAA123"


def prepare(root: Path, wanted: int) -> Espace:
    """A workspace with so many old invoices."""
    if not (root / "config").is_dir():
        espace = emission.prepare(root, "cpp", controle=False)
        with (root / "config" / "edi.toml").open("a", encoding="utf-8") as config:
            config.write(f"\n[limites]\nfactures = {FACTURES}\n")
        for rank in range(1, _LOTS + 1):
            fautes = () if rank % 2 else ("service-inconnu",)
            deposit(espace, LotSpec(nombre=_PAR_LOT, numero_flux=rank, prefixe="PA", fautes=fautes))
        App(espace).run_once()
        espace.engine.dispose()
        copies = wanted // (_LOTS * _PAR_LOT)
        if copies:
            began = time.monotonic()
            made = make_past(root / "edi.db", copies)
            size = (root / "edi.db").stat().st_size / 1e9
            print(f"{made} invoices in {time.monotonic() - began:.0f} s, {size:.1f} GB", flush=True)
    return open_espace(root)


def deposit(espace: Espace, spec: LotSpec) -> None:
    """Put a lot where its déposant does."""
    lot = make_lot(spec)
    aside = espace.spool.inbox(APPLI).parent / lot.nom
    aside.write_bytes(lot.data)
    aside.rename(espace.spool.inbox(APPLI) / lot.nom)


def take(espace: Espace) -> tuple[float, float]:
    """What lies in ``in`` taken, judged and answered: seconds of processor, and of the clock."""
    app = App(espace)
    with closing(app.pipeline.engine), at_work(app.presence):
        app.collect()
        busy, began = time.process_time(), time.perf_counter()
        *_, flux = app.drain()  # one, or in the first tour what an interrupted run has left before it
        assert flux.acceptees + flux.rejetees == FACTURES
        return time.process_time() - busy, time.perf_counter() - began


def main() -> None:
    """Make what is not there, and measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder = Path(sys.argv[1])
    voulus = [int(one) for one in sys.argv[2:]] or VOULUS
    espaces = {wanted: prepare(folder / str(wanted), wanted) for wanted in voulus}
    seen: dict[int, list[tuple[float, float]]] = {wanted: [] for wanted in voulus}
    start = time.time_ns() // 10**9 % 10**8  # lots that no earlier run has brought
    for tour in range(TOURS + 1):
        for wanted, espace in espaces.items():
            numero = start * 10 + tour
            deposit(espace, LotSpec(nombre=FACTURES, numero_flux=numero, prefixe="NO"))
            seen[wanted].append(take(espace))
            busy, clock = seen[wanted][-1]
            print(f"  lot {tour} of {wanted:9} old: {busy:6.2f} s, {clock:6.2f} s by the clock", flush=True)
    print(f"{'old invoices':>12} {'processor':>9} {'ratio':>5} {'clock':>7} {'ratio':>5}")
    first = [statistics.median(one) for one in zip(*seen[voulus[0]][1:], strict=True)]
    for wanted in voulus:
        busy, clock = (statistics.median(one) for one in zip(*seen[wanted][1:], strict=True))
        print(f"{wanted:12} {busy:7.2f} s {busy / first[0]:5.2f} {clock:5.2f} s {clock / first[1]:5.2f}")


if __name__ == "__main__":
    main()
