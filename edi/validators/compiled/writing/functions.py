"""Writes the Python of calls: the functions of XPath that the sheets use, and those of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.regexes import translate
from edi.validators.compiled.reading.xpath import Call, Here
from edi.validators.compiled.writing.codes import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    EMPTY,
    INTEGER,
    MANY,
    NODE,
    NODES,
    NUMBERS,
    NUMERIC,
    ONE,
    OPT,
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
    string_of,
    told,
    truth,
)

if TYPE_CHECKING:
    from edi.validators.compiled.writing.writer import Env, Writer


@dataclass(frozen=True, slots=True)
class Signature:
    """A function of a sheet: its Python name, the types of its parameters, and its answer."""

    name: str
    parameters: tuple[str, ...]
    answer: Code


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
    known = _FUNCTIONS.get(expr.name)
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
    text = ", ".join(["d", *(one.text for one in given)])
    return replace(own.answer, text=f"{own.name}({text})", fallible=fallible)


def convert(code: Code, wanted: str) -> Code:
    """A value given where a type is declared. Raises NotCompiled for a type that no sheet declares."""
    kind, optional = wanted.rstrip("?*+"), wanted[-1:] in "?*" if wanted else True
    if not wanted:
        return code
    if wanted[-1:] in "*+":
        raise NotCompiled(f"type {wanted}")
    if kind == "xs:string":
        value = string_of(code)
    elif kind in ("element()", "node()"):
        if code.kind not in (NODE, EMPTY):
            raise NotCompiled(f"a {code.kind} as {wanted}")
        value = (
            code if code.card != MANY else replace(code, text=f"one({code.text})", card=OPT, fallible=True)
        )
        value = Code("None", NODE, OPT) if code.kind == EMPTY else value
    elif kind == "xs:boolean":
        value = single(code)
        if value.kind != BOOLEAN:
            raise NotCompiled(f"a {value.kind} as {wanted}")
    elif kind in ("xs:decimal", "xs:integer", "xs:double"):
        value = cast(kind, code) if atoms(code).kind == UNTYPED else single(code)
        if value.kind != kind[3:] and not (value.kind == INTEGER and kind == "xs:decimal"):
            raise NotCompiled(f"a {value.kind} as {wanted}")
    else:
        raise NotCompiled(f"type {wanted}")
    if optional or value.card == ONE:
        return value
    return Code(f"need({value.text})", value.kind, ONE, True)


# -- casts ------------------------------------------------------------------------------------------------


def cast(type_: str, code: Code) -> Code:
    """A constructor function, of at most one item."""
    if code.kind == EMPTY:
        return code
    value = single(code)
    writers: Mapping[str, Callable[[Code], Code]] = {
        "xs:decimal": _decimal,
        "xs:double": lambda one: numeric(replace(one, kind=UNTYPED) if one.kind == STRING else one),
        "xs:string": lambda one: told(one) if one.card == ONE else replace(string_of(one), value=None),
        "xs:integer": _integer,
        "xs:date": _date,
        "xs:boolean": _boolean,
    }
    if type_ not in writers:
        raise NotCompiled(f"cast to {type_}")
    return writers[type_](value)


def _decimal(value: Code) -> Code:
    if value.kind in TEXTS:
        name = "dec" if value.card == ONE else "dec_o"
        return Code(f"{name}({value.text})", DECIMAL, value.card, True)
    if value.kind in (INTEGER, DECIMAL):
        return value if value.kind == DECIMAL else replace(value, kind=DECIMAL, value=None)
    if value.kind in (DOUBLE, NUMERIC):
        return Code(f"dec_of({value.text})", DECIMAL, value.card, True)
    raise NotCompiled(f"xs:decimal of a {value.kind}")


def _integer(value: Code) -> Code:
    if value.kind in TEXTS:
        return Code(f"int_s({value.text})", INTEGER, OPT, True)
    if value.kind == INTEGER:
        return value
    raise NotCompiled(f"xs:integer of a {value.kind}")


def _date(value: Code) -> Code:
    if value.kind in TEXTS:
        return Code(f"day({value.text})", DATE, OPT, True)
    if value.kind == DATE:
        return value
    raise NotCompiled(f"xs:date of a {value.kind}")


def _boolean(value: Code) -> Code:
    if value.kind == BOOLEAN:
        return value
    if value.kind in TEXTS:
        return Code(f"{'boo' if value.card == ONE else 'boo_o'}({value.text})", BOOLEAN, value.card, True)
    raise NotCompiled(f"xs:boolean of a {value.kind}")


def castable(type_: str, optional: bool, code: Code) -> Code:
    """``castable as``: never an error but for several items."""
    value = string_of(code)
    names = {"xs:decimal": "is_dec", "xs:integer": "is_int", "xs:double": "is_dbl", "xs:date": "is_day"}
    if type_ not in names:
        raise NotCompiled(f"castable as {type_}")
    text = f"{names[type_]}({value.text})"
    if optional and value.card == OPT:
        text = f"all([{names[type_]}(x) for x in lst({value.text})])"
    return Code(text, BOOLEAN, ONE, value.fallible or type_ == "xs:date")


# -- functions ----------------------------------------------------------------------------------------------

Write = Callable[["Writer", list[Code]], Code]


def _texts(name: str, kind: str) -> Write:
    """A function of strings that takes None for the empty sequence and always answers."""

    def write(writer: Writer, arguments: list[Code]) -> Code:
        given = [string_of(one) for one in arguments]
        text = f"{name}({', '.join(one.text for one in given)})"
        return Code(text, kind, ONE, any(one.fallible for one in given))

    return write


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


def _substring(writer: Writer, arguments: list[Code]) -> Code:
    text, start = string_of(arguments[0]), numeric(arguments[1])
    size = numeric(arguments[2]) if len(arguments) == 3 else Code("inf", DOUBLE)
    given = (text, start, size)
    safe = all(one.is_constant or one.text == "inf" for one in (start, size))
    return Code(
        f"cut({', '.join(one.text for one in given)})",
        STRING,
        ONE,
        any(one.fallible for one in given) or not safe,
    )


def _concat(writer: Writer, arguments: list[Code]) -> Code:
    given = [told(one) for one in arguments]
    return Code(f"({' + '.join(one.text for one in given)})", STRING, ONE, any(one.fallible for one in given))


def _join(writer: Writer, arguments: list[Code]) -> Code:
    items = atoms(many(arguments[0]))
    between = string_of(arguments[1]) if len(arguments) > 1 else constant("")
    if items.kind not in (STRING, UNTYPED):
        raise NotCompiled(f"string-join of {items.kind}")
    return Code(f"join({items.text}, {between.text})", STRING, ONE, items.fallible or between.fallible)


def _translate(writer: Writer, arguments: list[Code]) -> Code:
    given = [told(one) for one in arguments]
    return Code(
        f"replace_chars({', '.join(one.text for one in given)})",
        STRING,
        ONE,
        any(one.fallible for one in given),
    )


def _pattern(writer: Writer, code: Code) -> str:
    if not isinstance(code.value, str):
        raise NotCompiled("a regular expression that is not constant")
    return writer.keep_constant("PATTERN", f"re.compile({translate(code.value)!r})")


def _matches(writer: Writer, arguments: list[Code]) -> Code:
    text = string_of(arguments[0])
    return Code(f"matches({_pattern(writer, arguments[1])}, {text.text})", BOOLEAN, ONE, text.fallible)


def _replace(writer: Writer, arguments: list[Code]) -> Code:
    text, new = string_of(arguments[0]), arguments[2]
    if not isinstance(new.value, str) or "$" in new.value or "\\" in new.value:
        raise NotCompiled("a replacement that is not plain")
    if plain := _plain(arguments[1]):
        return Code(f"({text.text} or '').replace({plain!r}, {new.text})", STRING, ONE, text.fallible)
    return Code(f"replace({_pattern(writer, arguments[1])}, {text.text}, {new.text})", STRING, ONE, True)


def _plain(pattern: Code) -> str:
    """The one character that a pattern means, '' for any other pattern."""
    found = re.fullmatch(r"\\([.|?*+^$(){}\[\]\\-])|([A-Za-z0-9 ])", str(pattern.value))
    return (found[1] or found[2]) if found else ""


def _contains(writer: Writer, arguments: list[Code]) -> Code:
    """``contains(' a b c ', concat(' ', word, ' '))`` asks whether a word is in a list."""
    codes, word = arguments[0].value, arguments[1]
    found = re.fullmatch(r"\(' ' \+ (squeeze\(.*\)) \+ ' '\)", word.text)
    if isinstance(codes, str) and found and re.fullmatch(r" (?:[^\s]+ )+", codes):
        names = writer.keep_constant("LIST", f"frozenset({sorted(codes.split())!r})")
        text = writer.keep_constant("TEXT", repr(codes))
        return Code(f"listed({names}, {text}, {found[1]})", BOOLEAN, ONE, word.fallible)
    return _texts("contains", BOOLEAN)(writer, arguments)


def _tokenize(writer: Writer, arguments: list[Code]) -> Code:
    text, pattern = string_of(arguments[0]), _pattern(writer, arguments[1])
    if isinstance(arguments[0].value, str):
        return constant(tuple(re.split(translate(str(arguments[1].value)), arguments[0].value)))
    return Code(f"tokenize({pattern}, {text.text})", STRING, MANY, text.fallible)


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
    "normalize-space": ((1,), _texts("squeeze", STRING)),
    "string-length": ((1,), _texts("length", INTEGER)),
    "contains": ((2,), _contains),
    "starts-with": ((2,), _texts("starts", BOOLEAN)),
    "ends-with": ((2,), _texts("ends", BOOLEAN)),
    "substring-before": ((2,), _texts("before", STRING)),
    "substring-after": ((2,), _texts("after", STRING)),
    "upper-case": ((1,), _texts("upper", STRING)),
    "lower-case": ((1,), _texts("lower", STRING)),
    "substring": ((2, 3), _substring),
    "concat": (tuple(range(2, 20)), _concat),
    "string-join": ((1, 2), _join),
    "translate": ((3,), _translate),
    "matches": ((2,), _matches),
    "replace": ((3,), _replace),
    "tokenize": ((2,), _tokenize),
    "distinct-values": ((1,), _distinct),
    "name": ((1,), _name("name_of")),
    "local-name": ((1,), _name("local_of")),
    "namespace-uri": ((1,), _name("uri_of")),
}
