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
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import structlog
from essais_de_capacite import AJUSTEMENT, ENFANTS, EPREUVE, Mesure, measure, measure_footprint
from nuit_simulee.monde import MELANGE
from pages_de_docs import replace_section, table

from edi.banc.espace import Banc, make_espace
from edi.banc.jeux import PAR_NOM
from edi.banc.machine import Machine, describe
from edi.capacite.besoins import Empreinte, Volume, find_besoins, find_rate
from edi.capacite.modele import Enfants, Modele, as_json, fit_modele
from edi.cli.commandes import settle_collector

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "benchmarks" / "capacite.json"
PAGE = ROOT / "docs" / "capacite.md"
PRECISION = 0.2  # of the measure: how far off a prediction may be
LIGNES, PAR_LOT = 10, 50
PARTS = {jeu: part for jeu, (part, _) in MELANGE.items()}
OCTETS = {jeu: octets for jeu, (_, octets) in MELANGE.items()}
VOLUMES = {
    "un million en une nuit": Volume(1_000_000, 8, PARTS, LIGNES, OCTETS, PAR_LOT, pointe=2.0),
    "80 millions par an": Volume(80_000_000, 250 * 10, PARTS, LIGNES, OCTETS, PAR_LOT, pointe=5.0),
}


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
    return f"{table(('besoin', *needs), rows)}\n\n{tell_limit(plan)}"


def tell_limit(plan: Plan) -> str:
    """What the machine that was measured keeps by itself."""
    volume, workers = next(iter(VOLUMES.values())), plan.machine.coeurs
    rate = find_rate(plan.modele, volume, workers)
    night = rate * volume.heures * 3600 * volume.occupation / volume.pointe
    return (
        f"Cette machine seule, un coordinateur et {workers} travailleurs : {rate:.0f} factures/s de ce "
        f"mélange, soit {night / 1e6:.1f} millions en une telle nuit."
    )


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
    words.add_argument("--tours", type=int, default=3, help="rounds; the quickest counts")
    words.add_argument(
        "--docs", action="store_true", help="write docs/capacite.md and benchmarks/capacite.json"
    )
    words.add_argument("--disque", type=Path, help="where to work: the disk to measure")
    chosen = words.parse_args()
    settle_collector()  # as the command does
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
