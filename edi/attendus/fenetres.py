"""The windows of an expected deposit around an instant, and for which of them a deposit counts. Pure.

A deposit counts for the nearest window: what comes a little early or late is not lost between two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from edi.model import Attendu, Echeance, JoursAttendus, Recu, Volumes
from edi.nuit.calendrier import is_working_day, nights_of
from edi.nuit.echeances import due_after, due_between, next_due, window_on

_DAY = timedelta(days=1)
_PAST = 4  # windows that had closed
_FAR = 150  # days that they are looked for
FIN_DE_MOIS = JoursAttendus(ouvres=frozenset({-2, -1, 1}))  # where many bring more, or less


class Fenetre(NamedTuple):
    """One window, and from when until when a deposit counts for it."""

    echeance: Echeance
    debut: datetime
    fin: datetime

    def holds(self, instant: datetime) -> bool:
        return self.debut <= instant < self.fin


def with_bounds(windows: Sequence[Echeance]) -> Iterator[Fenetre]:
    """Windows in order with the middles between them; the first and the last only bound the others."""
    middles = [_middle(one, other) for one, other in pairwise(windows)]
    for window, (start, end) in zip(windows[1:-1], pairwise(middles), strict=True):
        yield Fenetre(window, start, end)


def _middle(one: Echeance, other: Echeance) -> datetime:
    gap = other.ouvre - one.ferme
    return one.ferme + gap / 2 if gap > timedelta() else other.ouvre


def around(attendu: Attendu, at: datetime) -> tuple[Fenetre, ...]:
    """The last windows that had closed at an instant, those that were open, and the next one."""
    return _near(attendu, at.astimezone(attendu.fuseau).date())


@lru_cache(maxsize=1024)  # asked for each minute; the same all day
def _near(attendu: Attendu, today: date) -> tuple[Fenetre, ...]:
    windows, closed = [], 0
    for ago in range(-1, _FAR):
        jour = today - ago * _DAY
        if nights_of(attendu, jour):
            windows.append(window_on(attendu, jour))
            closed += ago > 1  # it had: a window lasts for a day at the most
        if closed == _PAST:
            break
    coming = islice(due_after(attendu, today + _DAY), 2)
    return tuple(with_bounds([*reversed(windows), *coming]))


def between(attendu: Attendu, first: date, until: datetime) -> tuple[Fenetre, ...]:
    """Every window that opened since a day and before an instant, with its bounds."""
    windows = due_between(attendu, first - _FAR * _DAY, until)
    coming = next_due(attendu, windows[-1].jour if windows else first, until, many=1)
    found = with_bounds((*windows, *coming))
    return tuple(fenetre for fenetre in found if fenetre.echeance.jour >= first)


def first_judged(attendu: Attendu, at: datetime) -> date:
    """The first day that is judged of something confirmed at an instant: no window that had closed."""
    today = at.astimezone(attendu.fuseau).date()
    return today if window_on(attendu, today).ferme > at else today + _DAY


def received_in(fenetre: Fenetre, recus: Iterable[Recu]) -> list[Recu]:
    """What counts for a window."""
    return [recu for recu in recus if fenetre.holds(recu.le)]


def volumes_on(attendu: Attendu, jour: date) -> Volumes:
    """What a window that opens on a day should bring."""
    if attendu.pointe is not None and is_month_end(attendu, jour):
        return attendu.pointe
    return attendu.volumes


def is_month_end(attendu: Attendu, jour: date) -> bool:
    """One of the last two working days of a month, or the first one."""
    return FIN_DE_MOIS.mean(jour, lambda day: is_working_day(attendu, day))
