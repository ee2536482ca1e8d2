"""What the paths of a document alone say of paths and predicates: see knowing.py."""

from __future__ import annotations

from dataclasses import replace

from edi.validators.compiled import formulas
from edi.validators.compiled.formulas import HERE, UP, both, either
from edi.validators.compiled.reading import knowing
from edi.validators.compiled.reading.shapes import (
    NODES,
    NUMBER,
    OTHER,
    UNKNOWN,
    Scope,
    Shape,
    Way,
    of_ways,
    one_of,
)
from edi.validators.compiled.reading.sharing import counts
from edi.validators.compiled.reading.xpath import (
    ANYWHERE,
    Expr,
    Filter,
    Here,
    Path,
    Step,
)


def filtered(items: Shape, predicates: tuple[Expr, ...], scope: Scope) -> Shape:
    """The items that some predicates let pass."""
    for predicate in predicates:
        if counts(predicate):
            ways = tuple(replace(way, filtered=True) for way in items.ways)
            items = replace(items, some=False, lone=True, true=False, false=False, blank=False, ways=ways)
            continue
        asked = knowing.shape_of(predicate, scope.within(one_of(items)))
        if asked.kind in (NUMBER, OTHER):
            return Shape(items.kind, items.none, items.none, False, items.lone)
        safe = either(items.none, both(items.safe, asked.has_truth))
        none = either(items.none, both(items.safe, asked.certainly_false))
        ways = tuple(replace(way, filtered=True) for way in items.ways)
        some = both(items.some, asked.certainly_true)
        items = Shape(items.kind, safe, none, some, items.lone, ways=ways, filled=items.filled)
    return items


def follow(expr: Path, scope: Scope) -> Shape:
    found = knowing.shape_of(expr.start, scope)
    steps = list(expr.steps)
    while steps:
        step = steps.pop(0)
        if found.kind != NODES:
            return UNKNOWN
        if step == ANYWHERE and steps:
            found = _anywhere(found, steps.pop(0), scope)
        elif isinstance(step, Step):
            found = _step(found, step, scope)
        else:
            found = _inside(found, step, scope)
    return found


def _anywhere(found: Shape, step: Step | Filter, scope: Scope) -> Shape:
    is_named = isinstance(step, Step) and step.axis in ("child", "attribute") and _is_name(step.test)
    if not isinstance(step, Step) or not is_named or any(map(counts, step.predicates)):
        return Shape(NODES, found.none, found.none)
    if found.ways == (Way(formulas.DOCUMENT),):
        mark = formulas.ATTRIBUTE if step.axis == "attribute" else ""
        way = Way(formulas.ANYWHERE + mark + step.test)
        return filtered(of_ways((way,)), step.predicates, scope)
    return filtered(Shape(NODES, found.safe, found.none), step.predicates, scope)


def _step(found: Shape, step: Step, scope: Scope) -> Shape:
    name = UP if (step.axis, step.test) == ("parent", "node()") else step.test
    if step.axis == "self" and step.test == "node()":
        after = found
    elif (step.axis == "child" and _is_name(step.test)) or name == UP:
        ways = tuple(way.then(name) for way in found.ways)
        after = of_ways(ways, found.safe) if ways else Shape(NODES, found.safe, found.none)
    elif step.axis == "attribute" and _is_name(step.test):
        ways = tuple(way.then(formulas.ATTRIBUTE + step.test) for way in found.ways)
        after = of_ways(ways, found.safe) if ways else Shape(NODES, found.safe, found.none, False, found.lone)
    elif step.axis == "ancestor" and _is_name(step.test) and found.ways == (Way(HERE),):
        after = of_ways((Way(formulas.ABOVE + step.test),))
    else:
        lone = found.lone if step.axis in ("parent", "self") else False
        after = Shape(NODES, found.safe, found.none, False, lone)
    kept = filtered(after, step.predicates, scope)
    if any(map(counts, step.predicates)):  # a rank is counted among the children of each parent
        return replace(kept, lone=either(after.lone, found.lone))
    return kept


def _inside(found: Shape, step: Filter, scope: Scope) -> Shape:
    """A step that is an expression, asked of each node."""
    if step.operand == Here():
        return filtered(found, step.predicates, scope)
    inner = filtered(knowing.shape_of(step.operand, scope.within(one_of(found))), step.predicates, scope)
    if inner.kind == NODES and len(found.ways) == 1 and inner.ways:
        outer = found.ways[0]
        whole = (*outer.context, *outer.path)
        if all((way.start, way.context) == (outer.start, whole) for way in inner.ways):
            ways = tuple(
                replace(outer, path=(*outer.path, *way.path), filtered=outer.filtered or way.filtered)
                for way in inner.ways
            )
            return of_ways(ways, both(found.safe, inner.safe))
    safe = either(found.none, both(found.safe, inner.safe))
    none = either(found.none, both(found.safe, inner.none))
    lone = both(found.lone, inner.lone)
    return Shape(inner.kind, safe, none, both(found.some, inner.some), lone)


def _is_name(test: str) -> bool:
    return "*" not in test and "(" not in test
