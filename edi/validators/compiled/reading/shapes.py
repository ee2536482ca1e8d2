"""What may be known of an expression by the paths of a document alone: a value of formulas.

See knowing.py, which finds it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from edi.validators.compiled import formulas
from edi.validators.compiled.formulas import FILLED, FULL, LONE, NONE, SELF, Formula, Known, both, either
from edi.validators.compiled.reading.xpath import Expr

NODES, TEXT, NUMBER, TRUTH, OTHER = "nodes", "text", "number", "truth", "other"


@dataclass(frozen=True, slots=True)
class Way:
    """Where nodes come from: what ``context`` leads to is one node, of which ``path`` may find many."""

    start: str
    context: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    filtered: bool = False

    def then(self, name: str) -> Way:
        return replace(self, path=(*self.path, name))

    def each(self) -> Way:
        """One of the nodes that it finds."""
        return Way(self.start, (*self.context, *self.path) or (SELF,))

    @property
    def _is_search(self) -> bool:
        """It finds the elements of a name wherever they are, or those above."""
        return self.start.startswith((formulas.ANYWHERE, formulas.ABOVE)) and not self.context

    @property
    def none(self) -> Formula:
        if not self.path and not self._is_search:
            return False
        return Known(NONE, self.start, (*self.context, *self.path))

    @property
    def some(self) -> Formula:
        if self.filtered:
            return False
        if not self.path and not self._is_search:
            return True
        return Known(FULL, self.start, self.context, self.path)

    @property
    def filled(self) -> Formula:
        return Known(FILLED, self.start, (*self.context, *self.path))

    @property
    def lone(self) -> Formula:
        if self._is_search:
            return False
        return Known(LONE, self.start, self.context, self.path) if self.path else True


@dataclass(frozen=True, slots=True)
class Shape:
    """What is certain of an expression: each formula implies that computing it raises nothing, but ``lone``.

    ``lone``: one item at most; ``blank``: the empty string; ``filled``: no item is a string of spaces alone.
    """

    kind: str = OTHER
    safe: Formula = False
    none: Formula = False
    some: Formula = False
    lone: Formula = False
    true: Formula = False
    false: Formula = False
    blank: Formula = False
    ways: tuple[Way, ...] = ()
    filled: Formula = False

    @property
    def certainly_true(self) -> Formula:
        """The effective boolean value is true."""
        if self.kind == NODES:
            return self.some
        return either(self.true, both(self.some, self.lone, self.filled) if self.kind == TEXT else False)

    @property
    def certainly_false(self) -> Formula:
        if self.kind == NODES:
            return self.none
        return either(self.false, self.none, self.blank if self.kind == TEXT else False)

    @property
    def has_truth(self) -> Formula:
        """It can be taken for a truth value without an error."""
        return self.safe if self.kind == NODES else both(self.safe, self.lone)

    @property
    def as_one(self) -> Formula:
        """It can be taken for one value at most without an error."""
        return either(self.none, both(self.safe, self.lone))

    @property
    def as_number(self) -> Formula:
        """It can be taken for one number at most without an error."""
        return self.as_one if self.kind == NUMBER else self.none


UNKNOWN = Shape()
NOTHING = Shape(NODES, True, True, False, True)


def of_truth(true: Formula, false: Formula, safe: Formula) -> Shape:
    safe = either(safe, true, false)
    return Shape(TRUTH, safe, False, safe, True, true, false)


def of_text(safe: Formula, blank: Formula = False, filled: Formula = False) -> Shape:
    """One string."""
    safe = either(safe, blank)
    return Shape(TEXT, safe, False, safe, True, blank=blank, filled=both(safe, filled))


def of_ways(ways: tuple[Way, ...], safe: Formula = True) -> Shape:
    """Nodes found along one way or several."""
    if len(ways) == 1:
        lone = ways[0].lone
    else:
        rest = [[other.none for other in ways if other is not way] for way in ways]
        lone = either(*(both(way.lone, *others) for way, others in zip(ways, rest, strict=True)))
    none = both(*(way.none for way in ways))
    safe = either(safe, none)
    filled = both(safe, *(way.filled for way in ways))
    some = both(safe, either(*(way.some for way in ways)))
    return Shape(NODES, safe, none, some, lone, ways=ways, filled=filled)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a sheet, for what its answer is known by."""

    parameters: tuple[tuple[str, str], ...]  # name, type
    variables: tuple[tuple[str, str, Expr], ...]  # name, type, expression
    answer: Expr
    type: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What is bound where an expression stands. ``is_closed``: computed once a document."""

    context: Shape = UNKNOWN
    current: Shape = UNKNOWN
    variables: Mapping[str, Shape] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    is_closed: Callable[[Expr], bool] = lambda expr: False

    def bind(self, name: str, shape: Shape) -> Scope:
        return replace(self, variables={**self.variables, name: shape})

    def within(self, context: Shape) -> Scope:
        return replace(self, context=context)


def one_of(items: Shape) -> Shape:
    """One item of several."""
    if items.ways:
        return of_ways(tuple(way.each() for way in items.ways)[:1]) if len(items.ways) == 1 else _node()
    return replace(UNKNOWN, kind=items.kind, safe=True, some=True, lone=True)


def _node() -> Shape:
    return Shape(NODES, True, False, True, True)


def as_type(shape: Shape, wanted: str) -> Shape:
    """A value given where a type is declared."""
    if not wanted:
        return shape
    name, optional = wanted.rstrip("?*+"), wanted.endswith("?")
    if wanted[-1] in "*+":
        return UNKNOWN
    fits = both(shape.safe, shape.lone)
    if not optional:
        fits = either(both(fits, shape.some), shape.blank, shape.true, shape.false)
    else:
        fits = either(fits, shape.none)
    if name in ("element()", "node()"):
        is_fit, kind = shape.kind == NODES, NODES
    elif name == "xs:string":
        is_fit, kind = shape.kind in (NODES, TEXT), TEXT
    elif name == "xs:boolean":
        is_fit, kind = shape.kind == TRUTH, TRUTH
    else:
        is_fit, kind = False, OTHER
    safe = fits if is_fit else shape.none if optional else False
    none = shape.none if optional else False
    blank = shape.blank if kind == TEXT else False
    truth = kind == TRUTH == shape.kind
    return Shape(
        kind,
        safe,
        none,
        shape.some,
        True,
        shape.true if truth else False,
        shape.false if truth else False,
        blank,
        shape.ways if kind == NODES else (),
        shape.filled if is_fit else False,
    )
