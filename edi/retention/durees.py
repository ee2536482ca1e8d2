"""From which day on things are old, by the day of today. Pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def close_of_year(year: int, mois: int) -> date:
    """The last day of the accounting year that closes in a month of that year."""
    return date(year, mois, monthrange(year, mois)[1])


def old_since_close(today: date, ans: int, mois: int) -> date:
    """What was deposited before this day is old: so many years have passed since its accounting year closed.

    The day of the anniversary still counts as kept.
    """
    year = today.year - ans
    if not close_of_year(year + ans, mois) < today:
        year -= 1
    return close_of_year(year, mois) + timedelta(days=1)


def old_since_deposit(today: date, ans: int) -> date:
    """What was deposited before this day is old: so many years have passed since. 29 February is like 28."""
    year = today.year - ans
    return date(year, today.month, min(today.day, monthrange(year, today.month)[1]))
