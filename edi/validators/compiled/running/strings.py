"""The functions of XPath on strings, for generated code; None is the empty sequence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal

from edi.validators.compiled.errors import AskSaxon

_SPACES = re.compile(r"[ \t\n\r]+")
_KEPT = 20_000  # strings whose normal form is remembered


_squeezed: dict[str | None, str] = {None: ""}


def squeeze(text: str | None) -> str:
    """fn:normalize-space."""
    found = _squeezed.get(text)
    if found is None:
        found = _squeeze(text or "")
        if len(_squeezed) > _KEPT:
            _squeezed.clear()
        _squeezed[text] = found
    return found


def _squeeze(text: str) -> str:
    if text.isascii():  # control characters, on which Python would split too, are in no document
        return " ".join(text.split())
    return " ".join(_SPACES.split(text)).strip(" ")


def length(text: str | None) -> int:
    return 0 if text is None else len(text)


def contains(text: str | None, part: str | None) -> bool:
    return (part or "") in (text or "")


def listed(words: frozenset[str], text: str, word: str) -> bool:
    """Whether ``text``, which is these words between spaces, contains the word between spaces."""
    return word in words or ((not word or " " in word) and f" {word} " in text)


def starts(text: str | None, part: str | None) -> bool:
    return (text or "").startswith(part or "")


def ends(text: str | None, part: str | None) -> bool:
    return (text or "").endswith(part or "")


def before(text: str | None, part: str | None) -> str:
    found = (text or "").partition(part) if part else ("", "", "")
    return found[0] if found[1] else ""


def after(text: str | None, part: str | None) -> str:
    return (text or "").partition(part)[2] if part else (text or "")


def upper(text: str | None) -> str:
    return (text or "").upper()


def lower(text: str | None) -> str:
    return (text or "").lower()


def cut(text: str | None, start: float | int | Decimal | None, size: float | int | Decimal | None) -> str:
    """fn:substring with whole numbers; ``size`` is infinite where it is not given."""
    if start is None or size is None:
        raise AskSaxon("substring of no place")
    if start != int(start) or (size != math.inf and size != int(size)):
        raise AskSaxon("substring of a fraction")
    first = int(start)
    last = None if size == math.inf else max(0, first + int(size) - 1)
    return (text or "")[max(0, first - 1) : last]


def replace_chars(text: str | None, old: str, new: str) -> str:
    """fn:translate."""
    table: dict[int, str | None] = {}
    for rank, char in enumerate(old):
        table.setdefault(ord(char), new[rank] if rank < len(new) else None)
    return (text or "").translate(table)


def matches(pattern: re.Pattern[str], text: str | None) -> bool:
    return pattern.search(text or "") is not None


def replace(pattern: re.Pattern[str], text: str | None, new: str) -> str:
    if pattern.search(""):
        raise AskSaxon("a pattern that matches nothing")
    return pattern.sub(lambda _: new, text or "")


def tokenize(pattern: re.Pattern[str], text: str | None) -> list[str]:
    if pattern.search(""):
        raise AskSaxon("a pattern that matches nothing")
    return pattern.split(text) if text else []


def join(texts: Iterable[str], between: str) -> str:
    return between.join(texts)


def tell_number(value: int | Decimal | float | None) -> str:
    """fn:string of a number."""
    if value is None:
        return ""
    if isinstance(value, float):
        return _tell_double(value)
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _tell_double(value: float) -> str:
    if not math.isfinite(value):
        raise AskSaxon("text of a double")
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if 1e-6 <= abs(value) < 1e6:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    figures = "".join(map(str, digits))
    power = len(figures) - 1 + int(exponent)
    return f"{'-' if sign else ''}{figures[0]}.{figures[1:] or '0'}E{power}"


def tell_truth(value: bool | None) -> str:
    return "" if value is None else "true" if value else "false"
