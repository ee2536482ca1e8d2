"""What the paths of a document say of comparisons and of calls: see knowing.py."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edi.validators.compiled.formulas import Formula, both, either
from edi.validators.compiled.reading import shapes
from edi.validators.compiled.reading.xpath import Expr, Literal

_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
TURNED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="} | dict.fromkeys(_WORDS, "")


def compare(
    name: str, a: shapes.Shape, b: shapes.Shape, left: object = None, right: object = None
) -> shapes.Shape:
    """A comparison, general or of values; ``left`` and ``right`` where they are constants."""
    sign = _WORDS.get(name, name)
    if left is not None and right is None:
        a, b, left, right, sign = b, a, right, left, TURNED[sign]
    is_text = {a.kind, b.kind} <= {shapes.NODES, shapes.TEXT}
    safe_a, safe_b = (a.as_one, b.as_one) if name in _WORDS else (a.safe, b.safe)
    safe = both(safe_a, safe_b) if is_text or a.kind == b.kind != shapes.OTHER else False
    false = either(
        both(a.none, safe_b) if is_text or b.kind != shapes.NODES else False,
        both(b.none, safe_a) if is_text or a.kind != shapes.NODES else False,
    )
    if right is None or left is not None:
        return shapes.of_truth(False, false, safe)
    true, known_false = _know(a, _SIGNS[sign], right, safe_a)
    return shapes.of_truth(true, either(false, known_false), safe)


def _know(
    a: shapes.Shape, test: Callable[[Any, Any], bool], value: object, safe: Formula
) -> tuple[Formula, Formula]:
    """When a comparison with a constant is true, and when it is false, whatever the values."""
    if isinstance(value, str):
        return _know_text(a, test, value, safe)
    if a.kind != shapes.NUMBER:
        return False, False
    true, false = (a.false, False) if test(0, value) else (False, a.false)
    if value == 0:  # of a length: no less than one where there is any text
        if all(test(n, 0) for n in (1, 2)):
            true = either(true, a.true)
        elif not any(test(n, 0) for n in (1, 2)):
            false = either(false, a.true)
    return true, false


def _know_text(
    a: shapes.Shape, test: Callable[[Any, Any], bool], value: str, safe: Formula
) -> tuple[Formula, Formula]:
    if a.kind not in (shapes.TEXT, shapes.NODES) or test not in (operator.eq, operator.ne):
        return False, False
    equal = test is operator.eq
    blank = a.blank if a.kind == shapes.TEXT else False
    filled = both(safe, a.some, a.filled) if not value.strip() else False
    true, false = (blank, False) if test("", value) else (False, blank)
    return (true, either(false, filled)) if equal else (either(true, filled), false)


def compare_count(items: shapes.Shape, name: str, value: object) -> shapes.Shape:
    """A number of items compared with a constant."""
    if not isinstance(value, int):
        return shapes.of_truth(False, False, items.safe)
    test = _SIGNS[_WORDS.get(name, name)]
    many = max(value, 0) + 3  # as good as any number beyond
    cases: list[tuple[Formula, range]] = [
        (items.none, range(1)),
        (both(items.some, items.lone), range(1, 2)),
        (both(items.safe, items.lone), range(2)),
        (items.some, range(1, many)),
        (items.safe, range(many)),
    ]
    answers = [(formula, {test(n, value) for n in counts}) for formula, counts in cases]
    true, false = (
        either(*(formula for formula, told in answers if told == {wanted})) for wanted in (True, False)
    )
    return shapes.of_truth(true, false, items.safe)


# -- calls ------------------------------------------------------------------------------------------------

OF_CONTEXT = frozenset(
    {"name", "local-name", "namespace-uri", "string", "normalize-space", "string-length", "number"}
)


def call(name: str, given: list[shapes.Shape], asked: tuple[Expr, ...]) -> shapes.Shape:
    """A function of XPath of some arguments."""
    if name.startswith("xs:") and len(given) == 1:
        return _convert(given[0])
    known = _CALLS.get(name)
    return known(given, asked) if known else shapes.UNKNOWN


def _convert(value: shapes.Shape) -> shapes.Shape:
    """A constructor of a value: of nothing, nothing; of anything else, an error perhaps."""
    return shapes.Shape(shapes.OTHER, value.none, value.none, False, True)


Given = list[shapes.Shape]
Asked = tuple[Expr, ...]


def _not(given: Given, asked: Asked) -> shapes.Shape:
    one = given[0]
    return shapes.of_truth(one.certainly_false, one.certainly_true, one.has_truth)


def _boolean(given: Given, asked: Asked) -> shapes.Shape:
    one = given[0]
    return shapes.of_truth(one.certainly_true, one.certainly_false, one.has_truth)


def _exists(given: Given, asked: Asked) -> shapes.Shape:
    return shapes.of_truth(given[0].some, given[0].none, given[0].safe)


def _empty(given: Given, asked: Asked) -> shapes.Shape:
    return shapes.of_truth(given[0].none, given[0].some, given[0].safe)


def _constant(value: bool) -> Callable[[Given, Asked], shapes.Shape]:
    return lambda given, asked: shapes.of_truth(value, not value, True)


def _count_of(given: Given, asked: Asked) -> shapes.Shape:
    return shapes.Shape(shapes.NUMBER, given[0].safe, False, given[0].safe, True, False, given[0].none)


def _length(given: Given, asked: Asked) -> shapes.Shape:
    text = _same_text(given, asked)
    filled = both(text.safe, text.filled)
    return shapes.Shape(shapes.NUMBER, text.safe, False, text.safe, True, filled, text.blank)


def _same_text(given: Given, asked: Asked) -> shapes.Shape:
    """The string of a node or a string, but for its case and its spaces."""
    first, text = given[0], _of_text(given, asked)
    return replace(text, filled=both(text.safe, first.some, first.filled))


def _of_text(given: Given, asked: Asked) -> shapes.Shape:
    """A string made of the first argument, the others being constants: of nothing, nothing."""
    first = given[0]
    if first.kind not in (shapes.NODES, shapes.TEXT) or not _are_constant(asked[1:]):
        return shapes.of_text(False)
    return shapes.of_text(first.as_one, either(first.none, first.blank))


def _are_constant(asked: Asked) -> bool:
    return all(isinstance(one, Literal) for one in asked)


def _finds(given: Given, asked: Asked) -> shapes.Shape:
    """Whether a string holds a part that is not empty."""
    text = _of_text(given, asked)
    holds = isinstance(asked[1], Literal) and bool(asked[1].value)
    return shapes.of_truth(False, text.blank if holds else False, text.safe)


def _matches(given: Given, asked: Asked) -> shapes.Shape:
    return shapes.of_truth(False, False, _of_text(given, asked).safe)


def _join(given: Given, asked: Asked) -> shapes.Shape:
    items = given[0]
    if items.kind not in (shapes.NODES, shapes.TEXT) or not _are_constant(asked[1:]):
        return shapes.of_text(False)
    return shapes.of_text(items.safe, items.none)


def _concat(given: Given, asked: Asked) -> shapes.Shape:
    if not all(one.kind in (shapes.NODES, shapes.TEXT) for one in given):
        return shapes.of_text(False)
    return shapes.of_text(both(*(one.as_one for one in given)))


def _sum(given: Given, asked: Asked) -> shapes.Shape:
    none = given[0].none
    return shapes.Shape(shapes.NUMBER, none, False, none, True, False, none)


def _number(given: Given, asked: Asked) -> shapes.Shape:
    one = given[0]
    return shapes.Shape(shapes.NUMBER, one.as_number, one.none, False, True, False, one.false)


def _name(given: Given, asked: Asked) -> shapes.Shape:
    return shapes.of_text(given[0].as_one) if given[0].kind == shapes.NODES else shapes.of_text(False)


def _distinct(given: Given, asked: Asked) -> shapes.Shape:
    one = given[0]
    return shapes.Shape(shapes.OTHER, one.none, one.none, False, one.lone)


_CALLS: Mapping[str, Callable[[Given, Asked], shapes.Shape]] = {
    "not": _not,
    "boolean": _boolean,
    "true": _constant(True),
    "false": _constant(False),
    "exists": _exists,
    "empty": _empty,
    "count": _count_of,
    "sum": _sum,
    "abs": _number,
    "round": _number,
    "floor": _number,
    "ceiling": _number,
    "string": _same_text,
    "normalize-space": _same_text,
    "upper-case": _same_text,
    "lower-case": _same_text,
    "substring-before": _of_text,
    "substring-after": _of_text,
    "substring": _of_text,
    "translate": _of_text,
    "string-length": _length,
    "contains": _finds,
    "starts-with": _finds,
    "ends-with": _finds,
    "matches": _matches,
    "string-join": _join,
    "concat": _concat,
    "distinct-values": _distinct,
    "name": _name,
    "local-name": _name,
    "namespace-uri": _name,
}
