"""Writes the Python of the functions of XPath on strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.regexes import translate
from edi.validators.compiled.writing.codes import (
    BOOLEAN,
    DOUBLE,
    INTEGER,
    MANY,
    ONE,
    STRING,
    UNTYPED,
    Code,
    atoms,
    constant,
    many,
    numeric,
    string_of,
    told,
)

if TYPE_CHECKING:
    from edi.validators.compiled.writing.writer import Writer

Write = Callable[["Writer", list[Code]], Code]


def _texts(name: str, kind: str) -> Write:
    """A function of strings that takes None for the empty sequence and always answers."""

    def write(writer: Writer, arguments: list[Code]) -> Code:
        given = [string_of(one) for one in arguments]
        text = f"{name}({', '.join(one.text for one in given)})"
        return Code(text, kind, ONE, any(one.fallible for one in given))

    return write


def _substring(writer: Writer, arguments: list[Code]) -> Code:
    text, start = string_of(arguments[0]), numeric(arguments[1])
    size = numeric(arguments[2]) if len(arguments) == 3 else Code("inf", DOUBLE)
    given = (text, start, size)
    safe = all(one.is_constant or one.text == "inf" for one in (start, size))
    return Code(
        f"cut({', '.join(one.text for one in given)})",
        STRING,
        ONE,
        any(one.fallible for one in given) or not safe,
    )


def _concat(writer: Writer, arguments: list[Code]) -> Code:
    given = [told(one) for one in arguments]
    return Code(f"({' + '.join(one.text for one in given)})", STRING, ONE, any(one.fallible for one in given))


def _join(writer: Writer, arguments: list[Code]) -> Code:
    items = atoms(many(arguments[0]))
    between = string_of(arguments[1]) if len(arguments) > 1 else constant("")
    if items.kind not in (STRING, UNTYPED):
        raise NotCompiled(f"string-join of {items.kind}")
    return Code(f"join({items.text}, {between.text})", STRING, ONE, items.fallible or between.fallible)


def _translate(writer: Writer, arguments: list[Code]) -> Code:
    given = [told(one) for one in arguments]
    return Code(
        f"replace_chars({', '.join(one.text for one in given)})",
        STRING,
        ONE,
        any(one.fallible for one in given),
    )


def _pattern(writer: Writer, code: Code) -> str:
    if not isinstance(code.value, str):
        raise NotCompiled("a regular expression that is not constant")
    return writer.keep_constant("PATTERN", f"re.compile({translate(code.value)!r})")


def _matches(writer: Writer, arguments: list[Code]) -> Code:
    text = string_of(arguments[0])
    return Code(f"matches({_pattern(writer, arguments[1])}, {text.text})", BOOLEAN, ONE, text.fallible)


def _replace(writer: Writer, arguments: list[Code]) -> Code:
    text, new = string_of(arguments[0]), arguments[2]
    if not isinstance(new.value, str) or "$" in new.value or "\\" in new.value:
        raise NotCompiled("a replacement that is not plain")
    if plain := _plain(arguments[1]):
        return Code(f"({text.text} or '').replace({plain!r}, {new.text})", STRING, ONE, text.fallible)
    return Code(f"replace({_pattern(writer, arguments[1])}, {text.text}, {new.text})", STRING, ONE, True)


def _plain(pattern: Code) -> str:
    """The one character that a pattern means, '' for any other pattern."""
    found = re.fullmatch(r"\\([.|?*+^$(){}\[\]\\-])|([A-Za-z0-9 ])", str(pattern.value))
    return (found[1] or found[2]) if found else ""


def _contains(writer: Writer, arguments: list[Code]) -> Code:
    """``contains(' a b c ', concat(' ', word, ' '))`` asks whether a word is in a list."""
    codes, word = arguments[0].value, arguments[1]
    found = re.fullmatch(r"\(' ' \+ (squeeze\(.*\)|c\d+) \+ ' '\)", word.text)
    if isinstance(codes, str) and found and re.fullmatch(r" (?:[^\s]+ )+", codes):
        names = writer.keep_constant("LIST", f"frozenset({sorted(codes.split())!r})")
        text = writer.keep_constant("TEXT", repr(codes))
        return Code(f"listed({names}, {text}, {found[1]})", BOOLEAN, ONE, word.fallible)
    return _texts("contains", BOOLEAN)(writer, arguments)


def _tokenize(writer: Writer, arguments: list[Code]) -> Code:
    text, pattern = string_of(arguments[0]), _pattern(writer, arguments[1])
    if isinstance(arguments[0].value, str):
        return constant(tuple(re.split(translate(str(arguments[1].value)), arguments[0].value)))
    return Code(f"tokenize({pattern}, {text.text})", STRING, MANY, text.fallible)


TEXT_FUNCTIONS: Mapping[str, tuple[tuple[int, ...], Write]] = {
    "normalize-space": ((1,), _texts("squeeze", STRING)),
    "string-length": ((1,), _texts("length", INTEGER)),
    "contains": ((2,), _contains),
    "starts-with": ((2,), _texts("starts", BOOLEAN)),
    "ends-with": ((2,), _texts("ends", BOOLEAN)),
    "substring-before": ((2,), _texts("before", STRING)),
    "substring-after": ((2,), _texts("after", STRING)),
    "upper-case": ((1,), _texts("upper", STRING)),
    "lower-case": ((1,), _texts("lower", STRING)),
    "substring": ((2, 3), _substring),
    "concat": (tuple(range(2, 20)), _concat),
    "string-join": ((1, 2), _join),
    "translate": ((3,), _translate),
    "matches": ((2,), _matches),
    "replace": ((3,), _replace),
    "tokenize": ((2,), _tokenize),
}
