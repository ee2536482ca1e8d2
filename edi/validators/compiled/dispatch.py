"""Which rules judge which elements, found out once for each path of names; and a document judged by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import localcontext
from typing import Any, NamedTuple

from edi.validators.compiled.axes import place_of
from edi.validators.compiled.program import Check, Guard, Match, Program, Rule
from edi.validators.compiled.tree import Document, Node, Spot
from edi.validators.compiled.values import EXACT
from edi.validators.schematron.saxon import Failed

Told = tuple[int, int, int, Node, Check, tuple[Any, ...]]  # mode, order of the node, rank, and what tells it


class Selected:
    """The checks of a program that a pack applies. One is made once a process and part."""

    def __init__(self, program: Program, applies: Callable[[str], bool]) -> None:
        self.key = object()
        self.rules_of: dict[str, list[_Rule]] = {}
        self.rules = [_Rule(rank, rule, applies) for rank, rule in enumerate(program.rules)]
        self.pruned = frozenset(rule.mode for rule in program.rules if not rule.descends)
        for rule in self.rules:
            for name in dict.fromkeys(match.steps[0][0] for match in rule.matches):
                self.rules_of.setdefault(name, []).append(rule)

    def candidates(self, name: str) -> list[_Rule]:
        """The rules that may match an element of a name, in their order."""
        wild = f"{name.partition('}')[0]}}}*" if name.startswith("{") else "*"
        lists = [self.rules_of.get(one, ()) for one in dict.fromkeys((name, wild, "*"))]
        return sorted((rule for one in lists for rule in one), key=lambda rule: rule.rank)


class _Rule:
    """A rule, its checks sorted by how they are tested."""

    __slots__ = ("asserts", "descends", "let", "matches", "mode", "rank", "reports", "watched")

    def __init__(self, rank: int, rule: Rule, applies: Callable[[str], bool]) -> None:
        checks = [check for check in rule.checks if applies(check.id)]
        self.rank, self.mode, self.matches = rank, rule.mode, rule.matches
        self.let, self.descends = rule.let, rule.descends
        self.watched = tuple(check for check in checks if check.watch)
        self.asserts = tuple((c.test, c) for c in checks if not c.watch and not c.report)
        self.reports = tuple((c.test, c) for c in checks if c.report)


class _Choice(NamedTuple):
    """What judges, in one mode, the elements of a spot: the first whose guard agrees."""

    mode: int
    options: tuple[tuple[Guard | None, _Rule], ...]
    alone: _Rule | None  # the only option, which nothing guards
    barriers: tuple[int, ...]  # how many steps above an element may stop the walk


class _Plan:
    """All that is known of a spot for a selection. ``watchers``: asserts of spots above that fear this one."""

    __slots__ = ("choices", "watchers")

    def __init__(self) -> None:
        self.choices: list[_Choice] | None = None  # until a document has this path
        self.watchers: list[tuple[Spot, _Rule, Check]] = []


def run(selected: Selected, document: Document) -> list[Failed]:
    """All that fails, mode after mode, in document order. Raises AskSaxon."""
    key = selected.key
    feared: dict[tuple[Spot, _Rule], list[Check]] = {}
    told: list[Told] = []
    work = []
    for spot, nodes in document.nodes.items():
        plan = spot.plans.get(key)
        if plan is None or plan.choices is None:
            plan = _make_plan(selected, spot)
        if plan.watchers:
            for above, rule, check in plan.watchers:
                feared.setdefault((above, rule), []).append(check)
        if plan.choices:
            work.append((spot, plan.choices, nodes))
    with localcontext(EXACT):
        for spot, choices, nodes in work:
            for choice in choices:
                _judge(selected, choice, spot, nodes, document, feared, told)
        told.sort(key=lambda one: one[:3])
        return [
            Failed(check.id, check.flag, place_of(node), check.say(node, document, let))
            for _, _, _, node, check, let in told
        ]


def _judge(
    selected: Selected,
    choice: _Choice,
    spot: Spot,
    nodes: list[Node],
    document: Document,
    feared: dict[tuple[Spot, _Rule], list[Check]],
    told: list[Told],
) -> None:
    """One mode on all elements of one spot."""
    mode, options, rule, barriers = choice
    for node in nodes:
        if choice.alone is None:
            rule = _choose(options, node, document)
            if rule is None:
                continue
        if barriers and _is_barred(selected, barriers, mode, node, document):
            continue
        assert rule is not None
        extra = feared.get((spot, rule)) if feared else None
        if not (rule.asserts or rule.reports or extra):
            continue
        let = rule.let(node, document) if rule.let else ()
        for test, check in rule.asserts:
            if not test(node, document, let):
                told.append((mode, node.o, check.rank, node, check, let))
        for test, check in rule.reports:
            if test(node, document, let):
                told.append((mode, node.o, check.rank, node, check, let))
        for check in extra or ():
            if not check.test(node, document, let):
                told.append((mode, node.o, check.rank, node, check, let))


def _choose(
    options: Iterable[tuple[Guard | None, _Rule]], node: Node, document: Document
) -> _Rule | None:
    for guard, rule in options:
        if guard is None or guard(node, document):
            return rule
    return None


def _is_barred(
    selected: Selected, barriers: tuple[int, ...], mode: int, node: Node, document: Document
) -> bool:
    """Whether the rule of an element above does not let the walk go on to what it holds."""
    above, height = node, 0
    for barrier in barriers:
        while height < barrier:
            above, height = above.p, height + 1
        choices = _plan_of(selected, above.s).choices or ()
        choice = next(one for one in choices if one.mode == mode)
        rule = _choose(choice.options, above, document)
        if rule is not None and not rule.descends:
            return True
    return False


# -- what is known of a path --------------------------------------------------------------------------------


def _plan_of(selected: Selected, spot: Spot) -> _Plan:
    plan = spot.plans.get(selected.key)
    if plan is None:
        plan = spot.plans[selected.key] = _Plan()
    return plan


def _make_plan(selected: Selected, spot: Spot) -> _Plan:
    plan = _plan_of(selected, spot)
    by_mode: dict[int, list[tuple[Guard | None, _Rule]]] = {}
    for rule in selected.candidates(spot.name):
        options = by_mode.setdefault(rule.mode, [])
        if options and options[-1][0] is None:
            continue  # a stronger rule takes every element of this path
        for match in rule.matches:
            if _fits(match, spot):
                options.append((match.guard, rule))
                if match.guard is None:
                    break
    plan.choices = [
        _Choice(
            mode,
            tuple(options),
            options[0][1] if options[0][0] is None else None,
            tuple(_barriers(selected, spot, mode)),
        )
        for mode, options in sorted(by_mode.items())
        if options
    ]
    for choice in plan.choices:
        for _, rule in choice.options:
            _watch(selected, spot, rule)
    return plan


def _barriers(selected: Selected, spot: Spot, mode: int) -> Iterator[int]:
    if mode not in selected.pruned:
        return
    height, above = 1, spot.above
    while above is not None and above.above is not None:
        choices = _plan_of(selected, above).choices or ()
        for choice in choices:
            if choice.mode == mode and any(not rule.descends for _, rule in choice.options):
                yield height
        height, above = height + 1, above.above


def _watch(selected: Selected, spot: Spot, rule: _Rule) -> None:
    """Let the paths that a rule forbids call for its asserts where they are met."""
    for check in rule.watched:
        feared = spot
        for name in check.watch:
            feared = feared.go(name)
        watcher = (spot, rule, check)
        watchers = _plan_of(selected, feared).watchers
        if watcher not in watchers:
            watchers.append(watcher)


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
