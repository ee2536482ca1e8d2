"""Regular expressions of XPath, told in those of Python."""

from __future__ import annotations

import re

from edi.validators.compiled.errors import NotCompiled

_ESCAPES = {"d": r"\d", "D": r"\D", "s": r"[ \t\n\r]", "S": r"[^ \t\n\r]", "n": r"\n", "r": r"\r", "t": r"\t"}
_IN_CLASS = {"d": r"\d", "s": r" \t\n\r", "n": r"\n", "r": r"\r", "t": r"\t"}
_PLAIN = frozenset("\\|.?*+(){}[]-^$/")


def translate(pattern: str, groups: bool = False) -> str:
    """The same pattern for ``re.compile``. Raises NotCompiled for what the two would read otherwise.

    Parentheses capture only with ``groups``.
    """
    told, at, inside = [], 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            told.append(_escape(pattern[at + 1 : at + 2], inside))
            at += 1
        elif inside:
            told.append(_member(pattern, at))
            inside = char != "]"
        else:
            told.append({".": r"[^\n\r]", "$": r"\Z", "(": "(" if groups else "(?:"}.get(char, char))
            if pattern.startswith(("(?", "*?", "+?", "??", "}?"), at):
                raise NotCompiled(f"regular expression {pattern!r}")
            inside = char == "["
        at += 1
    text = "".join(told)
    try:
        re.compile(text)
    except re.error as error:
        raise NotCompiled(f"regular expression {pattern!r}: {error}") from error
    return text


def _escape(char: str, inside: bool) -> str:
    known = _IN_CLASS if inside else _ESCAPES
    if char in known:
        return known[char]
    if char in _PLAIN and char:
        return re.escape(char)
    raise NotCompiled(f"\\{char} in a regular expression")


def _member(pattern: str, at: int) -> str:
    """A character of a class; subtraction of classes is not read."""
    char = pattern[at]
    if char == "[" or (char == "-" and pattern.startswith("-[", at)):
        raise NotCompiled(f"regular expression {pattern!r}")
    return r"\&" if char == "&" else r"\~" if char == "~" else r"\|" if char == "|" else char
