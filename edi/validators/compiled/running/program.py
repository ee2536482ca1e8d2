"""A compiled sheet as data: its rules, what they match, and what they check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from edi.validators.compiled.formulas import Formula

Let = Callable[[Any, Any], tuple[Any, ...]]
Test = Callable[[Any, Any, Any], Any]
Guard = Callable[[Any, Any], Any]
Key = Callable[[Any, Any], Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One assert, or one report; ``test`` is true of what passes.

    ``watch``: paths of names; where there is none of them it passes whatever else there is. ``sure``: where
    this holds it passes, and computing it raises nothing.
    """

    rank: int  # in the sheet
    id: str
    flag: str
    test: Test
    say: Test
    watch: tuple[tuple[str, ...], ...] = ()
    sure: Formula = False


@dataclass(frozen=True, slots=True)
class Match:
    """One alternative of a match pattern, from the element itself outwards.

    ``steps``: (Clark name, '*', or '{uri}*'; whether the next one is anywhere above rather than the parent).
    ``suffix``: how the local name ends. ``sure``: where this holds the guard agrees; ``never``: it does not;
    ``safe``: asking it raises nothing. ``key``: the texts of which one must be ``value``
    before it asks ``rest``; ``single``: there is never more than one.
    """

    steps: tuple[tuple[str, bool], ...]
    rooted: bool
    guard: Guard | None = None
    suffix: str = ""
    sure: Formula = False
    never: Formula = False
    safe: Formula = False
    key: Key | None = None
    value: str = ""
    rest: Guard | None = None
    single: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A template: in each mode, each element is judged by the first that matches it.

    ``safe``: where this holds, computing ``let`` raises nothing.
    """

    mode: int
    matches: tuple[Match, ...]
    checks: tuple[Check, ...]
    let: Let | None = None
    descends: bool = True  # whether the elements below are judged too
    safe: Formula = False


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """All rules of a sheet, in each mode from the strongest to the weakest."""

    name: str
    rules: tuple[Rule, ...]
