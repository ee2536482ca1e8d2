"""Which rules judge which elements, found out once for each path of names that any document has had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edi.validators.compiled.running.program import Check, Match, Program, Rule
from edi.validators.compiled.running.spots import Spot
from edi.validators.compiled.running.tree import Signature


class Selected:
    """The checks of a program that a pack applies. One is made once a process and part."""

    def __init__(self, program: Program, applies: Callable[[str], bool]) -> None:
        self.key = object()
        self.layouts: dict[Signature, object] = {}  # those of layout.py
        self.rules_of: dict[str, list[Applied]] = {}
        self.rules = [Applied(rank, rule, applies) for rank, rule in enumerate(program.rules)]
        self.pruned = frozenset(rule.mode for rule in program.rules if not rule.descends)
        for rule in self.rules:
            for name in dict.fromkeys(match.steps[0][0] for match in rule.matches):
                self.rules_of.setdefault(name, []).append(rule)

    def candidates(self, name: str) -> list[Applied]:
        """The rules that may match an element of a name, in their order."""
        wild = f"{name.partition('}')[0]}}}*" if name.startswith("{") else "*"
        lists = [self.rules_of.get(one, ()) for one in dict.fromkeys((name, wild, "*"))]
        return sorted((rule for one in lists for rule in one), key=lambda rule: rule.rank)


class Applied:
    """A rule and the checks of it that apply: those always made, and those that a path calls for."""

    __slots__ = ("checks", "descends", "let", "matches", "mode", "rank", "safe", "watched")

    def __init__(self, rank: int, rule: Rule, applies: Callable[[str], bool]) -> None:
        checks = [check for check in rule.checks if applies(check.id)]
        self.rank, self.mode, self.matches = rank, rule.mode, rule.matches
        self.let, self.safe, self.descends = rule.let, rule.safe, rule.descends
        self.watched = tuple(check for check in checks if check.watch)
        self.checks = tuple(check for check in checks if not check.watch)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What judges, in one mode, the elements of a spot: the first rule whose guard agrees.

    ``barriers``: how many steps above an element may stop the walk.
    """

    mode: int
    options: tuple[tuple[Match, Applied], ...]
    barriers: tuple[int, ...]


class Plan:
    """All that is known of a spot for a selection.

    ``watchers``: checks of the spots above that are made only where this one is met.
    """

    __slots__ = ("choices", "known", "watchers")

    def __init__(self) -> None:
        self.known = False  # until a document has this path
        self.choices: list[Choice] = []
        self.watchers: list[tuple[Spot, Applied, Check]] = []


def plan_of(selected: Selected, spot: Spot) -> Plan:
    """The plan of a spot that a document has."""
    plan = _find_plan(selected, spot)
    if not plan.known:
        _make_plan(selected, spot, plan)
    return plan


def _find_plan(selected: Selected, spot: Spot) -> Plan:
    plan = spot.plans.get(selected.key)
    if plan is None:
        plan = spot.plans[selected.key] = Plan()
    return plan


def _make_plan(selected: Selected, spot: Spot, plan: Plan) -> None:
    by_mode: dict[int, list[tuple[Match, Applied]]] = {}
    for rule in selected.candidates(spot.name):
        options = by_mode.setdefault(rule.mode, [])
        if options and options[-1][0].guard is None:
            continue  # a stronger rule takes every element of this path
        for match in rule.matches:
            if _fits(match, spot):
                options.append((match, rule))
                if match.guard is None:
                    break
    plan.known = True
    for mode, options in sorted(by_mode.items()):
        if options:
            plan.choices.append(Choice(mode, tuple(options), tuple(_barriers(selected, spot, mode))))
            for _, rule in options:
                _watch(selected, spot, rule)


def _barriers(selected: Selected, spot: Spot, mode: int) -> Iterator[int]:
    if mode not in selected.pruned:
        return
    height, above = 1, spot.above
    while above is not None and above.above is not None:
        for choice in plan_of(selected, above).choices:
            if choice.mode == mode and any(not rule.descends for _, rule in choice.options):
                yield height
        height, above = height + 1, above.above


def _watch(selected: Selected, spot: Spot, rule: Applied) -> None:
    """Let the paths that a rule forbids call for its asserts where they are met."""
    for check in rule.watched:
        for path in check.watch:
            feared = spot
            for name in path:
                feared = feared.go(name)
            _find_plan(selected, feared).watchers.append((spot, rule, check))


def _fits(match: Match, spot: Spot) -> bool:
    """Whether a path of names is one that a pattern means."""
    return spot.name.endswith(match.suffix) and _fits_from(match, 0, spot)


def _fits_from(match: Match, rank: int, spot: Spot | None) -> bool:
    if rank == len(match.steps):
        return not match.rooted or (spot is not None and spot.above is None)
    if spot is None or spot.above is None or not _is_named(match.steps[rank][0], spot.name):
        return False
    above: Spot | None = spot.above
    if not match.steps[rank][1]:
        return _fits_from(match, rank + 1, above)
    while above is not None:
        if _fits_from(match, rank + 1, above):
            return True
        above = above.above
    return False


def _is_named(test: str, name: str) -> bool:
    return test in ("*", name) or (test.endswith("}*") and name.startswith(test[:-1]))
