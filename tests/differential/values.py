"""What is written where something else should stand: numbers, days and words that rules stumble over."""

from __future__ import annotations

import re
from functools import cache

from differential.sheets import feuilles, rules_of

NUMBERS = (
    *("", " ", "0", "-1", "1", "100", "1.005", "12.345678", "0.001", "-0.01", "9999999.99"),
    *("999999", "1000000", "1234567.891", "0.0000001", "0.000001", "0.000", "33.333333333333333333"),
    *("NaN", "INF", "-INF", "-0.0", "+5", ".5", "5.", " 5 ", "\n5\t", "1e3", "1E-2", "00012.50"),
    *("99999999999999999999.99", "0.0000000000000000001", "1" * 40, "1,5", "1 000", "0x1F", "abc", "٣"),
)
DAYS = (
    *("", "2024-02-30", "2024-02-29", "2023-02-29", "2025-13-01", "2025-00-10", "0000-01-01", "-2025-01-01"),
    *("2025-09-15Z", "2025-09-15+02:00", "2025-09-15T00:00:00", " 2025-09-15 ", "20250915", "15/09/2025"),
    *("1999-12-31", "2100-01-01", "99999-01-01", "ZZZ"),
)
DAYS_102 = (
    *("", "20240230", "20240229", "20230229", "20251301", "20250010", "00000101", " 20250915 "),
    *("2025-09-15", "19991231", "21000101", "2025091", "202509155", "ZZZ"),
)
WORDS = (
    *("", " ", "\t\n", "QQQ", " S ", "A B", "A  B", "é\"'<&>", "x\u00a0", "\u00a0", "\u2003x", "\U0001f9fe"),
    *(
        "x" * 36,
        "x" * 101,
        "x" * 256,
        "x" * 1025,
        "0",
        "true",
        "false",
        "TRUE",
        "1",
        "$1",
        "a\\b",
        "(",
        "[a]",
    ),
)
FEW = {"number": ("", "abc", "-1", "1.005", " 5 ", "NaN"), "word": ("", "QQQ", "  x  ", "A B")}
FEW |= {"day": ("", "2024-02-30", "ZZZ"), "day102": ("", "20240230", "2025-09-15", "ZZZ")}
ALL = {"number": NUMBERS, "word": WORDS, "day": DAYS, "day102": DAYS_102}

_QUOTED = re.compile(r"'([^']{1,400})'|\"([^\"]{1,400})\"")
_WORD = re.compile(r"[\w.#:+-]{1,60}")
_NAMES = re.compile(r"(?:\w+:|@)(\w+)")
_MOST = 40  # quoted values kept of one name


def kind_of(text: str) -> str:
    """What a value looks like; a number that may be a code counts as one."""
    text = text.strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return "day"
    if re.fullmatch(r"(19|20)\d{6}", text):
        return "day102"
    return "number" if re.fullmatch(r"-?\d+(\.\d+)?", text) else "word"


@cache
def quoted_values(syntax: str) -> dict[str, tuple[str, ...]]:
    """The words that rules of a syntax quote, by the local names of what they speak of."""
    found: dict[str, dict[str, None]] = {}
    for feuille in (one for one in feuilles() if one.syntax == syntax):
        for rule in rules_of(feuille):
            text = f"{rule.match} {rule.test}"
            words = [w for quoted in _QUOTED.findall(text) for q in quoted for w in q.split()]
            words = [w for w in words if _WORD.fullmatch(w) and w not in ("or", "and", "not")][:_MOST]
            for name in _NAMES.findall(text):
                known = found.setdefault(name, {})
                if len(known) < _MOST:
                    known.update(dict.fromkeys(words))
    return {name: tuple(words)[:_MOST] for name, words in found.items() if words}
