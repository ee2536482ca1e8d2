"""When to try again: twice as long after each failure, up to an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST, LONGEST = 30, 3600  # seconds


def next_try(at: datetime, failures: int) -> datetime:
    """The instant of the next try, after that many failures in a row (from 1), the last one at ``at``."""
    return at + timedelta(seconds=min(FIRST << min(failures - 1, 16), LONGEST))
