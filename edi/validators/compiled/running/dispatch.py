"""A document judged by the rules of a sheet."""

from __future__ import annotations

from decimal import localcontext
from operator import itemgetter
from typing import Any

from edi.validators.compiled.running.axes import place_of
from edi.validators.compiled.running.layout import Choosing, Options, Task, layout_of
from edi.validators.compiled.running.memory import without_collection
from edi.validators.compiled.running.plans import Applied, Choice, Selected, plan_of
from edi.validators.compiled.running.program import Check
from edi.validators.compiled.running.settling import holds
from edi.validators.compiled.running.tree import Document, Node
from edi.validators.compiled.running.values import EXACT
from edi.validators.schematron.saxon import Failed

Told = tuple[int, int, int, Node, Check, tuple[Any, ...]]  # mode, order of the node, rank, and what tells it


def run(selected: Selected, document: Document) -> list[Failed]:
    """All that fails, mode after mode, in document order. Raises AskSaxon."""
    told: list[Told] = []
    with localcontext(EXACT), without_collection():
        layout = layout_of(selected, document)
        for task in layout.tasks:
            _judge(task, document, told)
        for choosing in layout.choosings:
            _choose_and_judge(selected, choosing, document, told)
        told.sort(key=itemgetter(0, 1, 2))
        return [
            Failed(check.id, check.flag, place_of(node), check.say(node, document, values))
            for _, _, _, node, check, values in told
        ]


def _judge(task: Task, document: Document, told: list[Told]) -> None:
    """One rule on the elements of one spot."""
    checks, let = task.checks, task.let
    if task.gated:
        checks = (*checks, *(pair for formula, pair in task.gated if not holds(formula, document)))
    if not checks and (let is None or holds(task.safe, document)):
        return
    values: tuple[Any, ...] = ()
    for node in document.nodes[task.spot]:
        if let:
            values = let(node, document)
        for test, check in checks:
            if not test(node, document, values):
                told.append((task.mode, node.o, check.rank, node, check, values))


def _choose_and_judge(selected: Selected, choosing: Choosing, document: Document, told: list[Told]) -> None:
    """One mode on the elements of one spot, each by the rule that its guards choose."""
    choice, key = choosing.choice, choosing.key
    if key is None:
        _judge_first(selected, choice, document.nodes[choosing.spot], choosing.options, document, told)
        return
    nodes = document.nodes_by(choosing.spot, key)
    for value, options in choosing.by_value.items():
        if value in nodes:
            _judge_first(selected, choice, nodes[value], options, document, told)


def _judge_first(
    selected: Selected,
    choice: Choice,
    nodes: list[Node],
    options: Options,
    document: Document,
    told: list[Told],
) -> None:
    """Some elements, each by the first option whose guard agrees."""
    for node in nodes:
        for guard, let, checks in options:
            if guard is not None and not guard(node, document):
                continue
            if (checks or let) and not (choice.barriers and _is_barred(selected, choice, node, document)):
                values = let(node, document) if let else ()
                for test, check in checks:
                    if not test(node, document, values):
                        told.append((choice.mode, node.o, check.rank, node, check, values))
            break


def _is_barred(selected: Selected, choice: Choice, node: Node, document: Document) -> bool:
    """Whether the rule of an element above does not let the walk go on to what it holds."""
    above, height = node, 0
    for barrier in choice.barriers:
        while height < barrier:
            above, height = above.p, height + 1
        choices = plan_of(selected, above.s).choices
        rule = _choose(next(one for one in choices if one.mode == choice.mode), above, document)
        if rule is not None and not rule.descends:
            return True
    return False


def _choose(choice: Choice, node: Node, document: Document) -> Applied | None:
    for match, rule in choice.options:
        if match.guard is None or match.guard(node, document):
            return rule
    return None
