"""Charts as geometry: days to bars and points, in the units of the drawing. Pure; templates draw them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from edi.store.accueil import Journee

LARGEUR, HAUTEUR = 600, 150  # of the drawing area, in its own units
_PLACE = 0.72  # of the width of a day that its bar takes


class Barre(NamedTuple):
    """One day of volume: what was accepted below, what was rejected above."""

    journee: Journee
    x: float
    large: float
    haut_acceptees: float
    y_acceptees: float
    haut_rejetees: float
    y_rejetees: float


class Point(NamedTuple):
    """One day of the rate."""

    journee: Journee
    x: float
    y: float


class Repere(NamedTuple):
    """A line across the drawing, and what it stands for."""

    y: float
    valeur: float


def fill(journees: Sequence[Journee], jours: Sequence[date]) -> list[Journee]:
    """One entry a day, empty where nothing came."""
    known = {one.jour: one for one in journees}
    return [known.get(jour, Journee(jour, 0, 0, 0)) for jour in jours]


def ceiling(most: int) -> int:
    """The round number that a scale ends at; its half is one too, from two on."""
    if most <= 2:
        return max(1, most)
    step = 1
    while True:
        for factor in (4, 6, 8, 10, 12, 16, 20, 24, 30):
            if most <= factor * step:
                return factor * step
        step *= 10


def bars(journees: Sequence[Journee]) -> tuple[list[Barre], list[Repere]]:
    """The bars of these days, and the lines of their scale."""
    top = ceiling(max((one.recues for one in journees), default=0))
    pas = LARGEUR / max(1, len(journees))
    found = []
    for rank, one in enumerate(journees):
        accepted, rejected = (round(n / top * HAUTEUR, 2) for n in (one.acceptees, one.rejetees))
        x, foot = round((rank + (1 - _PLACE) / 2) * pas, 2), HAUTEUR - accepted
        found.append(
            Barre(
                one, x, round(pas * _PLACE, 2), accepted, round(foot, 2), rejected, round(foot - rejected, 2)
            )
        )
    return found, [Repere(HAUTEUR * (1 - part), top * part) for part in (0, 0.5, 1)]


def points(journees: Sequence[Journee]) -> tuple[list[list[Point]], list[Repere]]:
    """The rate as pieces of a line, broken over days without invoices, and the lines of its scale.

    The scale begins at a round rate below the lowest, so that small falls are seen.
    """
    rates = [one.premier_passage for one in journees if one.premier_passage is not None]
    low = next((base for base in (0.9, 0.75, 0.5) if min(rates, default=1.0) >= base), 0.0)
    pas = LARGEUR / max(1, len(journees))
    pieces: list[list[Point]] = [[]]
    for rank, one in enumerate(journees):
        rate = one.premier_passage
        if rate is None:
            pieces.append([])
            continue
        y = HAUTEUR * (1 - (rate - low) / (1 - low))
        pieces[-1].append(Point(one, round((rank + 0.5) * pas, 2), round(y, 2)))
    return [piece for piece in pieces if piece], [
        Repere(HAUTEUR * (1 - part), low + (1 - low) * part) for part in (0, 0.5, 1)
    ]
