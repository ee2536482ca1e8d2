"""What generated code computes with: the casts, comparisons and functions of XPath, on plain Python values.

Strings are ``str``, decimals ``Decimal``, integers ``int``, doubles ``float``, dates ``date``, and the empty
sequence is None where at most one value can be. Whatever has no value raises AskSaxon: the official sheet
then says what becomes of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_DOWN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Any, NoReturn, TypeVar

from edi.validators.compiled.errors import AskSaxon

T = TypeVar("T")

# Sums and products are exact, as in Saxon; what would not be is not computed here.
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
_DIVISION = Context(prec=400, rounding=ROUND_HALF_DOWN, traps=[InvalidOperation, DivisionByZero, Overflow])
_PLACES = 18  # of a quotient of whole numbers, in Saxon

_SPACE = " \t\n\r"
_SPACES = re.compile(r"[ \t\n\r]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ZONED = re.compile(r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_KEPT = 50_000  # strings whose number is remembered

_decimals: dict[str, Decimal] = {}
_doubles: dict[str, float] = {}


def ask(reason: str) -> NoReturn:
    """Leave this document to the official sheet."""
    raise AskSaxon(reason)


# -- casts ------------------------------------------------------------------------------------------------


def dec(text: str) -> Decimal:
    """xs:decimal of a string."""
    found = _decimals.get(text)
    if found is None:
        stripped = text.strip(_SPACE)
        if not _DECIMAL.fullmatch(stripped):
            raise AskSaxon("no decimal")
        found = Decimal(stripped) + 0 if stripped.startswith("-") else Decimal(stripped)
        if len(_decimals) > _KEPT:
            _decimals.clear()
        _decimals[text] = found
    return found


def dec_o(text: str | None) -> Decimal | None:
    return None if text is None else dec(text)


def dbl(text: str) -> float:
    """xs:double of a string; NaN, infinities and minus zero, compared otherwise by Saxon, are left to it."""
    found = _doubles.get(text)
    if found is None:
        stripped = text.strip(_SPACE)
        if not _DOUBLE.fullmatch(stripped):
            raise AskSaxon("no double")
        found = float(stripped)
        if math.isinf(found) or (found == 0 and stripped.startswith("-")):
            raise AskSaxon("a double told apart")
        if len(_doubles) > _KEPT:
            _doubles.clear()
        _doubles[text] = found
    return found


def dbl_o(text: str | None) -> float | None:
    return None if text is None else dbl(text)


def number(text: str | None) -> float:
    """fn:number: what is no number would be NaN, and is left to Saxon."""
    return ask("NaN") if text is None else dbl(text)


def flt_o(value: Decimal | int | float | None) -> float | None:
    return None if value is None else float(value)


def dec_of(value: Decimal | int | float | None) -> Decimal | int | None:
    """xs:decimal of a number: that of a double is its exact binary value."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise AskSaxon("no decimal")
        return Decimal(value)
    return value


def int_s(text: str | None) -> int | None:
    """xs:integer of a string."""
    if text is None:
        return None
    stripped = text.strip(_SPACE)
    if not re.fullmatch(r"[+-]?[0-9]+", stripped):
        raise AskSaxon("no integer")
    return int(stripped)


def boo(text: str) -> bool:
    """xs:boolean of a string."""
    stripped = text.strip(_SPACE)
    if stripped in ("true", "1"):
        return True
    if stripped in ("false", "0"):
        return False
    raise AskSaxon("no boolean")


def boo_o(text: str | None) -> bool | None:
    return None if text is None else boo(text)


def day(text: str | None) -> date | None:
    """xs:date of a string; a date with a time zone is left to Saxon."""
    if text is None:
        return None
    found = _DATE.fullmatch(text.strip(_SPACE))
    if found is None:
        raise AskSaxon("no date without zone")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise AskSaxon("no date") from error


def is_dec(text: str | None) -> bool:
    return text is not None and _DECIMAL.fullmatch(text.strip(_SPACE)) is not None


def is_int(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"[+-]?[0-9]+", text.strip(_SPACE)) is not None


def is_dbl(text: str | None) -> bool:
    return text is not None and (
        text.strip(_SPACE) in ("NaN", "INF", "-INF") or _DOUBLE.fullmatch(text.strip(_SPACE)) is not None
    )


def is_day(text: str | None) -> bool:
    if text is None:
        return False
    stripped = text.strip(_SPACE)
    if not _DATE.fullmatch(stripped):
        return ask("a date with a zone") if _ZONED.fullmatch(stripped) else False
    try:
        return day(stripped) is not None
    except AskSaxon:
        return ask("year zero") if stripped.startswith("0000") else False


# -- how many ---------------------------------------------------------------------------------------------


def one(items: Sequence[T]) -> T | None:
    """The only item of a sequence, None of an empty one."""
    if not items:
        return None
    if len(items) > 1:
        raise AskSaxon("more than one item")
    return items[0]


def need(item: T | None) -> T:
    if item is None:
        raise AskSaxon("no item")
    return item


def lst(item: T | None) -> list[T]:
    return [] if item is None else [item]


def nth(items: Sequence[T], rank: int) -> Sequence[T]:
    return items[rank - 1 : rank]


def truth(items: Sequence[object]) -> bool:
    """The effective boolean value of several atomic values."""
    if len(items) > 1:
        raise AskSaxon("no truth value")
    return bool(items) and truth_of(items[0])


def truth_of(item: object) -> bool:
    return bool(item) and item == item


def unique(items: Iterable[T]) -> list[T]:
    """fn:distinct-values of strings, or of numbers."""
    return list(dict.fromkeys(items))


# -- comparing, where a value may be missing --------------------------------------------------------------


def eq_o(left: object, right: object) -> bool:
    return left is not None and right is not None and left == right


def ne_o(left: object, right: object) -> bool:
    return left is not None and right is not None and left != right


def lt_o(left: T | None, right: T | None) -> bool:
    return left is not None and right is not None and left < right  # type: ignore[operator]


def le_o(left: T | None, right: T | None) -> bool:
    return left is not None and right is not None and left <= right  # type: ignore[operator]


def gt_o(left: T | None, right: T | None) -> bool:
    return lt_o(right, left)


def ge_o(left: T | None, right: T | None) -> bool:
    return le_o(right, left)


# -- arithmetic ---------------------------------------------------------------------------------------------

Number = int | Decimal | float


def add_o(left: Number | None, right: Number | None) -> Number | None:
    return None if left is None or right is None else left + right  # type: ignore[operator]


def sub_o(left: Number | None, right: Number | None) -> Number | None:
    return None if left is None or right is None else left - right  # type: ignore[operator]


def mul_o(left: Number | None, right: Number | None) -> Number | None:
    return None if left is None or right is None else left * right  # type: ignore[operator]


def div_d(left: int | Decimal | None, right: int | Decimal | None) -> Decimal | None:
    """The quotient of two decimals, half down, to the places that Saxon gives it."""
    if left is None or right is None:
        return None
    if right == 0:
        raise AskSaxon("division by zero")
    if right == 100:  # what rules that round to the cent divide by
        return Decimal(left).scaleb(-2)
    above, below = Decimal(left).normalize(), Decimal(right).normalize()
    places = max(_PLACES, _PLACES + _places(above) - _places(below))
    # The quotient at a precision that leaves no doubt about a half, and rounded once.
    digits = max(1, above.adjusted() - below.adjusted() + 1) + places
    quotient = Context(prec=digits + 60).divide(above, below)
    return quotient.quantize(Decimal(1).scaleb(-places), context=_DIVISION)


def _places(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))


def div_f(left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    if right == 0:
        raise AskSaxon("division by zero")
    return left / right


def _level(left: Number | None, right: Number | None) -> tuple[Any, Any]:
    """With a double, both are doubles; None where one is missing."""
    if left is None or right is None:
        return None, None
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def add_n(left: Number | None, right: Number | None) -> Number | None:
    """The sum of numbers whose kinds are known only now; so are the next ones."""
    return add_o(*_level(left, right))


def sub_n(left: Number | None, right: Number | None) -> Number | None:
    return sub_o(*_level(left, right))


def mul_n(left: Number | None, right: Number | None) -> Number | None:
    return mul_o(*_level(left, right))


def div_n(left: Number | None, right: Number | None) -> Number | None:
    a, b = _level(left, right)
    return div_f(a, b) if isinstance(a, float) else div_d(a, b)


def eq_n(left: Number | None, right: Number | None) -> bool:
    return eq_o(*_level(left, right))


def ne_n(left: Number | None, right: Number | None) -> bool:
    return ne_o(*_level(left, right))


def lt_n(left: Number | None, right: Number | None) -> bool:
    return lt_o(*_level(left, right))


def le_n(left: Number | None, right: Number | None) -> bool:
    return le_o(*_level(left, right))


def gt_n(left: Number | None, right: Number | None) -> bool:
    return gt_o(*_level(left, right))


def ge_n(left: Number | None, right: Number | None) -> bool:
    return ge_o(*_level(left, right))


def mod_o(left: Number | None, right: Number | None) -> Number | None:
    """The remainder has the sign of the dividend."""
    if left is None or right is None:
        return None
    if right == 0 or isinstance(left, float) or isinstance(right, float):
        raise AskSaxon("remainder")
    if isinstance(left, int) and isinstance(right, int):
        return int(math.fmod(left, right)) if abs(left) < 2**53 > abs(right) else ask("remainder")
    return EXACT.remainder(Decimal(left), Decimal(right))


def idiv_o(left: Number | None, right: Number | None) -> int | None:
    if left is None or right is None:
        return None
    if right == 0 or isinstance(left, float) or isinstance(right, float):
        raise AskSaxon("integer division")
    return int(EXACT.divide_int(Decimal(left), Decimal(right)))


def neg_o(value: Number | None) -> Number | None:
    return None if value is None else -value


def abs_o(value: Number | None) -> Number | None:
    return -value if value is not None and value < 0 else value


def round_o(value: Number | None) -> Number | None:
    """fn:round: to the nearest, halves towards plus infinity."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return Decimal(math.floor(value + Decimal("0.5")))
    if not math.isfinite(value) or abs(value) >= 2**52:
        raise AskSaxon("rounding of a large double")
    low = math.floor(value)
    rounded = float(low + 1 if value - low >= 0.5 else low)
    return -0.0 if rounded == 0 and (value < 0 or math.copysign(1, value) < 0) else rounded


def floor_o(value: Number | None) -> Number | None:
    if isinstance(value, float):
        raise AskSaxon("floor of a double")
    return None if value is None else Decimal(math.floor(value))


def ceiling_o(value: Number | None) -> Number | None:
    if isinstance(value, float):
        raise AskSaxon("ceiling of a double")
    return None if value is None else Decimal(math.ceil(value))


def total(values: Iterable[Number]) -> Number:
    """fn:sum, from left to right; zero of nothing."""
    result: Number | None = None
    for value in values:
        result = value if result is None else result + value  # type: ignore[operator]
    return 0 if result is None else result
