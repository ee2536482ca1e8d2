"""The words of an XPath expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from edi.validators.compiled.errors import NotCompiled

_NC = r"[^\W\d][\w.\-]*"
_WORDS = re.compile(
    rf"""(?P<space>\s+)
    |(?P<comment>\(:)
    |(?P<string>"(?:[^"]|"")*"|'(?:[^']|'')*')
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<variable>\$\s*{_NC}(?::{_NC})?)
    |(?P<axis>{_NC}(?=\s*::))
    |(?P<name>{_NC}:\*|\*:{_NC}|{_NC}(?::(?!:){_NC})?)
    |(?P<sign>::|//|\.\.|!=|<=|>=|<<|>>|[()\[\],/.@|=<>+\-*?])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word: ``kind`` is string, number, variable, axis, name, sign, or end."""

    kind: str
    text: str
    at: int


def read_words(text: str) -> Iterator[Token]:
    """The words in order, the last of kind ``end``. Raises NotCompiled."""
    at = 0
    while at < len(text):
        found = _WORDS.match(text, at)
        if found is None:
            raise NotCompiled(f"no word of XPath at character {at}: {text[at : at + 20]!r}")
        kind = found.lastgroup or ""
        if kind == "comment":
            at = _skip_comment(text, at)
            continue
        if kind != "space":
            yield Token(kind, found[0], at)
        at = found.end()
    yield Token("end", "", at)


def _skip_comment(text: str, at: int) -> int:
    depth = 0
    for found in re.compile(r"\(:|:\)").finditer(text, at):
        depth += 1 if found[0] == "(:" else -1
        if depth == 0:
            return found.end()
    raise NotCompiled("a comment that does not end")
