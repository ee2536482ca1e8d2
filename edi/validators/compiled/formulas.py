"""Formulas over the paths that a document has: what is known of a check before any value is looked at.

No formula denies: each says that something is certain, and False says no more than that it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

NONE, FULL, LONE, FILLED = "none", "full", "lone", "filled"
ENDS, ENDS_NOT = "ends", "ends not"  # of the local name of the elements of the rule, with the text in path
HERE, ELEMENT, DOCUMENT = "here", "element", "document"
ANYWHERE, ABOVE = "//", "^"  # before a name: all elements of that name; those above the element of the rule
UP, SELF, ATTRIBUTE = "..", ".", "@"  # the last one before the name of an attribute

_MOST_PARTS = 80  # of one formula: beyond, finding out costs as much as the check


@dataclass(frozen=True, slots=True)
class Known:
    """Of the nodes that ``context`` leads to: they have none of ``path``, each some, each one at most, or
    (filled) a text that is not blank.

    ``start``: the element of the rule, the document element, the document, or several (``//``, ``^``). Names
    are prefixed ones where the formula is made, Clark names where it is asked.
    """

    kind: str
    start: str
    context: tuple[str, ...]
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What is computed once a document is true (or false, or is computed without an error: None)."""

    compute: Any  # an expression where the formula is made, a function of the document where it is asked
    wanted: bool | None


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Formula, ...]


Formula: TypeAlias = bool | Known | Told | All | Some


def both(*formulas: Formula) -> Formula:
    """All of them."""
    parts = [one for one in dict.fromkeys(_flat(All, formulas)) if one is not True]
    parts = [one for one in parts if not any(other is not one and implies(other, one) for other in parts)]
    if False in parts or sum(map(size, parts)) > _MOST_PARTS:
        return False
    return parts[0] if len(parts) == 1 else All(tuple(parts)) if parts else True


def either(*formulas: Formula) -> Formula:
    """One of them at least."""
    parts = [one for one in dict.fromkeys(_flat(Some, formulas)) if one is not False]
    if True in parts:
        return True
    parts = [one for one in parts if not any(other is not one and implies(one, other) for other in parts)]
    if sum(map(size, parts)) > _MOST_PARTS:
        return False
    return parts[0] if len(parts) == 1 else Some(tuple(parts)) if parts else False


def implies(one: Formula, other: Formula) -> bool:
    """Whether it is plain that where the one holds so does the other."""
    if one == other or one is False or other is True:
        return True
    if isinstance(other, All):
        return all(implies(one, part) for part in other.parts)
    if isinstance(one, Some):
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, Some) and any(implies(one, part) for part in other.parts):
        return True
    if isinstance(one, All):
        return any(implies(part, other) for part in one.parts)
    if isinstance(one, Known) and isinstance(other, Known) and one.kind == other.kind:
        return one.start == other.start and _is_implied(one, other)
    return (
        isinstance(one, Told)
        and isinstance(other, Told)
        and (one.compute, None)
        == (
            other.compute,
            other.wanted,
        )
    )


def _is_implied(one: Known, other: Known) -> bool:
    if one.kind == NONE:  # what is not there has nothing below it
        return other.context[: len(one.context)] == one.context
    if one.kind in (FULL, LONE):  # of each on the way, so also of the beginning of the way
        return one.context == other.context and one.path[: len(other.path)] == other.path
    return False


def _flat(kind: type[All] | type[Some], formulas: tuple[Formula, ...]) -> Iterator[Formula]:
    for one in formulas:
        if isinstance(one, kind):
            yield from one.parts
        else:
            yield one


def size(formula: Formula) -> int:
    return sum(map(size, formula.parts)) if isinstance(formula, All | Some) else 1
