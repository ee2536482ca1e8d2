"""The legal code nearest to what was written: by case, by French name, by digits, by likeness of spelling."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import cache, lru_cache

from edi.resources import locate

_LIKE = 0.75  # below, two spellings are not alike enough to be proposed (ratio of difflib)
_LONGEST = 60  # characters above which a value is no slip of a code


@lru_cache(maxsize=2048)  # message and expectation ask the same, and so does each line with the same slip
def suggest(code_list: tuple[str, ...], value: str) -> str:
    """The code of ``code_list`` that ``value`` most likely stands for, '' when none or several are as likely.

    ``KWh`` is KWH, ``EURO`` is EUR, ``France`` is FR, ``9`` is 0009, ``20,00 %`` is 20.00.
    """
    value = value.strip()
    if not value or len(value) > _LONGEST:
        return ""
    named = (code for code in _named().get(_bare(value), ()) if code in code_list)
    return _same(code_list, value) or next(named, "") or _digits(code_list, value) or _alike(code_list, value)


def _same(codes: tuple[str, ...], value: str) -> str:
    """But for case, spaces and punctuation."""
    if value in codes:
        return value
    bare = _squeeze(value)
    found = [code for code in codes if code.upper() == value.upper() or (bare and _squeeze(code) == bare)]
    return found[0] if len(found) == 1 else ""


def _digits(codes: tuple[str, ...], value: str) -> str:
    """``9`` for 0009, ``030`` for 30, ``20,00%`` for 20.00: never another number."""
    number = value.replace(",", ".").rstrip("% \u00a0\u202f")
    if not re.fullmatch(r"\d+(\.\d+)?", number):
        return ""
    if number in codes:
        return number
    found = [code for code in codes if code.isdigit() and code.lstrip("0") == number.lstrip("0")]
    return found[0] if len(found) == 1 else ""


def _alike(codes: tuple[str, ...], value: str) -> str:
    """The one code spelt most nearly like a word; numbers are never alike, and a tie proposes nothing."""
    word = _own(value)
    if not any(char.isalpha() for char in word):
        return ""
    matcher, best, names = SequenceMatcher(b=word, autojunk=False), _LIKE, list[str]()
    for code in codes:
        matcher.set_seq1(_own(code))
        if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
            continue
        ratio = matcher.ratio()
        if ratio > best:
            best, names = ratio, [code]
        elif ratio == best:
            names.append(code)
    return names[0] if len(names) == 1 else ""


def _own(code: str) -> str:
    """What tells a code from its like: of ``application/pdf``, the second half."""
    return code.upper().rpartition("/")[2]


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]", "", text).upper()


def _bare(text: str) -> str:
    """Without accent, capital, plural or punctuation: the keys of ``schemas/proches.toml``."""
    if text in "€$£":
        return text
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = re.findall(r"[a-z0-9]+", plain)
    return " ".join(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


@cache
def _named() -> Mapping[str, tuple[str, ...]]:
    tables = tomllib.loads(locate("schemas", "proches.toml").read_text("utf-8"))
    found: dict[str, tuple[str, ...]] = {}
    for table in tables.values():
        for name, codes in table.items():
            found[_bare(name)] = found.get(_bare(name), ()) + tuple(codes)
    return found
