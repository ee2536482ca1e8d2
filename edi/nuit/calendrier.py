"""Bank holidays and working days. A day is judged by its date alone: no clock here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache, partial
from typing import Protocol

from edi.model import Feries

_SATURDAY = 5
_DAY = timedelta(days=1)


class Jours(Protocol):
    """On which days something is due: a job of the night, an expected deposit."""

    @property
    def feries(self) -> Feries: ...

    @property
    def territoire(self) -> str: ...

    @property
    def fermetures(self) -> frozenset[date]: ...

    def means(self, jour: date, is_working: Callable[[date], bool]) -> bool:
        """Whether it is meant for a day, bank holidays apart."""


@cache
def feries(annee: int, territoire: str) -> dict[date, str]:
    """The bank holidays of a year, with their French names, by the package ``holidays``."""
    from holidays import country_holidays  # slow to load, and most commands need none

    return dict(country_holidays("FR", subdiv=territoire or None, years=annee, language="fr"))


def why_closed(due: Jours, jour: date) -> str:
    """The name of the bank holiday that a day is for something; '' for any other day."""
    if jour in due.fermetures:
        return "fermeture"
    return feries(jour.year, due.territoire).get(jour, "")


def is_working_day(due: Jours, jour: date) -> bool:
    """Neither a bank holiday, nor a Saturday, nor a Sunday."""
    return jour.weekday() < _SATURDAY and not why_closed(due, jour)


def nights_of(due: Jours, jour: date) -> tuple[date, ...]:
    """The days whose night falls on that day: itself, or those that bank holidays have shifted to it."""
    is_working = partial(is_working_day, due)
    meant = [jour] if due.means(jour, is_working) else []
    if due.feries is Feries.EXECUTER:
        return tuple(meant)
    if why_closed(due, jour):
        return ()
    if due.feries is Feries.DECALER and is_working(jour):
        meant += _shifted_to(due, jour)
    return tuple(sorted(meant))


def _shifted_to(due: Jours, jour: date) -> list[date]:
    """The bank holidays since the last working day, on which it would have fallen."""
    is_working = partial(is_working_day, due)
    found, veille = [], jour - _DAY
    while not is_working(veille):
        if due.means(veille, is_working) and why_closed(due, veille):
            found.append(veille)
        veille -= _DAY
    return found
