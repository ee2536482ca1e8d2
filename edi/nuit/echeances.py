"""What is due when: pure functions from a job and an instant to due dates. Nothing here reads a clock.

A due date is named by the day on which its window opens: a job whose hours are changed in the configuration
does not do a night twice. Where the clocks change, the rule of RFC 5545: an hour that does not exist is read
with the offset of before the gap (02:30 is then 03:30); of an hour that comes twice, a window opens at the
first and closes at the second.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from edi.model import Du, Echeance, Genre, Rattrapage, Tache
from edi.nuit.calendrier import Jours, nights_of, why_closed

_DAY = timedelta(days=1)
_FAR = 800  # days ahead that due dates are looked for


class Horaire(Jours, Protocol):
    """Days with hours: a job of the night, an expected deposit."""

    @property
    def debut(self) -> time: ...

    @property
    def fin(self) -> time: ...

    @property
    def fuseau(self) -> ZoneInfo: ...

    @property
    def duree(self) -> timedelta: ...


def instant_of(jour: date, heure: time, fuseau: ZoneInfo, *, last: bool = False) -> datetime:
    """The instant of a local hour, in UTC; of one that comes twice the first, or the ``last``."""
    local = datetime.combine(jour, heure, fuseau)
    first = local.astimezone(UTC)
    return max(first, local.replace(fold=1).astimezone(UTC)) if last else first


def window_on(tache: Horaire, jour: date) -> Echeance:
    """The window that opens on a day."""
    ouvre = instant_of(jour, tache.debut, tache.fuseau)
    end = jour if tache.fin > tache.debut else jour + _DAY
    ferme = instant_of(end, tache.fin, tache.fuseau, last=True)
    return Echeance(jour, ouvre, ferme if ferme > ouvre else ouvre + tache.duree)


def due_after(tache: Horaire, jour: date) -> Iterator[Echeance]:
    """The due dates of a job on the days after that one, within two years."""
    for days in range(1, _FAR):
        if nights_of(tache, jour + days * _DAY):
            yield window_on(tache, jour + days * _DAY)


def due_between(tache: Horaire, couverte: date, until: datetime) -> tuple[Echeance, ...]:
    """The due dates of the days after ``couverte`` that had come at an instant, oldest first."""
    days = (until.astimezone(tache.fuseau).date() - couverte).days
    nights = (couverte + n * _DAY for n in range(1, days + 1))
    windows = (window_on(tache, jour) for jour in nights if nights_of(tache, jour))
    return tuple(window for window in windows if window.ouvre <= until)


def next_due(tache: Horaire, couverte: date, now: datetime, many: int = 1) -> tuple[Echeance, ...]:
    """The due dates still to come, the nearest first."""
    start = max(couverte, now.astimezone(tache.fuseau).date() - _DAY)
    return tuple(islice((window for window in due_after(tache, start) if window.ouvre > now), many))


def what_is_due(tache: Tache, couverte: date, now: datetime) -> Du | None:
    """What a job must do at an instant, knowing that every night up to ``couverte`` is settled.

    One run, however many due dates have passed: that of the last one, which makes the earlier ones good. Once
    its window is closed it is a catch-up.
    """
    passed = due_between(tache, couverte, now)
    if not passed:
        return None
    last = passed[-1]
    if now < last.ferme:
        return Du(last, passed[:-1], Genre.PREVU)
    if tache.rattrapage is Rattrapage.FENETRE:  # the run of the next due date makes it good
        return None
    return Du(last, passed[:-1], Genre.RATTRAPAGE)


def first_cover(tache: Tache, now: datetime) -> date:
    """Up to which day everything counts as settled for a job that is seen for the first time.

    What has passed is; a window that is open now is not.
    """
    today = now.astimezone(tache.fuseau).date()
    for jour in (today - _DAY, today):
        window = window_on(tache, jour)
        if now < window.ferme:  # open, or still to come
            return jour - _DAY
    return today


def overrun(tache: Tache, jour: date, ended: datetime) -> datetime | None:
    """The due date after that of ``jour`` which had come when its run ended; None when it ended in time."""
    later = due_between(tache, jour, ended)
    return later[0].ouvre if later else None


def remark(tache: Tache, echeance: Echeance) -> str:
    """What is unusual about a due date, in French; '' for most."""
    shifted = [f"{jour:%d/%m}" for jour in nights_of(tache, echeance.jour) if jour != echeance.jour]
    said = [f"décalée du {', '.join(shifted)}"] if shifted else []
    if closed := why_closed(tache, echeance.jour):
        said.append(f"férié : {closed}")
    change = (echeance.ferme - echeance.ouvre - tache.duree).total_seconds() / 3600
    if change:
        said.append(f"changement d'heure : fenêtre de {change:+g} h")
    return " ; ".join(said)


def days_owed(told: Collection[date], today: date) -> tuple[date, ...]:
    """The ended days whose relevé is to be made: each one since the first that was told, else yesterday."""
    first = min(told, default=today - _DAY)
    days = (first + n * _DAY for n in range((today - first).days))
    return tuple(day for day in days if day not in told)
