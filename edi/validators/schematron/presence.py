"""What a document has, by names alone: enough to know that a path leads nowhere in it.

A path of plain names finds nothing where one of its names, or one of its steps from a parent to a child, is
nowhere in the document; and it cannot raise. A sheet that is told so leaves out what would find nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from typing import cast

from lxml import etree

PRESENT = "edi-present"  # parameter: one digit for each condition of Watched, 1 where it may be so

_NAME = r"@?[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?"
_GROUP = rf"\(\s*{_NAME}(?:\s*\|\s*{_NAME})*\s*\)"
PATH = rf"(?://?)?(?:{_NAME}|{_GROUP}|\*)(?://?(?:{_NAME}|{_GROUP}|\*))*"
_STEP = re.compile(rf"(//?)?({_NAME}|{_GROUP}|\*)")

# Labels that must all be in a document; a condition is several such ways, of which one is enough.
Way = frozenset[str]


def label(tree: etree._ElementTree) -> frozenset[str]:
    """Local names of the elements (``Party``) and attributes (``@listID``), alone and under their parent.

    Under their parent: ``Party/ID``, ``ID/@listID``, and ``/Invoice`` for the root.
    """
    pairs = set()
    for element in tree.iter():
        tag, parent = element.tag, element.getparent()
        pairs.add(("" if parent is None else parent.tag, tag))
        for name in cast("list[str]", element.keys()):  # of an element, not of a dict
            pairs.add((tag, f"@{_local(name)}"))
    steps = {(_local(str(parent)), _local(str(child))) for parent, child in pairs}
    return frozenset({f"{parent}/{child}" for parent, child in steps} | {child for _, child in steps})


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def ways(path: str) -> Iterator[Way]:
    """What a document must have for a path of plain names to find anything; nothing for another path.

    ``path`` is relative to any element; ``/a`` starts at the document.
    """
    if not re.fullmatch(PATH, path):
        yield frozenset()
        return
    steps = _STEP.findall(path)
    for names in product(*(re.findall(rf"{_NAME}|\*", names) for _, names in steps)):
        local = [
            name.rpartition(":")[2] if name[0] != "@" else f"@{name[1:].rpartition(':')[2]}" for name in names
        ]
        yield frozenset(_needs(local, [slash for slash, _ in steps]))


def _needs(names: list[str], slashes: list[str]) -> Iterator[str]:
    if slashes[0] == "/" and names[0] != "*":
        yield f"/{names[0]}"
    yield from (name for name in names if name != "*")
    for (before, name), slash in zip(pairwise(names), slashes[1:], strict=True):
        if slash == "/" and "*" not in (before, name):
            yield f"{before}/{name}"


class Watched:
    """The conditions of a sheet, numbered as they are met, and how each document is held against them."""

    def __init__(self) -> None:
        self._count = 0
        self._always: list[int] = []
        self._by_label: dict[str, list[tuple[int, Way]]] = {}

    def __bool__(self) -> bool:
        return self._count > 0

    def watch(self, found: Iterable[Way]) -> str:
        """A condition that is true where the document has what one of these ways needs, as an expression."""
        number, self._count = self._count, self._count + 1
        for way in set(found):
            if way:
                self._by_label.setdefault(max(way, key=_rarity), []).append((number, way))
            else:
                self._always.append(number)
        return f"substring(${PRESENT}, {number + 1}, 1) = '1'"

    def compare(self, labels: frozenset[str] | None) -> str:
        """The value of the parameter for a document of these labels; every condition is true for None."""
        if labels is None:
            return "1" * self._count
        digits = ["0"] * self._count
        for number in self._always:
            digits[number] = "1"
        for key in self._by_label.keys() & labels:
            for number, way in self._by_label[key]:
                if digits[number] == "0" and way <= labels:
                    digits[number] = "1"
        return "".join(digits)


def _rarity(label: str) -> tuple[bool, int, str]:
    """Of the labels of a way, a step tells more than a name; the longest is a guess at the rarest."""
    return "/" in label, len(label), label
