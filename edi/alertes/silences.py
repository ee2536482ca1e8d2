"""Has somebody who usually sends stopped sending? Learned from the days of deposit alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

PERIODE = timedelta(weeks=8)  # over which habits are learned
_ENOUGH = 6  # days of deposit that make a habit
_MARGIN = 1  # usual days missed beyond what was ever seen: a bank holiday is one


def is_silent(days: Sequence[date], today: date) -> bool:
    """Whether more usual days have gone by without a deposit than ever before, by more than one.

    ``days``: those of deposits, in order. Only the weekdays on which there ever was one count as usual, and a
    day that is not over is not missed. Somebody who sent on fewer than six days has no habit.
    """
    if len(days) < _ENOUGH:
        return False
    usual = {day.weekday() for day in days}
    longest = max(_missed(first, then, usual) for first, then in pairwise(days))
    return _missed(days[-1], today, usual) > longest + _MARGIN


def _missed(first: date, then: date, usual: set[int]) -> int:
    """Usual days strictly between two days."""
    between = (first + timedelta(days=n) for n in range(1, (then - first).days))
    return sum(day.weekday() in usual for day in between)
