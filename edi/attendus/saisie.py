"""Expected deposits as operators type them: days, hours, bounds. Pure; ValueError in French."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from decimal import Decimal

from edi.attendus.phrases import JOURS
from edi.model import JoursAttendus, Plage, Volumes

_HEURE = r"([01]?\d|2[0-3])(?:[:h]([0-5]\d)?)"
_FENETRE = re.compile(rf"\s*{_HEURE}\s*(?:-|à)\s*{_HEURE}\s*")
_PLAGE = re.compile(r"(\d+(?:[.,]\d{1,2})?)?-(\d+(?:[.,]\d{1,2})?)?|(\d+(?:[.,]\d{1,2})?)")
_MONTANT = re.compile(r"([A-Z]{3})[ :=](.+)")
_OUVRE = re.compile(r"(\d|dernier)-ouvr[ée]")
AIDE_JOURS = (
    "« ouvrés » (lundi à vendredi), « tous », des noms (lundi,jeudi), des quantièmes (5,20,dernier), "
    "des rangs de jours ouvrés du mois (1-ouvré,dernier-ouvré)"
)


def read_days(text: str) -> JoursAttendus:
    """``ouvrés``, ``lundi,jeudi``, ``15,dernier``, ``dernier-ouvré``."""
    semaine: set[int] = set()
    mois: set[int] = set()
    ouvres: set[int] = set()
    words = [word for word in re.split(r"[\s,;]+", text.strip().lower()) if word]
    for word in words:
        named = [rank for rank, jour in enumerate(JOURS) if len(word) > 2 and jour.startswith(word)]
        if word == "tous":
            semaine |= set(range(7))
        elif word in ("ouvrés", "ouvres"):
            semaine |= set(range(5))
        elif named:
            semaine |= set(named)
        elif found := _OUVRE.fullmatch(word):
            ouvres.add(-1 if found[1] == "dernier" else int(found[1]))
        elif word == "dernier":
            mois.add(-1)
        elif word.isdigit() and 1 <= int(word) <= 28:
            mois.add(int(word))
        else:
            raise ValueError(f"« {word} » ne désigne pas de jour ; sont connus : {AIDE_JOURS}")
    if not words or 0 in ouvres:
        raise ValueError(f"il faut des jours : {AIDE_JOURS}")
    return JoursAttendus(frozenset(semaine), frozenset(mois), frozenset(ouvres))


def read_hours(text: str) -> tuple[time, time]:
    """``22:00-02:00``, ``22h-2h30``."""
    found = _FENETRE.fullmatch(text)
    if found is None:
        raise ValueError(f"« {text} » n'est pas une fenêtre : écrivez par exemple 22:00-02:00")
    return time(int(found[1]), int(found[2] or 0)), time(int(found[3]), int(found[4] or 0))


def read_bounds(text: str) -> Plage:
    """``900-1500``, ``900-``, ``-1500``, ``3``; ``aucune``: no limit."""
    bare = re.sub(r"\s", "", text)
    if bare == "aucune":
        return Plage()
    found = _PLAGE.fullmatch(bare)
    if found is None or bare == "-":
        raise ValueError(f"« {text} » n'est pas un intervalle : 900-1500, 900-, -1500 ou « aucune »")
    low, high = (_amount(found[n] or found[3]) for n in (1, 2))
    if low is not None and high is not None and low > high:
        raise ValueError(f"« {text} » : le minimum dépasse le maximum")
    return Plage(low, high)


def _amount(text: str | None) -> Decimal | None:
    return Decimal(text.replace(",", ".")) if text else None


def read_volumes(known: Volumes, flux: str, factures: str, montants: Sequence[str]) -> Volumes:
    """Bounds with those that are given in the place of the others; ``montants``: ``EUR 1000-5000``."""
    amounts = dict(known.montants)
    for text in montants:
        found = _MONTANT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"« {text} » n'est pas un montant : écrivez par exemple « EUR 1000-50000 »")
        amounts[found[1]] = read_bounds(found[2])
    return replace(
        known,
        flux=read_bounds(flux) if flux else known.flux,
        factures=read_bounds(factures) if factures else known.factures,
        montants=tuple(sorted((devise, plage) for devise, plage in amounts.items() if plage != Plage())),
    )
