"""Which rules judge which elements, found out once for each path of names; and a document judged by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import localcontext
from operator import itemgetter
from typing import Any, NamedTuple

from edi.validators.compiled.running.axes import place_of
from edi.validators.compiled.running.memory import without_collection
from edi.validators.compiled.running.program import Check, Guard, Let, Match, Program, Rule, Test
from edi.validators.compiled.running.tree import Document, Node, Spot
from edi.validators.compiled.running.values import EXACT
from edi.validators.schematron.saxon import Failed

Checks = tuple[tuple[Test, Check], ...]
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
    """A rule and the checks of it that apply: those always made, and those that a path calls for."""

    __slots__ = ("checks", "descends", "let", "matches", "mode", "rank", "watched")

    def __init__(self, rank: int, rule: Rule, applies: Callable[[str], bool]) -> None:
        checks = [check for check in rule.checks if applies(check.id)]
        self.rank, self.mode, self.matches = rank, rule.mode, rule.matches
        self.let, self.descends = rule.let, rule.descends
        self.watched = tuple(check for check in checks if check.watch)
        self.checks = tuple((check.test, check) for check in checks if not check.watch)


class _Choice(NamedTuple):
    """What judges, in one mode, the elements of a spot: the first whose guard agrees."""

    mode: int
    options: tuple[tuple[Guard | None, _Rule], ...]
    barriers: tuple[int, ...]  # how many steps above an element may stop the walk

    @property
    def is_plain(self) -> bool:
        """One rule judges all these elements."""
        return self.options[0][0] is None and not self.barriers


class _Plan:
    """All that is known of a spot for a selection.

    ``plain``: rules that judge each element here; ``others``: choices to be made for each element;
    ``watchers``: checks of the spots above that are made only where this one is met.
    """

    __slots__ = ("choices", "known", "others", "plain", "watchers")

    def __init__(self) -> None:
        self.known = False  # until a document has this path
        self.choices: list[_Choice] = []
        self.plain: list[tuple[int, Let | None, Checks]] = []
        self.others: list[_Choice] = []
        self.watchers: list[tuple[Spot, _Choice, _Rule, Check]] = []


def run(selected: Selected, document: Document) -> list[Failed]:
    """All that fails, mode after mode, in document order. Raises AskSaxon."""
    told: list[Told] = []
    called: dict[tuple[Spot, Check], tuple[_Choice, _Rule]] = {}
    key = selected.key
    with localcontext(EXACT), without_collection():
        for spot, nodes in document.nodes.items():
            plan = spot.plans.get(key)
            if plan is None or not plan.known:
                plan = _make_plan(selected, spot)
            if plan.watchers:
                called.update(
                    {(above, check): (choice, rule) for above, choice, rule, check in plan.watchers}
                )
            for mode, let, checks in plan.plain:
                for node in nodes:
                    values = let(node, document) if let else ()
                    for test, check in checks:
                        if not test(node, document, values):
                            told.append((mode, node.o, check.rank, node, check, values))
            for choice in plan.others:
                _choose_and_judge(selected, choice, nodes, document, told)
        for (spot, check), (choice, rule) in called.items():
            _judge_one(selected, choice, rule, check, document.nodes[spot], document, told)
        told.sort(key=itemgetter(0, 1, 2))
        return [
            Failed(check.id, check.flag, place_of(node), check.say(node, document, values))
            for _, _, _, node, check, values in told
        ]


def _choose_and_judge(
    selected: Selected, choice: _Choice, nodes: list[Node], document: Document, told: list[Told]
) -> None:
    """One mode on the elements of one spot, each by the rule that its guards choose."""
    for node in nodes:
        rule = _choose(choice, node, document)
        if rule is None or not rule.checks or _is_barred(selected, choice, node, document):
            continue
        values = rule.let(node, document) if rule.let else ()
        for test, check in rule.checks:
            if not test(node, document, values):
                told.append((choice.mode, node.o, check.rank, node, check, values))


def _judge_one(
    selected: Selected,
    choice: _Choice,
    rule: _Rule,
    check: Check,
    nodes: list[Node],
    document: Document,
    told: list[Told],
) -> None:
    """A check that a path called for, on the elements that its rule judges."""
    for node in nodes:
        if _choose(choice, node, document) is not rule or _is_barred(selected, choice, node, document):
            continue
        values = rule.let(node, document) if rule.let else ()
        if not check.test(node, document, values):
            told.append((choice.mode, node.o, check.rank, node, check, values))


def _choose(choice: _Choice, node: Node, document: Document) -> _Rule | None:
    for guard, rule in choice.options:
        if guard is None or guard(node, document):
            return rule
    return None


def _is_barred(selected: Selected, choice: _Choice, node: Node, document: Document) -> bool:
    """Whether the rule of an element above does not let the walk go on to what it holds."""
    above, height = node, 0
    for barrier in choice.barriers:
        while height < barrier:
            above, height = above.p, height + 1
        choices = _plan_of(selected, above.s).choices
        rule = _choose(next(one for one in choices if one.mode == choice.mode), above, document)
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
    plan.known = True
    for mode, options in sorted(by_mode.items()):
        if not options:
            continue
        choice = _Choice(mode, tuple(options), tuple(_barriers(selected, spot, mode)))
        plan.choices.append(choice)
        first = options[0][1]
        if not choice.is_plain:
            plan.others.append(choice)
        elif first.checks:
            plan.plain.append((mode, first.let, first.checks))
        for _, rule in options:
            _watch(selected, spot, choice, rule)
    return plan


def _barriers(selected: Selected, spot: Spot, mode: int) -> Iterator[int]:
    if mode not in selected.pruned:
        return
    height, above = 1, spot.above
    while above is not None and above.above is not None:
        for choice in _plan_of(selected, above).choices:
            if choice.mode == mode and any(not rule.descends for _, rule in choice.options):
                yield height
        height, above = height + 1, above.above


def _watch(selected: Selected, spot: Spot, choice: _Choice, rule: _Rule) -> None:
    """Let the paths that a rule forbids call for its asserts where they are met."""
    for check in rule.watched:
        for path in check.watch:
            feared = spot
            for name in path:
                feared = feared.go(name)
            _plan_of(selected, feared).watchers.append((spot, choice, rule, check))


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
