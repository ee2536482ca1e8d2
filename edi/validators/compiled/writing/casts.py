"""Writes the Python of casts, and of values given where a type is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.writing.codes import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE,
    EMPTY,
    INTEGER,
    MANY,
    NODE,
    NUMERIC,
    ONE,
    OPT,
    STRING,
    TEXTS,
    UNTYPED,
    Code,
    atoms,
    numeric,
    single,
    string_of,
    told,
)


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
