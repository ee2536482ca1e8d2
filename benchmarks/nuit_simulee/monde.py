"""What happens to the platform: suppliers and their deposits, what fails and when. Drawn from one seed.

Instants are seconds since the night began, at 18:00.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edi.capacite.modele import Charge

HEURE = 3600.0
DEBUT = 18  # o'clock
_MOST = 500  # invoices that a lot may hold


@dataclass(frozen=True, slots=True)
class Scenario:
    """One night."""

    nom: str
    graine: int = 2026
    fournisseurs: int = 500
    factures: int = 1_000_000
    coordinateurs: int = 1
    travailleurs: int = 2  # of each coordinator
    lignes: int = 10  # of an invoice, the mean
    duree: float = 11 * HEURE  # deposits come until then
    serveurs: float = 0.2  # share of the suppliers whose servers are called
    intervalle: float = 300.0  # seconds between two calls
    # What fails; zero, or an empty interval: nothing.
    vie: float = 0.0  # mean life of a worker, seconds
    remplacement: float = 5.0  # seconds until another one judges in its place
    base: tuple[float, float] = (0.0, 0.0)  # the database is away: from, until
    injoignables: tuple[float, float] = (0.0, 0.0)  # half of the servers are
    monstres: int = 0  # lots of 500 invoices of a thousand lines
    ruee: float = 0.0  # share of the suppliers that deposit all they have within the last half hour


class Depot(NamedTuple):
    """One lot on its way to us."""

    le: float
    fournisseur: int
    charge: Charge
    serveur: bool  # it waits on a server until we call
    monstre: bool = False


MELANGE: Mapping[str, tuple[float, int]] = {  # by kind: share of the invoices, bytes of a file
    "ubl": (0.25, 12_000),
    "cii": (0.15, 18_000),
    "facturx": (0.30, 60_000),
    "e2": (0.30, 150_000),
}


def draw_depots(scenario: Scenario) -> list[Depot]:
    """Every deposit of the night, in its order. Equal scenarios give equal nights."""
    rng = random.Random(scenario.graine)  # noqa: S311 - a simulation, not a secret
    # A few suppliers bring most of it: the n-th brings a share like 1/n.
    weights = [1 / (rank + 5) for rank in range(scenario.fournisseurs)]
    total = sum(weights)
    hasty = set(rng.sample(range(scenario.fournisseurs), round(scenario.ruee * scenario.fournisseurs)))
    pulled = set(rng.sample(range(scenario.fournisseurs), round(scenario.serveurs * scenario.fournisseurs)))
    depots = []
    for one, weight in enumerate(weights):
        jeu = rng.choices(list(MELANGE), [share for share, _ in MELANGE.values()])[0]
        left = max(1, round(scenario.factures * weight / total))
        while left:
            many = min(left, _MOST, max(1, round(rng.lognormvariate(4, 1))))
            left -= many
            lignes = max(1, round(rng.lognormvariate(0, 0.8) * scenario.lignes))
            charge = Charge(jeu, many, lignes, MELANGE[jeu][1])
            depots.append(Depot(_draw_instant(rng, scenario, one in hasty), one, charge, one in pulled))
    for _ in range(scenario.monstres):
        at, one = rng.uniform(0, scenario.duree), rng.randrange(scenario.fournisseurs)
        depots.append(Depot(at, one, Charge("ubl", _MOST, 1_000, 600_000), False, True))
    return sorted(depots)


def _draw_instant(rng: random.Random, scenario: Scenario, hasty: bool) -> float:
    """Two hours after closing time most of it comes; the hasty ones wait for the end."""
    if hasty:
        return scenario.duree - rng.uniform(0, 0.5 * HEURE)
    return min(scenario.duree, rng.triangular(0, scenario.duree, 3 * HEURE))


def clock(seconds: float) -> str:
    """``05:30``, of an instant of the night."""
    minutes = int(DEBUT * 60 + seconds // 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def scenarios(**common: int) -> tuple[Scenario, ...]:
    """The nights that are told: nothing fails, each failure alone, everything at once."""
    failures: dict[str, dict[str, float | int | tuple[float, float]]] = {
        "travailleurs qui meurent": {"vie": 600.0},
        "base absente dix minutes": {"base": (3 * HEURE, 3 * HEURE + 600)},
        "serveurs injoignables trois heures": {"injoignables": (2 * HEURE, 5 * HEURE)},
        "lots monstres": {"monstres": 40},
        "ruée à la fin": {"ruee": 0.3},
    }
    everything = {key: value for one in failures.values() for key, value in one.items()}
    made = {"rien ne manque": {}, **failures, "tout à la fois": everything}
    return tuple(Scenario(nom, **{**common, **chosen}) for nom, chosen in made.items())  # type: ignore[arg-type]
