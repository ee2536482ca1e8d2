"""What several rules of a sheet compute alike of a document, so that it is computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from edi.validators.compiled.reading.xpath import (
    ANYWHERE,
    Binary,
    Call,
    Cast,
    Expr,
    Filter,
    For,
    Here,
    If,
    Literal,
    Negative,
    Path,
    Root,
    Sequence,
    Step,
    Var,
)

ELEMENT = Var("the document element")  # no variable of a sheet can have this name
_UP = Step("parent", "node()")


def count_prefixes(exprs: Iterable[Expr]) -> Counter[Path]:
    """How often each beginning of a path from the document stands in some expressions."""
    found: Counter[Path] = Counter()
    for expr in exprs:
        for path in _paths_in(expr):
            if path.start in (Root(), ELEMENT):
                found.update([path, *prefixes(path)])
    return found


def _paths_in(value: Any) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    if isinstance(value, tuple):
        for item in value:
            yield from _paths_in(item)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _paths_in(getattr(value, one.name))


def prefixes(path: Path) -> Iterator[Path]:
    """The beginnings of a path that are worth being kept, the longest first."""
    steps = list(path.steps)
    while steps:
        last = steps[-1]
        if last.predicates and not any(map(counts, last.predicates)):
            steps[-1] = replace(last, predicates=last.predicates[:-1])
        else:
            steps.pop()
        while steps and steps[-1] == ANYWHERE:
            steps.pop()
        named = [step for step in steps if step != ANYWHERE]
        if len(named) > 1 or (named and named[0].predicates):
            yield Path(path.start, tuple(steps))


def rest(path: Path, prefix: Path) -> list[Step | Filter]:
    """The steps that lead on from a beginning of a path."""
    done = len(prefix.steps)
    if not done:
        return list(path.steps)
    last, whole = prefix.steps[-1], path.steps[done - 1]
    more = whole.predicates[len(last.predicates) :]
    return [*([Filter(Here(), more)] if more else []), *path.steps[done:]]


def counts(predicate: Expr) -> bool:
    """Whether a predicate asks for the rank of an item."""
    return (isinstance(predicate, Literal) and isinstance(predicate.value, int)) or predicate == Call(
        "last", ()
    )


def repeated(expr: Expr) -> frozenset[Expr]:
    """What an expression asks more than once of its own context, and at least once whatever else it finds."""
    always: Counter[Expr] = Counter()
    perhaps: Counter[Expr] = Counter()
    _count(expr, True, always, perhaps)
    return frozenset(one for one in always if always[one] + perhaps[one] > 1 and _weight(one) > 2)


def _count(expr: Expr, is_sure: bool, always: Counter[Expr], perhaps: Counter[Expr]) -> None:
    (always if is_sure else perhaps)[expr] += 1
    inner: list[tuple[Expr, bool]] = []
    match expr:
        case Binary("and" | "or", left, right):
            inner = [(left, is_sure), (right, False)]
        case Binary(_, left, right):
            inner = [(left, is_sure), (right, is_sure)]
        case If(condition, then, otherwise):
            inner = [(condition, is_sure), (then, False), (otherwise, False)]
        case Call(_, items) | Sequence(items):
            inner = [(item, is_sure) for item in items]
        case Cast(operand) | Negative(operand) | Filter(operand):
            inner = [(operand, is_sure)]
        case Path(start):
            inner = [(start, is_sure)]
    for one, sure in inner:
        _count(one, sure, always, perhaps)


def _weight(value: Any) -> int:
    """How many steps, calls and operators."""
    if isinstance(value, tuple):
        return sum(map(_weight, value))
    if not is_dataclass(value) or isinstance(value, Literal | Var | Here | Root):
        return 0
    return 1 + sum(_weight(getattr(value, one.name)) for one in fields(value))


def from_document(expr: Expr, height: int) -> Expr:
    """The expression of a rule on elements so far below the document element, which is then named as such.

    What is asked of the document element is the same for every rule, and for every element that asks.
    """

    def change(one: Expr) -> Expr:
        return from_document(one, height)

    match expr:
        case Here() if height == 0:
            return ELEMENT
        case Path(Here(), steps) if steps[:height] == (_UP,) * height:
            return Path(ELEMENT, steps[height:]) if steps[height:] else ELEMENT
        case Sequence(items):
            return Sequence(tuple(map(change, items)))
        case Binary(operator, left, right):
            return Binary(operator, change(left), change(right))
        case Negative(operand):
            return Negative(change(operand))
        case If(condition, then, otherwise):
            return If(change(condition), change(then), change(otherwise))
        case For(kind, bindings, body):
            return For(kind, tuple((name, change(source)) for name, source in bindings), change(body))
        case Call(name, arguments):
            return Call(name, tuple(map(change, arguments)))
        case Cast():
            return replace(expr, operand=change(expr.operand))
        case Filter(operand, predicates):
            return Filter(change(operand), predicates)
        case Path(start, steps):
            return Path(change(start), steps)
        case _:
            return expr
