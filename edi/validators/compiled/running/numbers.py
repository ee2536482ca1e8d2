"""The arithmetic of XPath on plain Python numbers, exact where Saxon is; None is the empty sequence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_DOWN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from edi.validators.compiled.errors import AskSaxon
from edi.validators.compiled.running.values import EXACT, ask, eq_o, ge_o, gt_o, le_o, lt_o, ne_o

_DIVISION = Context(prec=400, rounding=ROUND_HALF_DOWN, traps=[InvalidOperation, DivisionByZero, Overflow])
_PLACES = 18  # of a quotient of whole numbers, in Saxon

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
