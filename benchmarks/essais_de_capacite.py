"""The lots that the capacity model is fitted to, those it is held against, and how they are measured."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from edi.banc.espace import Banc
from edi.banc.jeux import APPLI, PAR_NOM
from edi.banc.sonde import DISQUE, JUGEMENT, Duree, Sonde
from edi.capacite.besoins import Empreinte
from edi.capacite.modele import Charge, Observe

BASE = frozenset(("base", "validation"))
_LEAST = 1e-6  # seconds: a wait that the clock did not see


class Essai(NamedTuple):
    """A lot to be measured."""

    jeu: str
    factures: int
    lignes: int
    poids: int = 0  # bytes attached to each invoice
    travailleurs: int = 0


AJUSTEMENT = tuple(
    Essai(jeu, factures, lignes)
    for jeu in ("ubl", "cii", "facturx")
    for factures, lignes in ((5, 5), (120, 5), (40, 40), (10, 200))
) + tuple(
    Essai("e2", factures, 5, poids) for factures, poids in ((5, 0), (120, 0), (40, 60_000), (10, 400_000))
)
ENFANTS = (Essai("ubl", 200, 20, 0, 1), Essai("ubl", 200, 20, 0, 2))
# None of these is in the fit: other sizes, other numbers, other kinds with workers.
EPREUVE = (
    Essai("ubl", 60, 60),
    Essai("ubl", 250, 12),
    Essai("ubl", 20, 120),
    Essai("cii", 150, 15),
    Essai("cii", 25, 100),
    Essai("facturx", 100, 10),
    Essai("facturx", 30, 80),
    Essai("e2", 80, 5, 30_000),
    Essai("e2", 20, 5, 200_000),
    Essai("cii", 200, 30, 0, 1),
    Essai("cii", 200, 30, 0, 2),
    Essai("facturx", 120, 20, 0, 2),
)


class Mesure(NamedTuple):
    """One trial, the quickest of its rounds: what other programs take from us only ever adds."""

    essai: Essai
    charge: Charge
    observe: Observe | None  # of a lot in one process
    duree: float  # by the clock of the wall

    @property
    def propre(self) -> float | None:
        """Seconds of processor and of waiting for the disk: what others take from us is not in it."""
        one = self.observe
        return None if one is None else one.jugement + one.autour + one.base + one.attente


def measure(banc: Banc, essais: Sequence[Essai], tours: int, memoire: list[int]) -> Iterator[Mesure]:
    """Every trial, rounds in turn; ``memoire`` is told what workers hold, bytes."""
    seen: dict[Essai, list[tuple[Charge, Duree, dict[str, Duree]]]] = {essai: [] for essai in essais}
    for travailleurs in sorted({essai.travailleurs for essai in essais}):
        with banc.at_work(travailleurs):
            for _ in range(tours):
                for essai in essais:
                    if essai.travailleurs == travailleurs:
                        seen[essai].append(_pass(banc, essai))
                        print(".", end="", file=sys.stderr, flush=True)
            memoire += read_memory_of_children()
    print(file=sys.stderr)
    for essai, rounds in seen.items():
        charge = rounds[0][0]
        duree = min(one[1].secondes for one in rounds)
        observe = None if essai.travailleurs else _observe(charge, [one[2] for one in rounds], duree)
        yield Mesure(essai, charge, observe, duree)


def _pass(banc: Banc, essai: Essai) -> tuple[Charge, Duree, dict[str, Duree]]:
    depot, sonde = banc.make(essai.jeu, essai.factures, essai.lignes, essai.poids), Sonde()
    taken = banc.pass_through(depot, sonde)
    return Charge(essai.jeu, essai.factures, essai.lignes, depot.octets), taken, sonde.durees


def _observe(charge: Charge, rounds: Sequence[dict[str, Duree]], duree: float) -> Observe:
    def least(sums: Iterator[float]) -> float:
        return max(_LEAST, min(sums))

    return Observe(
        charge,
        least(sum(d.processeur for nom, d in one.items() if nom in JUGEMENT) for one in rounds),
        least(sum(d.processeur for nom, d in one.items() if nom not in JUGEMENT | BASE) for one in rounds),
        least(sum(d.processeur for nom, d in one.items() if nom in BASE) for one in rounds),
        least(sum(d.secondes - d.processeur for nom, d in one.items() if nom in DISQUE) for one in rounds),
        duree,
    )


def read_memory_of_children() -> list[int]:
    """The most that each process started by this one has held, bytes; none where there is no /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":", 1) for line in status.read_text("utf-8").splitlines() if ":" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if int(told["PPid"]) == os.getpid() and "VmHWM" in told:
            found.append(1024 * int(told["VmHWM"].split()[0]))
    return found


def measure_footprint(banc: Banc, memoire: Sequence[int]) -> Empreinte:
    """What four hundred invoices leave behind, and the most that processes have held."""
    outbox = banc.espace.spool.outbox(APPLI)

    def sizes() -> tuple[int, int]:
        with banc.espace.engine.connect() as conn:
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            size = conn.exec_driver_sql("PRAGMA page_size").scalar_one()
        return pages * size, sum(path.stat().st_size for path in outbox.iterdir())

    with banc.at_work():
        before = sizes()
        depots = [banc.make(jeu, 50) for jeu in PAR_NOM for _ in range(2)]
        for depot in depots:
            banc.pass_through(depot)
        after = sizes()
    many = sum(depot.factures for depot in depots)
    own = 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = [(end - begin) / many for begin, end in zip(before, after, strict=True)]
    return Empreinte(grown[0], grown[1], max(memoire, default=0), own)
