"""Writes the Python of calls: the functions of XPath that the sheets use, and those of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.xpath import Call, Here
from edi.validators.compiled.writing.casts import cast, convert
from edi.validators.compiled.writing.codes import (
    BOOLEAN,
    DOUBLE,
    EMPTY,
    INTEGER,
    MANY,
    NODE,
    NODES,
    NUMBERS,
    NUMERIC,
    ONE,
    PRESENCE,
    STRING,
    TEXTS,
    UNTYPED,
    Code,
    atoms,
    constant,
    many,
    numeric,
    single,
    told,
    truth,
)
from edi.validators.compiled.writing.texts import TEXT_FUNCTIONS, Write

if TYPE_CHECKING:
    from edi.validators.compiled.writing.env import Env
    from edi.validators.compiled.writing.writer import Writer


@dataclass(frozen=True, slots=True)
class Signature:
    """A function of a sheet: its Python name, the types of its parameters, and its answer.

    ``is_pure``: it asks nothing of the document, so that its answers are kept from one to the next.
    """

    name: str
    parameters: tuple[str, ...]
    answer: Code
    is_pure: bool


def call(writer: Writer, expr: Call, env: Env) -> Code:
    """The code of a call. Raises NotCompiled for a function that is not known, or not so."""
    if expr.name == "current":
        if env.current is None:
            raise NotCompiled("current() outside a rule")
        return env.current
    arguments = [writer.write(one, env) for one in expr.arguments]
    if expr.name in writer.signatures:
        return _call_own(writer, writer.signatures[expr.name], arguments)
    if expr.name.startswith("xs:") and len(arguments) == 1:
        return cast(expr.name, arguments[0])
    if not arguments and expr.name in _OF_CONTEXT:
        arguments = [writer.write(Here(), env)]
    known = _FUNCTIONS.get(expr.name) or TEXT_FUNCTIONS.get(expr.name)
    if known is None:
        raise NotCompiled(f"function {expr.name}()")
    counts, write = known
    if len(arguments) not in counts:
        raise NotCompiled(f"function {expr.name}() of {len(arguments)}")
    return write(writer, arguments)


_OF_CONTEXT = frozenset(
    {"name", "local-name", "namespace-uri", "string", "normalize-space", "string-length", "number"}
)


def _call_own(writer: Writer, own: Signature, arguments: list[Code]) -> Code:
    if len(arguments) != len(own.parameters):
        raise NotCompiled(f"{own.name} of {len(arguments)}")
    given = [convert(one, wanted) for one, wanted in zip(arguments, own.parameters, strict=True)]
    fallible = own.answer.fallible or any(one.fallible for one in given)
    if own.parameters and all(wanted.startswith("element(") for wanted in own.parameters) and len(given) == 1:
        return replace(own.answer, text=f"d.of({own.name}, {given[0].text})", fallible=fallible)
    text = ", ".join([*([] if own.is_pure else ["d"]), *(one.text for one in given)])
    return replace(own.answer, text=f"{own.name}({text})", fallible=fallible)


# -- functions ----------------------------------------------------------------------------------------------


def _numbers(name: str) -> Write:
    """A function of a number that answers with a number of its kind."""

    def write(writer: Writer, arguments: list[Code]) -> Code:
        given = numeric(arguments[0])
        return Code(f"{name}({given.text})", given.kind, given.card, given.fallible or name != "abs_o")

    return write


def _not(writer: Writer, arguments: list[Code]) -> Code:
    value = truth(arguments[0])
    return Code(f"(not {value.text})", BOOLEAN, ONE, value.fallible)


def _exists(writer: Writer, arguments: list[Code]) -> Code:
    code = arguments[0]
    if code.kind in NODES or code.kind in (PRESENCE, EMPTY):
        return truth(code)
    if code.card == MANY:
        return Code(f"bool({code.text})", BOOLEAN, ONE, code.fallible)
    return Code("True" if code.card == ONE else f"({code.text} is not None)", BOOLEAN, ONE, code.fallible)


def _empty(writer: Writer, arguments: list[Code]) -> Code:
    value = _exists(writer, arguments)
    return replace(value, text=f"(not {value.text})")


def _count(writer: Writer, arguments: list[Code]) -> Code:
    code = arguments[0]
    if code.kind == PRESENCE:
        raise NotCompiled("count of a look-up in a list of codes")
    if code.kind == EMPTY:
        return constant(0)
    if code.card == MANY:
        return Code(f"len({code.text})", INTEGER, ONE, code.fallible)
    return Code("1" if code.card == ONE else f"int({code.text} is not None)", INTEGER, ONE, code.fallible)


def _sum(writer: Writer, arguments: list[Code]) -> Code:
    code = atoms(many(arguments[0]))
    if code.kind == UNTYPED:
        return Code(f"total([dbl(x) for x in {code.text}])", NUMERIC, ONE, True)
    if code.kind not in NUMBERS:
        raise NotCompiled(f"sum of {code.kind}")
    text = f"total({code.text})"
    return Code(f"float({text})" if code.kind == DOUBLE else text, code.kind, ONE, code.fallible)


def _string(writer: Writer, arguments: list[Code]) -> Code:
    return told(arguments[0])


def _number(writer: Writer, arguments: list[Code]) -> Code:
    value = single(arguments[0])
    if value.kind in TEXTS:
        return Code(f"number({value.text})", DOUBLE, ONE, True)
    if value.kind == DOUBLE and value.card == ONE:
        return value
    raise NotCompiled(f"number of a {value.kind}")


def _distinct(writer: Writer, arguments: list[Code]) -> Code:
    items = atoms(many(arguments[0]))
    if items.kind == EMPTY:
        return items
    return Code(f"unique({items.text})", items.kind, MANY, items.fallible)


def _name(function: str) -> Write:
    def write(writer: Writer, arguments: list[Code]) -> Code:
        node = arguments[0]
        if node.kind != NODE:
            raise NotCompiled(f"the name of a {node.kind}")
        if node.card == ONE:
            return Code(f"{function}({node.text})", STRING, ONE, node.fallible)
        return Code(f"first({function}, {many(node).text})", STRING, ONE, True)

    return write


def _truth(writer: Writer, arguments: list[Code]) -> Code:
    return truth(arguments[0])


def _constant(text: str) -> Write:
    return lambda writer, arguments: Code(text, BOOLEAN)


_FUNCTIONS: Mapping[str, tuple[tuple[int, ...], Write]] = {
    "not": ((1,), _not),
    "boolean": ((1,), _truth),
    "true": ((0,), _constant("True")),
    "false": ((0,), _constant("False")),
    "exists": ((1,), _exists),
    "empty": ((1,), _empty),
    "count": ((1,), _count),
    "sum": ((1,), _sum),
    "abs": ((1,), _numbers("abs_o")),
    "round": ((1,), _numbers("round_o")),
    "floor": ((1,), _numbers("floor_o")),
    "ceiling": ((1,), _numbers("ceiling_o")),
    "number": ((1,), _number),
    "string": ((1,), _string),
    "distinct-values": ((1,), _distinct),
    "name": ((1,), _name("name_of")),
    "local-name": ((1,), _name("local_of")),
    "namespace-uri": ((1,), _name("uri_of")),
}
