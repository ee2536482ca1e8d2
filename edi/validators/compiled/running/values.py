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
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import NoReturn, TypeVar

from edi.validators.compiled.errors import AskSaxon

T = TypeVar("T")

# Sums and products are exact, as in Saxon; what would not be is not computed here.
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])

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
