"""What sharing out costs: the same lots judged by one worker, by two, by a cluster of two, in turn.

``python benchmarks/moteurs.py [--tours N]``. A lot holds 900 invoices of about 20 KB, UBL, CII and
Factur-X in turn. Engines are started and warm before anything is measured, and take turns lot by lot, so that
whatever else the machine does weighs on all. Beside the time of the clock stands that of the processors:
what all processes of an engine used, ours included. On a machine that is busy only the latter means much.

Two processes that share nothing, each judging a lot of its own, say what this machine gives two at most.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import cache
from itertools import cycle, islice
from statistics import median
from typing import NamedTuple

import chains
import psutil

from edi.engine import JudgementEngine, LocalWorkers
from edi.engine.envoi import Titre
from edi.engine.grappe import DaskCluster, Reglages
from edi.identite import read_identite
from edi.inbound.archive import Membre
from edi.judge import judge_whole
from edi.membres import judge_members

FACTURES = 900
Family = Callable[[], list[psutil.Process]]  # the processes of an engine, beside ours


class Mesure(NamedTuple):
    """One lot: seconds of the clock, and of all processors."""

    horloge: float
    processeur: float


class Moteur(NamedTuple):
    """An engine that is measured."""

    nom: str
    engine: JudgementEngine
    family: Family


def documents() -> list[Membre]:
    data = [list(chains.invoices(name)) for name in chains.FORMATS]
    mixed = [one for group in zip(*data, strict=True) for one in group]
    return [Membre(f"F{n:04d}.xml", one) for n, one in enumerate(islice(cycle(mixed), FACTURES))]


def used_by(processes: Sequence[psutil.Process]) -> float:
    """Seconds of processor that these have used, user and system."""
    times = [process.cpu_times() for process in processes if process.is_running()]
    return sum(one.user + one.system for one in times)


def judge_lot(moteur: Moteur, lot: Sequence[Membre]) -> Mesure:
    family = [psutil.Process(), *moteur.family()]
    began, used = time.perf_counter(), used_by(family)
    judged = list(judge_members(lot, chains.DEMANDE, moteur.engine, brief=True))
    taken = Mesure(time.perf_counter() - began, used_by(family) - used)
    assert len(judged) == len(lot)
    return taken


def judge_alone(lot: Sequence[Membre]) -> Mesure:
    """The rules stage: the judgement itself, in this process, nothing sent anywhere."""
    began, used = time.perf_counter(), time.process_time()
    for membre in lot:
        judge_whole(membre.nom, membre.data, chains.DEMANDE)
    return Mesure(time.perf_counter() - began, time.process_time() - used)


APART = "two processes that share nothing"


def judge_own() -> Mesure:
    """The same in a process that has the lot already."""
    return judge_alone(_own())


@cache
def _own() -> list[Membre]:
    return documents()


def judge_apart(pair: Sequence[LocalWorkers]) -> Mesure:
    """Two lots, each judged by a process that asks nobody: half of what both took."""
    taken = [future.result() for future in [one.submit(judge_own, weight=100 * 1024**2) for one in pair]]
    return Mesure(max(one.horloge for one in taken) / 2, sum(one.processeur for one in taken) / 2)


def local(workers: int) -> tuple[LocalWorkers, Family]:
    """Workers of this machine, warm; their processes are ours that were not there before."""
    before = {child.pid for child in psutil.Process().children()}
    engine = LocalWorkers(workers)
    warm(engine)
    return engine, lambda: [one for one in psutil.Process().children() if one.pid not in before]


def cluster(after: ExitStack) -> tuple[DaskCluster, Family]:
    """A scheduler and two workers as processes of their own, warm."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{free.getsockname()[1]}"
    commands = (("scheduler", "--ecoute", where), ("worker", f"dask://{where}", "--travailleurs", "2"))
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "edi", *one], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for one in commands
    ]
    for process in started:
        after.callback(process.wait)
        after.callback(process.terminate)
    engine = DaskCluster(Reglages(f"tcp://{where}", Titre(read_identite(), read_identite), attente=120.0))
    engine.submit(os.getpid).result()
    while engine.effectif.aptes < 2:
        time.sleep(0.1)
    warm(engine)

    def family() -> Iterator[psutil.Process]:
        for process in started:
            root = psutil.Process(process.pid)
            yield from (root, *root.children(recursive=True))

    return engine, lambda: list(family())


def warm(engine: JudgementEngine) -> None:
    for _ in range(3):
        list(judge_members(documents()[:60], chains.DEMANDE, engine, brief=True))


def show(nom: str, mesures: Sequence[Mesure], base: Sequence[Mesure]) -> None:
    clock, used = (median(column) for column in zip(*mesures, strict=True))
    print(
        f"{nom:36} {FACTURES / clock:10,.0f}/s {1e3 * used / FACTURES:10.2f} ms "
        f"{compare(base, mesures):10.2f} {compare(base, mesures, 'processeur'):10.2f}",
        flush=True,
    )


def compare(base: Sequence[Mesure], mesures: Sequence[Mesure], what: str = "horloge") -> float:
    """How many times as fast: the median over rounds, each compared within itself."""
    pairs = zip(base, mesures, strict=True)
    return median(getattr(one, what) / getattr(other, what) for one, other in pairs)


def main(tours: int) -> None:
    lot = documents()
    with ExitStack() as after:
        moteurs = []
        for nom, workers in (("one local worker", 1), ("two local workers", 2)):
            engine, family = local(workers)
            moteurs.append(Moteur(nom, after.enter_context(closing(engine)), family))
        grappe, family = cluster(after)
        moteurs.append(Moteur("Dask, two workers", after.enter_context(closing(grappe)), family))
        pair = [after.enter_context(closing(LocalWorkers(1))) for _ in range(2)]
        judge_apart(pair)
        judge_alone(lot[:60])
        mesures: dict[str, list[Mesure]] = {"the rules stage alone": [], APART: []}
        mesures |= {moteur.nom: [] for moteur in moteurs}
        for _ in range(tours):
            mesures["the rules stage alone"].append(judge_alone(lot))
            mesures[APART].append(judge_apart(pair))
            for moteur in moteurs:
                mesures[moteur.nom].append(judge_lot(moteur, lot))
    print(
        f"{os.cpu_count()} CPU, load {os.getloadavg()[0]:.1f}; {FACTURES} invoices a lot, medians of {tours}"
    )
    print(f"{'':36} {'clock':>12} {'processors':>13} {'× one':>10} {'÷ one':>10}")
    base = mesures["one local worker"]
    for nom, taken in mesures.items():
        show(nom, taken, base)
    apart, two, dask = (mesures[nom] for nom in (APART, "two local workers", "Dask, two workers"))
    print(f"two local workers / two processes that share nothing: {compare(apart, two):.2f} by the clock")
    print(f"Dask / local, two workers each: {compare(two, dask):.2f} by the clock")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--tours", type=int, default=5, help="lots for each engine")
    main(options.parse_args().tours)
