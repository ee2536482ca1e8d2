"""On which days, at which hours a déposant usually sends, read from the instants of its deposits. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edi.attendus.quantiles import spread_of
from edi.model import Attendu, Feries, JoursAttendus
from edi.nuit.calendrier import is_working_day, nights_of, why_closed

_DAY = timedelta(days=1)
_MINUTES = 24 * 60
_STEP = 15  # minutes that windows are rounded to
_MARGIN = 30  # minutes added at the least
_BUSY = 0.02  # of all deposits: an hour that had fewer is not usual
_USUAL = 0.8  # of the days: a habit
_MONTHS = 3  # on which a day of the month must have been seen
_CANDIDATES = tuple(
    [JoursAttendus(ouvres=frozenset({rank})) for rank in (-1, 1, -2, 2, -3, 3, 4, 5)]
    + [JoursAttendus(mois=frozenset({day})) for day in (-1, *range(1, 29))]
)


class Horaires(NamedTuple):
    """The hours of a window, and the deposits of each day on which one opened."""

    debut: time
    fin: time
    journees: Mapping[date, Sequence[datetime]]


def hours_of(instants: Collection[datetime], fuseau: ZoneInfo) -> Horaires:
    """The usual window; a day is cut where hardly anything comes, so that a window may pass midnight."""
    local = sorted(instant.astimezone(fuseau) for instant in instants)
    cut = _quiet_minute(Counter(instant.hour for instant in local))
    days: dict[date, list[datetime]] = defaultdict(list)
    for instant in local:
        days[(instant.replace(tzinfo=None) - timedelta(minutes=cut)).date()].append(instant)
    firsts = [_since(cut, day[0]) for day in days.values()]
    opens = max(cut + _outer(firsts, first=True), _midnight_before(cut + int(spread_of(firsts).p5)))
    closes = min(cut + _outer([_since(cut, day[-1]) for day in days.values()], first=False), opens + _MINUTES)
    later = (opens // _MINUTES) * _DAY  # the window opens on the day after that of the cut
    return Horaires(_time(opens), _time(closes), {day + later: some for day, some in days.items()})


def _midnight_before(minute: int) -> int:
    """A window opens on the very day of what comes first: bank holidays are those of that day."""
    return minute // _MINUTES * _MINUTES


def _quiet_minute(hours: Counter[int]) -> int:
    """The middle of the longest time of a day in which hardly anything comes, in minutes since midnight."""
    busy = sorted(hour for hour, many in hours.items() if many >= _BUSY * hours.total())
    gaps = [((after - hour - 1) % 24, hour) for hour, after in zip(busy, [*busy[1:], busy[0]], strict=True)]
    length, hour = max(gaps, key=lambda gap: gap[0]) if len(busy) > 1 else (23, busy[0])
    return ((hour + 1) * 60 + length * 30) % _MINUTES


def _since(cut: int, instant: datetime) -> Decimal:
    """Minutes by the clock on the wall since the day was cut."""
    return Decimal((instant.hour * 60 + instant.minute - cut) % _MINUTES)


def _outer(minutes: Sequence[Decimal], *, first: bool) -> int:
    """Where a window begins, or ends: beyond the outer percentile by half of what the hours vary."""
    seen = spread_of(minutes)
    margin = max(Decimal(_MARGIN), (seen.p95 - seen.p5) / 2)
    if first:
        return max(int((seen.p5 - margin) // _STEP) * _STEP, 0)
    return min(-int(-(seen.p95 + margin) // _STEP) * _STEP, _MINUTES)


def _time(minutes: int) -> time:
    return time(minutes % _MINUTES // 60, minutes % 60)


# -- days -------------------------------------------------------------------------------------------------


class Frequence(NamedTuple):
    """On how many days of some kind something came, of how many; bank holidays apart."""

    venus: int
    jours: int

    @property
    def is_usual(self) -> bool:
        return self.venus >= _USUAL * self.jours and self.jours >= _MONTHS


def days_between(first: date, last: date) -> Iterator[date]:
    return (first + n * _DAY for n in range((last - first).days + 1))


def weekly(base: Attendu, days: Collection[date], first: date, last: date) -> tuple[Frequence, ...]:
    """How often something came on each day of the week."""
    total, came = Counter[int](), Counter[int]()
    for day in days_between(first, last):
        if not why_closed(base, day):
            total[day.weekday()] += 1
            came[day.weekday()] += day in days
    return tuple(Frequence(came[rank], total[rank]) for rank in range(7))


def monthly(base: Attendu, days: Collection[date], first: date, last: date) -> JoursAttendus:
    """The days of the month on which something usually came, those first that explain most; maybe none."""
    is_working = partial(is_working_day, base)
    left, found = set(days), JoursAttendus()
    while left:
        best = max(_CANDIDATES, key=lambda one: len(_hits(one, left, is_working)))
        meant = [day for day in days_between(first, last) if best.mean(day, is_working)]
        hits = _hits(best, left, is_working)
        if not Frequence(len(hits), len(meant)).is_usual:
            return found
        found = JoursAttendus(mois=found.mois | best.mois, ouvres=found.ouvres | best.ouvres)
        left -= hits
    return found


def _hits(jours: JoursAttendus, days: Collection[date], is_working: Callable[[date], bool]) -> set[date]:
    return {day for day in days if jours.mean(day, is_working)}


def on_bank_holidays(base: Attendu, days: Collection[date], first: date, last: date) -> Feries:
    """What becomes of bank holidays: the rule by which fewest days were missed or came unexpected."""
    rules = (Feries.SAUTER, Feries.DECALER, Feries.EXECUTER)  # of equals, the one that tells nobody anything

    def surprises(rule: Feries) -> int:
        meant = replace(base, feries=rule)
        return sum(bool(nights_of(meant, day)) is not (day in days) for day in days_between(first, last))

    return min(rules, key=surprises)
