"""What an expression needs to be known before it can be computed."""

from __future__ import annotations

from functools import lru_cache

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
    Step,
    Var,
)

CONTEXT, DOCUMENT = ".", "/"
_OF_CONTEXT = frozenset(
    "name local-name namespace-uri string normalize-space string-length number position last root".split()
)


@lru_cache(maxsize=65536)
def needs(expr: Expr) -> frozenset[str]:
    """``.`` for the context item, ``/`` for the document, ``$name`` for a variable bound outside."""
    match expr:
        case Literal():
            return frozenset()
        case Here():
            return frozenset({CONTEXT})
        case Root():
            return frozenset({DOCUMENT})
        case Var(name):
            return frozenset({f"${name}"})
        case Sequence(items):
            return _all(items)
        case Binary(_, left, right):
            return needs(left) | needs(right)
        case Negative(operand) | Cast(operand):
            return needs(operand)
        case If(condition, then, otherwise):
            return needs(condition) | needs(then) | needs(otherwise)
        case For():
            return _of_for(expr)
        case Call(name, arguments):
            own = {CONTEXT} if name == "current" or (name in _OF_CONTEXT and not arguments) else set()
            return _all(arguments) | own
        case Filter(operand, predicates):
            return needs(operand) | _inside(predicates)
        case Path(start, steps):
            return needs(start).union(*(_of_step(step) for step in steps))


def _all(items: tuple[Expr, ...]) -> frozenset[str]:
    return frozenset[str]().union(*map(needs, items))


def _inside(predicates: tuple[Expr, ...]) -> frozenset[str]:
    """Of predicates: their context is the item that they filter; ``current()`` remains that of the rule."""
    kept = _all(predicates) - {CONTEXT}
    return kept | {CONTEXT} if any(_is_current(one) for one in predicates) else kept


def _of_step(step: Step | Filter) -> frozenset[str]:
    if isinstance(step, Step):
        return _inside(step.predicates)
    return _inside((step.operand, *step.predicates))


def _of_for(expr: For) -> frozenset[str]:
    found, bound = set[str](), set[str]()
    for name, source in expr.bindings:
        found |= needs(source) - bound
        bound.add(f"${name}")
    return frozenset(found | (needs(expr.body) - bound))


@lru_cache(maxsize=65536)
def _is_current(expr: Expr) -> bool:
    match expr:
        case Call(name, arguments):
            return name == "current" or any(map(_is_current, arguments))
        case Sequence(items):
            return any(map(_is_current, items))
        case Binary(_, left, right):
            return _is_current(left) or _is_current(right)
        case Negative(operand) | Cast(operand):
            return _is_current(operand)
        case If(condition, then, otherwise):
            return any(map(_is_current, (condition, then, otherwise)))
        case For(_, bindings, body):
            return _is_current(body) or any(_is_current(source) for _, source in bindings)
        case Filter(operand, predicates):
            return _is_current(operand) or any(map(_is_current, predicates))
        case Path(start, steps):
            return _is_current(start) or any(map(_step_is_current, steps))
        case _:
            return False


def _step_is_current(step: Step | Filter) -> bool:
    inner = step.predicates if isinstance(step, Step) else (step.operand, *step.predicates)
    return any(map(_is_current, inner))
