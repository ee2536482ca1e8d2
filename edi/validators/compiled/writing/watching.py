"""Finds the paths of names without which a check passes, so that it is made only where they are."""

from __future__ import annotations

from edi.validators.compiled.reading.sharing import ELEMENT
from edi.validators.compiled.reading.xpath import (
    Binary,
    Call,
    Expr,
    Filter,
    For,
    Here,
    Literal,
    Path,
    Step,
    Var,
)
from edi.validators.compiled.writing.env import Env
from edi.validators.compiled.writing.writer import Writer


def paths_feared(writer: Writer, test: Expr, env: Env) -> tuple[tuple[str, ...], ...]:
    """Paths of names without which a test is true, whatever else there is; () where none are known.

    Where they lead nowhere nothing is computed that could raise.
    """
    match test:
        case Call("not", (path,)) | For("every", ((_, path),)):
            return _first_names(writer, path)
        case Binary("<=", Call("count", (path,)), Literal(int())):
            return _first_names(writer, path)
        case Binary(
            "<=", Call("string-length", (Call("substring-after", (path, Literal())),)), Literal(int())
        ):
            return _first_names(writer, path)
        case Binary("or", left, right) if found := paths_feared(writer, left, env):
            return () if writer.truth(right, env).fallible else found
    return ()


def _first_names(writer: Writer, path: Expr) -> tuple[tuple[str, ...], ...]:
    """The child names that a path begins with, one row for each way along it; () where a way has none."""
    ways = _ways(path)
    if not ways or not all(names for names, _ in ways):
        return ()
    return tuple(dict.fromkeys(tuple(map(writer.clark, names)) for names, _ in ways))


def _ways(path: Expr) -> list[tuple[list[str], bool]]:
    """The names of each way, and whether it is known to its end."""
    match path:
        case Here() | Var(ELEMENT.name):
            return [([], True)]
        case Binary("|", left, right):
            return [*_ways(left), *_ways(right)] if _ways(left) and _ways(right) else []
        case Filter(operand, ()):
            return _ways(operand)
        case Path(start, steps):
            ways = _ways(start)
            for step in steps:
                ways = [longer for way in ways for longer in _go_on(way, step)]
            return ways
    return []


def _go_on(way: tuple[list[str], bool], step: Step | Filter) -> list[tuple[list[str], bool]]:
    names, known = way
    if not known:
        return [way]
    if isinstance(step, Filter):
        options = _ways(step.operand)
        return [([*names, *more], on and not step.predicates) for more, on in options] or [(names, False)]
    if step.axis != "child" or "*" in step.test or "(" in step.test:
        return [(names, False)]
    return [([*names, step.test], not step.predicates)]
