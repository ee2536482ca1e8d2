"""The expressions of XPath 2.0 that the official sheets are written in, as frozen trees."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, or a number: int, Decimal, float as XPath tells them apart."""

    value: str | int | Decimal | float


@dataclass(frozen=True, slots=True)
class Var:
    name: str


@dataclass(frozen=True, slots=True)
class Here:
    """The context item, ``.``"""


@dataclass(frozen=True, slots=True)
class Root:
    """The document of the context node, ``/``"""


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """``or and = != < <= > >= eq ne lt le gt ge is << >> + - * div idiv mod to | intersect except``"""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Expr


@dataclass(frozen=True, slots=True)
class If:
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class For:
    """``for`` (every value), ``some``, ``every`` (of one truth)."""

    kind: str
    bindings: tuple[tuple[str, Expr], ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """``cast as``, and ``castable as`` when ``asked`` only."""

    operand: Expr
    type: str
    optional: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step along an axis. ``test``: a prefixed name, ``*``, ``p:*``, ``*:n``, ``node()``, ``text()``."""

    axis: str
    test: str
    predicates: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """An expression that is not a path, with its predicates; as a step, it is asked of each node."""

    operand: Expr
    predicates: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Steps taken one after the other from ``start``."""

    start: Expr
    steps: tuple[Step | Filter, ...]


Expr: TypeAlias = (
    Literal | Var | Here | Root | Sequence | Binary | Negative | If | For | Call | Cast | Filter | Path
)

ANYWHERE = Step("descendant-or-self", "node()")  # what ``//`` stands for
