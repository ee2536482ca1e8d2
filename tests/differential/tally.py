"""What the runs come to: counters that add up, whoever counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from differential.compare import ASKED, BOTH_RAISE, DIFFERENT, MENDED, Outcome
from differential.recipes import impossible_ranks
from differential.sheets import Feuille, find_feuille, rules_of


@dataclass
class Tally:
    """Of one sheet."""

    documents: int = 0
    runs: int = 0
    compared: int = 0  # failed asserts
    asked: Counter[str] = field(default_factory=Counter)
    both_raise: int = 0
    mended: int = 0
    differences: int = 0
    broken: set[int] = field(default_factory=set)  # ranks of the rules seen failing

    def count(self, outcome: Outcome) -> None:
        self.runs += 1
        self.compared += outcome.compared
        self.both_raise += outcome.kind == BOTH_RAISE
        self.mended += outcome.kind == MENDED
        self.differences += outcome.kind == DIFFERENT
        if outcome.kind == ASKED:
            self.asked[outcome.cause] += 1

    def add(self, other: Tally) -> None:
        self.documents += other.documents
        self.runs += other.runs
        self.compared += other.compared
        self.asked += other.asked
        self.both_raise += other.both_raise
        self.mended += other.mended
        self.differences += other.differences
        self.broken |= other.broken


Tallies = dict[str, Tally]  # by the name of the sheet


def add_all(total: Tallies, more: Tallies) -> None:
    for name, tally in more.items():
        total.setdefault(name, Tally()).add(tally)


@dataclass(frozen=True)
class Coverage:
    """How many of the rules of a sheet have been seen failing; those that cannot fail count apart."""

    rules: int
    broken: int
    impossible: int
    never: tuple[int, ...]  # ranks

    @property
    def share(self) -> float:
        """Of the rules that can fail; 1.0 is all of them."""
        possible = self.rules - self.impossible
        return self.broken / possible if possible else 1.0


def cover(feuille: Feuille, broken: Iterable[int]) -> Coverage:
    ranks, seen = set(range(len(rules_of(feuille)))), set(broken)
    impossible = set(impossible_ranks(feuille)) - seen
    never = tuple(sorted(ranks - seen - impossible))
    return Coverage(len(ranks), len(seen), len(impossible), never)


def print_tallies(tallies: Tallies) -> str:
    """The table that a run ends with."""
    lines = [
        f"{'sheet':21} {'documents':>9} {'runs':>8} {'failed':>9} {'asked':>7} {'raised':>7} {'mended':>6}"
        f" {'differ':>6}  rules seen failing"
    ]
    total = Tally()
    for name, tally in tallies.items():
        total.add(tally)
        seen = cover(find_feuille(name), tally.broken)
        lines.append(
            _row(name, tally) + f"  {seen.broken}/{seen.rules - seen.impossible} = {seen.share:.1%}"
            f" ({seen.impossible} cannot fail)"
        )
    lines.append(_row("all", total))
    lines += [f"left to Saxon: {count:7} {cause}" for cause, count in total.asked.most_common()]
    return "\n".join(lines)


def _row(name: str, tally: Tally) -> str:
    return (
        f"{name:21} {tally.documents:9} {tally.runs:8} {tally.compared:9} {tally.asked.total():7}"
        f" {tally.both_raise:7} {tally.mended:6} {tally.differences:6}"
    )
