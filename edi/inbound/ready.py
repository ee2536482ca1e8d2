"""Is a file of a deposit folder complete? Two answers: it stopped changing, or its name says so.

Pure: whoever lists the folder also spaces the observations. No decision compares a file's mtime with a
clock; an mtime is only ever compared with itself, so a copy that keeps old dates is not taken too early.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

IGNORED_SUFFIXES = (".part", ".filepart", ".tmp", ".writing")


def is_candidate(nom: str) -> bool:
    """False for the names that transfer tools use while they write: dot files and temporary suffixes."""
    return bool(nom) and not nom.startswith(".") and not nom.lower().endswith(IGNORED_SUFFIXES)


class Stamp(NamedTuple):
    """What would change if anybody still wrote to the file."""

    inode: int
    size: int  # bytes
    mtime_ns: int


class _Seen(NamedTuple):
    stamp: Stamp
    times: int  # consecutive observations with this very stamp


class Tracker:
    """Remembers one folder's stamps from one observation to the next.

    ``polls`` is how many consecutive observations must agree: 1 when the sender writes aside and renames
    (everything visible is complete), 2 or more when only immobility tells. Raises ValueError below 1.
    """

    def __init__(self, polls: int) -> None:
        if polls < 1:
            raise ValueError(f"polls must be at least 1, not {polls}")
        self._polls = polls
        self._seen: dict[str, _Seen] = {}

    def observe(self, listing: Mapping[str, Stamp]) -> tuple[str, ...]:
        """The names that are complete, sorted; a name that vanished is forgotten and starts again."""
        self._seen = {nom: self._look(nom, stamp) for nom, stamp in listing.items() if is_candidate(nom)}
        return tuple(sorted(nom for nom, seen in self._seen.items() if seen.times >= self._polls))

    def _look(self, nom: str, stamp: Stamp) -> _Seen:
        before = self._seen.get(nom)
        return _Seen(stamp, before.times + 1 if before and before.stamp == stamp else 1)
