"""Match patterns: the names that an element lies under, and what must be true of it and of its parents."""

from __future__ import annotations

from dataclasses import dataclass

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.xpath import (
    ANYWHERE,
    Binary,
    Call,
    Expr,
    Filter,
    Here,
    Literal,
    Path,
    Root,
    Step,
)
from edi.validators.compiled.writing.codes import MANY, NODE, ONE, STRING, Code
from edi.validators.compiled.writing.env import Env
from edi.validators.compiled.writing.writer import Writer


@dataclass(frozen=True, slots=True)
class Pattern:
    """One alternative: see program.Match; ``guard`` is Python, '' where nothing more is asked.

    ``asked``: the conditions of the guard, and how far above the element each is asked. ``key``: Python of
    what the first condition compares with ``value``, where it does so; ``rest``: the other conditions.
    """

    steps: tuple[tuple[str, bool], ...]
    rooted: bool
    guard: str
    suffix: str
    asked: tuple[tuple[Expr, int], ...] = ()
    key: tuple[Expr, str] | None = None
    value: str = ""
    rest: str = ""


def read_patterns(writer: Writer, expr: Expr) -> list[Pattern]:
    """The alternatives of a parsed match pattern. Raises NotCompiled."""
    return [_read(writer, rooted, steps) for rooted, steps in alternatives(expr)]


def depth_of(expr: Expr) -> int:
    """How far below the document the elements of a pattern lie; 0 where that is not known."""
    try:
        depths = {
            len(steps) if rooted and all(step.axis == "child" for step in steps) else 0
            for rooted, steps in alternatives(expr)
        }
    except NotCompiled:  # told where the pattern is written
        return 0
    return depths.pop() if len(depths) == 1 else 0


def alternatives(expr: Expr) -> list[tuple[bool, list[Step]]]:
    """Each alternative as steps from above, the group that it may begin with taken apart."""
    match expr:
        case Filter(operand, ()):
            return alternatives(operand)
        case Binary("|", left, right):
            return alternatives(left) + alternatives(right)
        case Path(start, steps):
            found = _starts(start)
            for step in steps:
                found = [(rooted, [*before, *more]) for rooted, before in found for more in _of_step(step)]
            return found
        case Filter(operand, predicates):
            return [(rooted, _with(before, predicates)) for rooted, before in alternatives(operand)]
    raise NotCompiled("a pattern of another shape")


def _of_step(step: Step | Filter) -> list[list[Step]]:
    """The ways to take a step: one, or one for each alternative of a group."""
    if isinstance(step, Step):
        return [[step]]
    found = alternatives(step)
    if any(rooted for rooted, _ in found):
        raise NotCompiled("a pattern with an expression for a step")
    return [steps for _, steps in found]


def _starts(start: Expr) -> list[tuple[bool, list[Step]]]:
    if isinstance(start, Root):
        return [(True, [])]
    return [(False, [])] if isinstance(start, Here) else alternatives(start)


def _with(steps: list[Step], predicates: tuple[Expr, ...]) -> list[Step]:
    last = steps[-1]
    return [*steps[:-1], Step(last.axis, last.test, (*last.predicates, *predicates))]


def _read(writer: Writer, rooted: bool, steps: list[Step]) -> Pattern:
    found: list[tuple[str, bool]] = []
    guards: list[str] = []
    conditions: list[tuple[Expr, int]] = []
    suffix = ""
    anywhere = False  # whether a ``//`` has been met on the way outwards
    waiting = list(steps)
    while waiting:
        step = waiting.pop()
        if step.axis != "child" or "(" in step.test:
            raise NotCompiled(f"a pattern with {step.axis}::{step.test}")
        above = bool(waiting) and waiting[-1] == ANYWHERE
        if above:
            waiting.pop()
        if step.predicates and anywhere:
            raise NotCompiled("a pattern with a predicate above //")
        asked = [part for one in step.predicates for part in _parts(one)]
        if not found and asked and (end := _suffix(asked[0])):
            suffix, asked = end, asked[1:]
        guards += [_guard(writer, one, len(found)) for one in asked]
        conditions += [(one, len(found)) for one in asked]
        found.append((_test(writer, step.test), above))
        anywhere = anywhere or above
    if not found:
        raise NotCompiled("a pattern of the document")
    if rooted and found[-1][1]:  # //x is x anywhere
        rooted = False
    key, value = _key(writer, conditions)
    rest = " and ".join(guards[1:]) if key else ""
    return Pattern(tuple(found), rooted, " and ".join(guards), suffix, tuple(conditions), key, value, rest)


def _test(writer: Writer, test: str) -> str:
    if test == "*":
        return "*"
    if test.startswith("*:"):
        raise NotCompiled(f"a pattern of {test}")
    return writer.clark(f"{test[:-1]}_")[:-1] + "*" if test.endswith(":*") else writer.clark(test)


def _parts(predicate: Expr) -> list[Expr]:
    """The conditions of which all must be true."""
    if isinstance(predicate, Binary) and predicate.operator == "and":
        return [*_parts(predicate.left), *_parts(predicate.right)]
    return [predicate]


def _suffix(predicate: Expr) -> str:
    """How ``ends-with(name(), 'x')`` wants the local name to end: the same where x has no colon."""
    match predicate:
        case Call("ends-with", (Call("name", ()), Literal(str() as end))) if ":" not in end:
            return end
    return ""


def _key(writer: Writer, conditions: list[tuple[Expr, int]]) -> tuple[tuple[Expr, str] | None, str]:
    """What the first condition of a guard compares with a constant, its Python, and the constant."""
    match conditions:
        case [(Binary("=", asked, Literal(str() as value)), 0), *_]:
            code = writer.write(asked, Env(context=Code("n", NODE), current=Code("n", NODE)))
            if code.kind == STRING and code.card == ONE:
                return (asked, f"({code.text},)"), value
            if code.kind == NODE and code.card == MANY:
                return (asked, f"[x.t for x in {code.text}]"), value
    return None, ""


def _guard(writer: Writer, predicate: Expr, height: int) -> str:
    if isinstance(predicate, Literal) or predicate == Call("last", ()):
        raise NotCompiled("a pattern that counts")
    node = Code("n" + ".p" * height, NODE)
    return writer.truth(predicate, Env(context=node, current=Code("n", NODE))).text
