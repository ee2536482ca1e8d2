"""What the paths of a document alone say of an expression: empty, true, safe, whatever the values are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edi.validators.compiled import formulas
from edi.validators.compiled.formulas import ENDS, ENDS_NOT, HERE, Formula, Known, Told, both, either
from edi.validators.compiled.reading import shape_calls, ways
from edi.validators.compiled.reading.depends import needs
from edi.validators.compiled.reading.shapes import (
    NODES,
    NOTHING,
    NUMBER,
    OTHER,
    TEXT,
    TRUTH,
    UNKNOWN,
    Scope,
    Shape,
    Way,
    as_type,
    of_truth,
    of_ways,
    one_of,
)
from edi.validators.compiled.reading.sharing import ELEMENT
from edi.validators.compiled.reading.xpath import (
    Binary,
    Call,
    Cast,
    Expr,
    Filter,
    For,
    Here,
    If,
    Literal,
    Negative,
    Path,
    Root,
    Sequence,
    Var,
)


def shape_of(expr: Expr, scope: Scope) -> Shape:
    """What is certain of an expression."""
    found = _WRITERS[type(expr)](expr, scope)
    if found.kind == TRUTH and not isinstance(expr, Literal | Var) and scope.is_closed(expr):
        bound = {f"${name}" for name in scope.variables}
        return found if bound & needs(expr) else _told(expr, found)
    return found


def _told(expr: Expr, found: Shape) -> Shape:
    """A truth that is the same wherever it is asked in a document: it is asked once, and never guessed."""
    safe = either(found.safe, Told(expr, None))
    return replace(
        found,
        safe=safe,
        some=safe,
        true=either(found.true, Told(expr, True)),
        false=either(found.false, Told(expr, False)),
    )


def _literal(expr: Literal, scope: Scope) -> Shape:
    if isinstance(expr.value, str):
        blank = expr.value == ""
        return Shape(TEXT, True, False, True, True, not blank, blank, blank, (), not blank)
    return Shape(NUMBER, True, False, True, True, bool(expr.value), not expr.value)


def _here(expr: Here, scope: Scope) -> Shape:
    return scope.context


def _root(expr: Root, scope: Scope) -> Shape:
    return of_ways((Way(formulas.DOCUMENT),))


def _var(expr: Var, scope: Scope) -> Shape:
    if expr == ELEMENT:
        return of_ways((Way(formulas.ELEMENT),))
    return scope.variables.get(expr.name, UNKNOWN)


def _sequence(expr: Sequence, scope: Scope) -> Shape:
    shapes = [shape_of(item, scope) for item in expr.items]
    if not shapes:
        return NOTHING
    safe = both(*(one.safe for one in shapes))
    kinds = {one.kind for one in shapes}
    return Shape(
        kinds.pop() if len(kinds) == 1 and NODES not in kinds else OTHER,
        safe,
        both(*(one.none for one in shapes)),
        both(safe, either(*(one.some for one in shapes))),
    )


def _binary(expr: Binary, scope: Scope) -> Shape:
    operator = expr.operator
    if operator in ("and", "or"):
        return _logic(operator, shape_of(expr.left, scope), shape_of(expr.right, scope))
    left, right = shape_of(expr.left, scope), shape_of(expr.right, scope)
    if operator in shape_calls.TURNED:
        return _compare(expr, left, right, scope)
    if operator == "|":
        if left.kind == right.kind == NODES and left.ways and right.ways:
            return of_ways((*left.ways, *right.ways), both(left.safe, right.safe))
        none = both(left.none, right.none)
        return Shape(NODES, both(left.safe, right.safe), none, either(left.some, right.some))
    none = either(both(left.none, right.as_number), both(left.as_number, right.none))
    exact = left.kind == right.kind == NUMBER and operator in ("+", "-", "*")
    safe = both(left.as_one, right.as_one) if exact else False
    return Shape(NUMBER, either(safe, none), none, False, True)


def _compare(expr: Binary, left: Shape, right: Shape, scope: Scope) -> Shape:
    match expr.left:
        case Call("count", (counted,)) if isinstance(expr.right, Literal):
            return shape_calls.compare_count(shape_of(counted, scope), expr.operator, expr.right.value)
    values = [one.value if isinstance(one, Literal) else None for one in (expr.left, expr.right)]
    return shape_calls.compare(expr.operator, left, right, values[0], values[1])


def _logic(operator: str, a: Shape, b: Shape) -> Shape:
    """Both sides are computed, whatever the first one says: Saxon takes them in the order it likes."""
    at, af, bt, bf = a.certainly_true, a.certainly_false, b.certainly_true, b.certainly_false
    safe_a, safe_b = a.has_truth, b.has_truth
    if operator == "and":
        true, false = both(at, bt), either(both(af, safe_b), both(bf, safe_a))
    else:
        true, false = either(both(at, safe_b), both(bt, safe_a)), both(af, bf)
    return of_truth(true, false, both(safe_a, safe_b))


def _negative(expr: Negative, scope: Scope) -> Shape:
    operand = shape_of(expr.operand, scope)
    safe = operand.as_one if operand.kind == NUMBER else False
    return Shape(NUMBER, either(safe, operand.none), operand.none, False, True)


def _if(expr: If, scope: Scope) -> Shape:
    test, then, other = (shape_of(one, scope) for one in (expr.condition, expr.then, expr.otherwise))
    yes, no, safe = test.certainly_true, test.certainly_false, test.has_truth

    def choose(pick: Callable[[Shape], Formula]) -> Formula:
        a, b = pick(then), pick(other)
        return either(both(yes, a), both(no, b), both(safe, a, b))

    kind = then.kind if then.kind == other.kind else then.kind if other is NOTHING else OTHER
    if then is NOTHING:
        kind = other.kind
    return Shape(
        kind,
        choose(lambda one: one.safe),
        choose(lambda one: one.none),
        choose(lambda one: one.some),
        choose(lambda one: one.lone),
        choose(lambda one: one.certainly_true),
        choose(lambda one: one.certainly_false),
        choose(lambda one: one.blank),
        (),
        choose(lambda one: one.filled),
    )


def _for(expr: For, scope: Scope) -> Shape:
    sources = []
    for name, source in expr.bindings:
        items = shape_of(source, scope)
        sources.append(items)
        scope = scope.bind(name, one_of(items))
    body = shape_of(expr.body, scope)
    none: Formula = False
    safe: Formula = True
    for items in reversed(sources):
        none = either(items.none, both(items.safe, none))
        safe = either(items.none, both(items.safe, safe))
    first = sources[0]
    inner = body.safe if expr.kind == "for" else body.has_truth
    whole = either(first.none, both(first.safe, inner)) if len(sources) == 1 else both(safe, inner)
    if expr.kind == "for":
        return Shape(body.kind if body.kind != NODES else OTHER, whole, none)
    if expr.kind == "every":
        return of_truth(either(none, both(safe, body.certainly_true)), False, whole)
    return of_truth(False, either(none, both(safe, body.certainly_false)), whole)


def _cast(expr: Cast, scope: Scope) -> Shape:
    operand = shape_of(expr.operand, scope)
    if expr.asked:
        return of_truth(False, operand.none if not expr.optional else False, operand.as_one)
    if expr.optional:
        return Shape(OTHER, operand.none, operand.none, False, True)
    return Shape(OTHER, False, False, False, True)


def _filter(expr: Filter, scope: Scope) -> Shape:
    return ways.filtered(shape_of(expr.operand, scope), expr.predicates, scope)


def _path(expr: Path, scope: Scope) -> Shape:
    return ways.follow(expr, scope)


def _call(expr: Call, scope: Scope) -> Shape:
    if expr.name in ("current", "document"):
        return scope.current if expr.name == "current" else UNKNOWN
    arguments = expr.arguments or ((Here(),) if expr.name in shape_calls.OF_CONTEXT else ())
    given = [shape_of(one, scope) for one in arguments]
    if expr.name == "ends-with" and (found := _name_ends(expr, scope)):
        return found
    if expr.name in scope.functions:
        return _call_own(expr.name, given, scope)
    return shape_calls.call(expr.name, given, arguments)


def _name_ends(expr: Call, scope: Scope) -> Shape | None:
    """``ends-with(name(), 'x')`` of the element of the rule: its path tells."""
    match expr.arguments:
        case (Call("name", ()), Literal(str() as end)) if ":" not in end and scope.context.ways == (
            Way(HERE),
        ):
            yes, no = (Known(kind, HERE, (), (end,)) for kind in (ENDS, ENDS_NOT))
            return of_truth(yes, no, True)
    return None


def _call_own(name: str, given: list[Shape], scope: Scope) -> Shape:
    own = scope.functions[name]
    if len(given) != len(own.parameters):
        return UNKNOWN
    others = {key: one for key, one in scope.functions.items() if key != name}  # none calls itself
    inner = Scope(functions=others)
    safe: Formula = True
    for (parameter, type_), argument in zip(own.parameters, given, strict=True):
        shape = as_type(argument, type_)
        safe = both(safe, shape.safe)
        inner = inner.bind(parameter, shape)
    for variable, type_, expr in own.variables:
        shape = as_type(shape_of(expr, inner), type_)
        safe = both(safe, shape.safe)
        inner = inner.bind(variable, shape)
    answer = as_type(shape_of(own.answer, inner), own.type)
    return replace(
        answer,
        safe=both(safe, answer.safe),
        none=both(safe, answer.none),
        some=both(safe, answer.some),
        true=both(safe, answer.true),
        false=both(safe, answer.false),
        blank=both(safe, answer.blank),
        filled=both(safe, answer.filled),
        ways=(),
    )


_WRITERS: Mapping[type, Callable[..., Shape]] = {
    Literal: _literal,
    Here: _here,
    Root: _root,
    Var: _var,
    Sequence: _sequence,
    Binary: _binary,
    Negative: _negative,
    If: _if,
    For: _for,
    Call: _call,
    Cast: _cast,
    Filter: _filter,
    Path: _path,
}
