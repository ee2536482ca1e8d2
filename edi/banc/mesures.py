"""What a bench came to, as values; rates and ratios are derived from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import NamedTuple

from edi.banc.machine import Machine
from edi.banc.naif import Naif
from edi.banc.sonde import DISQUE, Duree

OBJECTIF_LATENCE = 1.0  # seconds, for half of single invoices


class Plan(NamedTuple):
    """How much is measured."""

    nombre: int  # invoices of a lot
    tours: int  # rounds: each measure is their median
    travailleurs: tuple[int, ...]
    lignes: tuple[int, ...]
    latences: int  # single invoices
    pairs: Mapping[str, int]  # documents of the other way, by kind of lot
    contre: int  # documents that Saxon judges too, to know what one costs


PLEIN = Plan(300, 5, (1, 2, 4), (100, 1_000, 5_000), 100, {"ubl": 30, "cii": 30, "facturx": 30}, 6)
COURT = Plan(24, 1, (1, 2), (100, 1_000, 5_000), 8, {"ubl": 3}, 0)


@dataclass(frozen=True, slots=True)
class Entier:
    """One kind of lot, from the deposit to its statuts on the disk, in one process; times of one invoice."""

    jeu: str
    libelle: str
    factures: int  # of a lot
    octets: int  # of a document
    total: Duree
    etapes: Mapping[str, Duree]  # of other lots, watched: they add up to a little more than the total
    jugement: Duree  # as many documents, judged and nothing else
    plancher: Duree  # the same, parsed and held against the XSD, and nothing else
    contre_epreuve: (
        float  # seconds of processor that Saxon takes for one document of the sample; 0: not known
    )
    part_du_jugement: float  # how much of what judging alone reaches is left end to end: 0 to 1


class Tour(NamedTuple):
    """One kind of lot, measured once."""

    total: Duree
    jugement: Duree  # of as many documents, just after it
    plancher: Duree
    etapes: Mapping[str, Duree]  # of a lot like it, just after that

    @property
    def part_du_jugement(self) -> float:
        """Of the processor and of waiting for the disk: what other programs take is not in it."""
        waits = sum(part.secondes - part.processeur for nom, part in self.etapes.items() if nom in DISQUE)
        return self.jugement.processeur / (self.total.processeur + max(0.0, waits))


@dataclass(frozen=True, slots=True)
class Lignes:
    """One invoice of many lines, from the deposit to its statuts on the disk."""

    lignes: int
    octets: int
    total: Duree


@dataclass(frozen=True, slots=True)
class Resultats:
    """All that was measured in one run."""

    machine: Machine
    plan: Plan
    entiers: tuple[Entier, ...]
    pairs: Mapping[str, Naif]  # by kind of lot
    travailleurs: Mapping[int, float]  # seconds of one invoice, by worker processes
    lignes: tuple[Lignes, ...]
    latences: tuple[float, ...]  # seconds, one invoice each
    duree: float  # seconds of the whole run

    def entier(self, jeu: str) -> Entier:
        """One kind of lot. Raises StopIteration when it was not measured."""
        return next(one for one in self.entiers if one.jeu == jeu)


def quantile(values: Sequence[float], part: float) -> float:
    """The value that so great a part of all does not exceed: one that was measured, never between two."""
    return sorted(values)[max(0, ceil(part * len(values)) - 1)]


def middle(durees: Sequence[Duree]) -> Duree:
    """The median of each clock."""
    return Duree(
        median(one.secondes for one in durees), median(one.processeur for one in durees), durees[0].appels
    )


def mean_parts(rounds: Sequence[Mapping[str, Duree]], factures: int) -> dict[str, Duree]:
    """What each stage takes for one invoice, the mean over some rounds."""
    noms = {nom for one in rounds for nom in one}
    parts: dict[str, Duree] = {}
    for nom in noms:
        summed = Duree()
        for one in rounds:
            summed += one.get(nom, Duree())
        parts[nom] = Duree(*summed.over(factures * len(rounds))[:2], summed.appels // len(rounds))
    return parts


def compute_ratios(found: Resultats) -> dict[str, float]:
    """Figures without a unit, which another machine may be compared by.

    ``x/y``: how many times x is done in the time that y takes.
    """
    ratios: dict[str, float] = {}
    for one in found.entiers:
        ratios[f"{one.jeu}: entier/jugement"] = one.part_du_jugement
        ratios[f"{one.jeu}: plancher/jugement"] = one.jugement.processeur / one.plancher.processeur
        pair = found.pairs.get(one.jeu)
        if pair is not None:
            ratios[f"{one.jeu}: entier/voie ordinaire"] = pair.total.processeur / one.total.processeur
            rest = pair.total.processeur - pair.xsd.processeur
            ratios[f"{one.jeu}: entier/voie ordinaire sans XSD"] = rest / one.total.processeur
    first = found.travailleurs.get(1)
    if first is not None:
        for many, seconds in found.travailleurs.items():
            if many > 1:
                ratios[f"{many} travailleurs/1"] = first / seconds
    for before, after in zip(found.lignes, found.lignes[1:], strict=False):
        cost = (after.total.processeur / after.lignes) / (before.total.processeur / before.lignes)
        ratios[f"ligne: {after.lignes}/{before.lignes}"] = cost
    if found.latences:
        ratios["latence médiane/objectif"] = quantile(found.latences, 0.5) / OBJECTIF_LATENCE
    first_one = found.entiers[0]
    own = {n: p.secondes if n in DISQUE else p.processeur for n, p in sorted(first_one.etapes.items())}
    ratios |= {f"{first_one.jeu}, part: {nom}": part / sum(own.values()) for nom, part in own.items()}
    return {nom: round(value, 4) for nom, value in ratios.items()}
