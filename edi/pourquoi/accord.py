"""Whether a replay says what was recorded; what differs is named, never hidden. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from edi.model import Finding


class Difference(NamedTuple):
    """A finding that one of two judgements made and the other did not."""

    finding: Finding
    enregistre: bool  # recorded, and not found again; else found again, and not recorded


def compare(recorded: Iterable[Finding], replayed: Iterable[Finding]) -> tuple[Difference, ...]:
    """What the two do not share: by code, severity, place and value, for sentences may be reworded."""
    before, after = list(recorded), list(replayed)
    left = Counter(map(_same, after))
    missing = [finding for finding in before if not _take(left, finding)]
    left = Counter(map(_same, before))
    added = [finding for finding in after if not _take(left, finding)]
    return (*(Difference(one, True) for one in missing), *(Difference(one, False) for one in added))


def _same(finding: Finding) -> tuple[str, int, str, str]:
    return finding.code, int(finding.severity), finding.location, finding.value


def _take(left: Counter[tuple[str, int, str, str]], finding: Finding) -> bool:
    key = _same(finding)
    left[key] -= 1
    return left[key] >= 0
