"""The capacity plan, measured here: ``python benchmarks/capacite.py [--tours N] [--docs]``, from the root.

Lots of several kinds and sizes are measured stage by stage and a model fitted to them; then it predicts lots
that it has not seen, and says what a million invoices a night and eighty million a year need. ``--docs``
writes the tables into docs/capacite.md and the model into benchmarks/capacite.json, from which
benchmarks/nuit.py works.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import structlog
from pages_de_docs import replace_section, table

from edi.banc.espace import Banc, make_espace
from edi.banc.jeux import APPLI, PAR_NOM
from edi.banc.machine import Machine, describe
from edi.banc.sonde import DISQUE, JUGEMENT, Duree, Sonde
from edi.capacite.besoins import Empreinte, Volume, find_besoins
from edi.capacite.modele import Charge, Enfants, Modele, Observe, as_json, fit_modele

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "benchmarks" / "capacite.json"
PAGE = ROOT / "docs" / "capacite.md"
PRECISION = 0.2  # of the measure: how far off a prediction may be
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
LIGNES, PAR_LOT = 10, 50
MELANGE = {"ubl": 0.25, "cii": 0.15, "facturx": 0.30, "e2": 0.30}
OCTETS = {"ubl": 12_000, "cii": 18_000, "facturx": 60_000, "e2": 150_000}
VOLUMES = {
    "un million en une nuit": Volume(1_000_000, 8, MELANGE, LIGNES, OCTETS, PAR_LOT, pointe=2.0),
    "80 millions par an": Volume(80_000_000, 250 * 10, MELANGE, LIGNES, OCTETS, PAR_LOT, pointe=5.0),
}


class Mesure(NamedTuple):
    """One trial, the median of its rounds."""

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
        duree = median(one[1].secondes for one in rounds)
        observe = None if essai.travailleurs else _observe(charge, [one[2] for one in rounds], duree)
        yield Mesure(essai, charge, observe, duree)


def _pass(banc: Banc, essai: Essai) -> tuple[Charge, Duree, dict[str, Duree]]:
    depot, sonde = banc.make(essai.jeu, essai.factures, essai.lignes, essai.poids), Sonde()
    taken = banc.pass_through(depot, sonde)
    return Charge(essai.jeu, essai.factures, essai.lignes, depot.octets), taken, sonde.durees


def _observe(charge: Charge, rounds: Sequence[dict[str, Duree]], duree: float) -> Observe:
    def middle(sums: Iterator[float]) -> float:
        return max(_LEAST, median(sums))

    return Observe(
        charge,
        middle(sum(d.processeur for nom, d in one.items() if nom in JUGEMENT) for one in rounds),
        middle(sum(d.processeur for nom, d in one.items() if nom not in JUGEMENT | BASE) for one in rounds),
        middle(sum(d.processeur for nom, d in one.items() if nom in BASE) for one in rounds),
        middle(sum(d.secondes - d.processeur for nom, d in one.items() if nom in DISQUE) for one in rounds),
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


class Plan(NamedTuple):
    """All that one run has found."""

    machine: Machine
    modele: Modele
    ajustes: tuple[Mesure, ...]
    eprouves: tuple[Mesure, ...]
    empreinte: Empreinte


def run(dossier: Path, tours: int) -> Plan:
    machine = describe(dossier)
    banc = Banc(make_espace(dossier / "espace"))
    memoire: list[int] = []
    found = {one.essai: one for one in measure(banc, (*AJUSTEMENT, *ENFANTS, *EPREUVE), tours, memoire)}
    seen = [one.observe for essai in AJUSTEMENT if (one := found[essai]).observe is not None]
    enfants = [Enfants(found[e].charge, e.travailleurs, found[e].duree) for e in ENFANTS]
    modele = fit_modele(seen, machine.fsync, enfants)
    empreinte = measure_footprint(banc, memoire)
    banc.espace.engine.dispose()
    eprouves = tuple(found[essai] for essai in EPREUVE)
    return Plan(
        machine, modele, tuple(found[essai] for essai in (*AJUSTEMENT, *ENFANTS)), eprouves, empreinte
    )


# -- what is told -----------------------------------------------------------------------------------------


def tell_model(modele: Modele) -> str:
    rows = []
    for jeu, one in modele.jugements.items():
        told = f"{1000 * one.fixe:.2f} ms"
        told += f" + {1e6 * one.par_ligne:.0f} µs par ligne" if one.par_ligne else ""
        told += f" + {1e9 * one.par_octet:.1f} ms par Mo" if one.par_octet else ""
        rows.append((f"juger une facture {PAR_NOM[jeu].libelle}", told))
    waits = f"{1000 * modele.attente_par_lot:.0f} ms, soit {modele.syncs_par_lot:.0f} fsync"
    rows += [
        ("autour, par lot", f"{1000 * modele.par_lot:.1f} ms"),
        ("autour, par facture", f"{1000 * modele.par_facture:.2f} ms"),
        ("autour, par Mo", f"{1e9 * modele.par_octet:.1f} ms"),
        ("base, par lot", f"{1000 * modele.base_par_lot:.1f} ms"),
        ("base, par facture", f"{1000 * modele.base_par_facture:.2f} ms"),
        ("attente du disque, par lot", waits),
        ("attente du disque, par facture", f"{1000 * modele.attente_par_facture:.2f} ms"),
        ("ce qu'un travailleur ajoute à une facture", f"{1000 * modele.envoi:.2f} ms"),
        ("rendement de chaque travailleur de plus", f"{modele.rendement:.2f}"),
    ]
    return table(("coût", "ajusté"), rows)


def errors(plan: Plan) -> list[tuple[Mesure, float, float]]:
    """Each trial that was not used for the fit: predicted seconds, and how far off (0.1: 10 % more)."""
    found = []
    for one in plan.eprouves:
        predicted = plan.modele.predict(one.charge, one.essai.travailleurs)
        found.append((one, predicted, predicted / one.duree - 1))
    return found


def tell_proof(plan: Plan) -> str:
    rows = [
        (
            PAR_NOM[one.essai.jeu].libelle,
            str(one.essai.factures),
            str(one.essai.lignes),
            f"{one.charge.octets / 1000:.0f} ko",
            str(one.essai.travailleurs or "0 (même processus)"),
            f"{predicted:.3f} s",
            f"{one.duree:.3f} s",
            f"{100 * error:+.0f} %",
            "" if one.propre is None else f"{one.propre:.3f} s",
            "" if one.propre is None else f"{100 * (predicted / one.propre - 1):+.0f} %",
        )
        for one, predicted, error in errors(plan)
    ]
    columns = ("lot", "factures", "lignes", "fichier", "travailleurs")
    columns += ("prédit", "mesuré", "écart", "temps propre", "écart")
    return table(columns, rows)


def tell_needs(plan: Plan) -> str:
    needs = {nom: find_besoins(plan.modele, volume, plan.empreinte) for nom, volume in VOLUMES.items()}

    def row(label: str, show: str, divide: float = 1.0) -> tuple[str, ...]:
        field, _, form = show.partition(" ")
        return (
            label,
            *(form.format(getattr(one, field) / divide).replace(",", " ") for one in needs.values()),
        )

    rows = [
        row("débit à tenir", "debit {:.0f} factures/s"),
        row("cœurs (coordinateurs et travailleurs)", "coeurs {:.0f}"),
        row("dont coordinateurs (edi serve)", "coordinateurs {:.0f}"),
        row("dont travailleurs", "travailleurs {:.0f}"),
        row("cœurs pour la base, compris ci-dessus", "coeurs_base {:.1f}"),
        row("fsync à l'heure de pointe", "syncs {:.0f} /s"),
        row("écriture à l'heure de pointe", "ecriture {:.1f} Mo/s", 1e6),
        row("disque, pour tout le volume", "disque {:,.0f} Go", 1e9),
        row("base, pour tout le volume", "base {:,.0f} Go", 1e9),
        row("réseau à l'heure de pointe", "reseau {:.0f} Mbit/s", 1e6),
        row("mémoire", "memoire {:.1f} Go", 1e9),
    ]
    return table(("besoin", *needs), rows)


def tell_machine(plan: Plan, command: str) -> str:
    machine, seen = plan.machine, plan.empreinte
    return (
        f"`{command}`, {datetime.now(UTC):%d/%m/%Y %H:%M} UTC, {machine.processeur}, {machine.coeurs} cœurs, "
        f"fsync de {1000 * machine.fsync:.1f} ms, charge au début {machine.charge:.1f}, "
        f"Python {machine.python}. Par facture : {seen.base:.0f} octets en base, {seen.reponses:.0f} de "
        f"réponses ; mémoire : {seen.travailleur / 1e6:.0f} Mo par travailleur, "
        f"{seen.coordinateur / 1e6:.0f} Mo pour le coordinateur."
    )


def tell_verdict(plan: Plan) -> str:
    off = sorted(abs(error) for _, _, error in errors(plan))
    kept = sum(one <= PRECISION for one in off)
    own = [abs(predicted / one.propre - 1) for one, predicted, _ in errors(plan) if one.propre is not None]
    return (
        f"{kept} prédictions sur {len(off)} à moins de {100 * PRECISION:.0f} % ; écart médian "
        f"{100 * median(off):.0f} %, le plus grand {100 * off[-1]:.0f} %. Du temps propre (processeur et "
        f"attente du disque), {sum(one <= PRECISION for one in own)} sur {len(own)} à moins de "
        f"{100 * PRECISION:.0f} %, le plus grand écart {100 * max(own):.0f} %."
    )


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--tours", type=int, default=3, help="rounds; each measure is their median")
    words.add_argument(
        "--docs", action="store_true", help="write docs/capacite.md and benchmarks/capacite.json"
    )
    words.add_argument("--disque", type=Path, help="where to work: the disk to measure")
    chosen = words.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(dir=chosen.disque) as dossier:
        plan = run(Path(dossier), chosen.tours)
    command = f"python benchmarks/{' '.join([Path(__file__).name, *sys.argv[1:]])}"
    sections = {
        "mesures": tell_machine(plan, command),
        "modele": tell_model(plan.modele),
        "epreuve": tell_proof(plan),
        "besoins": tell_needs(plan),
    }
    for text in sections.values():
        print(text, end="\n\n")
    verdict = tell_verdict(plan)
    print(verdict)
    if chosen.docs:
        for nom, text in {**sections, "verdict": verdict}.items():
            replace_section(PAGE, nom, text)
        told = {
            "mesures": sections["mesures"],
            "empreinte": plan.empreinte._asdict(),
            "modele": as_json(plan.modele),
        }
        KEPT.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0 if all(abs(error) <= PRECISION for _, _, error in errors(plan)) else 1


if __name__ == "__main__":
    sys.exit(main())
