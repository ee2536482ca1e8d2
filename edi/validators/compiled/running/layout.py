"""What is left to judge in documents that have the same paths, found out once for all of them.

Whatever the paths alone settle (an element that is there, or is not, or is there once) is not asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from edi.validators.compiled.formulas import Formula
from edi.validators.compiled.running.plans import Applied, Choice, Selected, plan_of
from edi.validators.compiled.running.program import Check, Guard, Key, Let, Match, Test
from edi.validators.compiled.running.settling import Settling
from edi.validators.compiled.running.spots import Spot
from edi.validators.compiled.running.tree import Document

_MOST_LAYOUTS = 300  # of a selection, 30 KB each: those of a day's invoices are some dozens

Checks = tuple[tuple[Test, Check], ...]


Options = tuple[tuple[Guard | None, Let | None, Checks], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A rule on all elements of a spot.

    ``gated``: checks that pass where a formula holds of the document. ``safe``: where this holds and no check
    is left, ``let`` need not be computed.
    """

    spot: Spot
    mode: int
    let: Let | None
    checks: Checks
    gated: tuple[tuple[Formula, tuple[Test, Check]], ...]
    safe: Formula


@dataclass(frozen=True, slots=True, eq=False)
class Choosing:
    """A mode in which each element of a spot is judged by the first rule whose guard agrees.

    ``key``: the texts that all guards compare first with a constant, if they do; ``by_value`` then has the
    options of each constant.
    """

    spot: Spot
    choice: Choice
    options: Options
    key: Key | None = None
    by_value: Mapping[str, Options] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    tasks: tuple[Task, ...]
    choosings: tuple[Choosing, ...]


def layout_of(selected: Selected, document: Document) -> Layout:
    """What is left to judge in a document."""
    signature = document.signature
    found = selected.layouts.get(signature)
    if found is None:
        if len(selected.layouts) >= _MOST_LAYOUTS:
            selected.layouts.clear()
        found = selected.layouts[signature] = _make(selected, document)
    return cast("Layout", found)


def _make(selected: Selected, document: Document) -> Layout:
    called: dict[tuple[Spot, Applied], dict[Check, None]] = {}
    plans = [(spot, plan_of(selected, spot)) for spot in document.nodes]
    for _, plan in plans:
        for above, rule, check in plan.watchers:
            called.setdefault((above, rule), {})[check] = None
    settling = Settling(document)
    tasks: list[Task] = []
    choosings: list[Choosing] = []
    for spot, plan in plans:
        for choice in plan.choices:
            options = _options(settling, spot, choice)
            if not options:
                continue
            if options[0][0].guard is None and not choice.barriers:
                tasks += _task(settling, spot, options[0][1], called)
            else:
                choosings += _choosing(settling, spot, choice, options, called)
    return Layout(tuple(tasks), tuple(choosings))


_ALWAYS = Match((), False)


def _options(settling: Settling, spot: Spot, choice: Choice) -> list[tuple[Match, Applied]]:
    """The rules that may judge the elements of a spot, as far as the paths do not settle their guards."""
    options: list[tuple[Match, Applied]] = []
    for match, rule in choice.options:
        if match.guard is not None and settling.settle(spot, match.never) is True:
            continue
        sure = match.guard is None or settling.settle(spot, match.sure) is True
        options.append((_ALWAYS if sure else match, rule))
        if sure:
            break
    return options


Called = dict[tuple[Spot, Applied], dict[Check, None]]


def _task(settling: Settling, spot: Spot, rule: Applied, called: Called) -> list[Task]:
    checks: list[tuple[Test, Check]] = []
    gated: list[tuple[Formula, tuple[Test, Check]]] = []
    asked = [*rule.checks, *called.get((spot, rule), ())]
    for check in asked:
        sure = settling.settle(spot, check.sure)
        if sure is False:
            checks.append((check.test, check))
        elif sure is not True:
            gated.append((sure, (check.test, check)))
    safe = rule.let is None or not asked or settling.settle(spot, rule.safe)
    if not checks and not gated and safe is True:
        return []
    return [Task(spot, rule.mode, rule.let, tuple(checks), tuple(gated), safe)]


def _choosing(
    settling: Settling, spot: Spot, choice: Choice, options: list[tuple[Match, Applied]], called: Called
) -> list[Choosing]:
    told, is_idle = [], True
    for match, rule in options:
        found = _task(settling, spot, rule, called)
        checks = tuple(pair for one in found for pair in (*one.checks, *(pair for _, pair in one.gated)))
        is_safe = match.guard is None or settling.settle(spot, match.safe) is True
        is_idle = is_idle and not found and is_safe
        told.append((match, rule.let if found else None, checks))
    return [] if is_idle else [_by_value(spot, choice, told)]


def _by_value(spot: Spot, choice: Choice, told: list[tuple[Match, Let | None, Checks]]) -> Choosing:
    first = told[0][0]
    key = first.key
    is_one = len(told) == 1 or first.single
    if key is None or not is_one or any(match.key is not key for match, _, _ in told):
        return Choosing(spot, choice, tuple((match.guard, *what) for match, *what in told))  # type: ignore[misc]
    by_value: dict[str, Options] = {}
    for match, let, checks in told:
        by_value[match.value] = (*by_value.get(match.value, ()), (match.rest, let, checks))
    return Choosing(spot, choice, (), key, by_value)
