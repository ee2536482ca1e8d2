"""Bank holidays and working days. A day is judged by its date alone: no clock here."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from edi.model import Feries, Tache

_SATURDAY = 5
_DAY = timedelta(days=1)


@cache
def feries(annee: int, territoire: str) -> dict[date, str]:
    """The bank holidays of a year, with their French names, by the package ``holidays``."""
    from holidays import country_holidays  # slow to load, and most commands need none

    return dict(country_holidays("FR", subdiv=territoire or None, years=annee, language="fr"))


def why_closed(tache: Tache, jour: date) -> str:
    """The name of the bank holiday that a day is for a job; '' for any other day."""
    if jour in tache.fermetures:
        return "fermeture"
    return feries(jour.year, tache.territoire).get(jour, "")


def is_working_day(tache: Tache, jour: date) -> bool:
    """Neither a bank holiday, nor a Saturday, nor a Sunday."""
    return jour.weekday() < _SATURDAY and not why_closed(tache, jour)


def nights_of(tache: Tache, jour: date) -> tuple[date, ...]:
    """The days whose night is run on that day: itself, or those that bank holidays have shifted to it."""
    meant = [jour] if jour.weekday() in tache.jours else []
    if tache.feries is Feries.EXECUTER:
        return tuple(meant)
    if why_closed(tache, jour):
        return ()
    if tache.feries is Feries.DECALER and is_working_day(tache, jour):
        meant += _shifted_to(tache, jour)
    return tuple(sorted(meant))


def _shifted_to(tache: Tache, jour: date) -> list[date]:
    """The bank holidays since the last working day, where the job would have been run."""
    found, veille = [], jour - _DAY
    while not is_working_day(tache, veille):
        if veille.weekday() in tache.jours and why_closed(tache, veille):
            found.append(veille)
        veille -= _DAY
    return found
