"""A piece of Python that computes an XPath expression, and what is known of its value beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from edi.validators.compiled.errors import NotCompiled

NODE, LEAF = "node", "leaf"  # a leaf is an attribute or a text, known by its string alone
WORDS = "words"  # texts, which are told without a space between
UNTYPED, STRING = "untyped", "string"
INTEGER, DECIMAL, DOUBLE = "integer", "decimal", "double"
NUMERIC = "numeric"  # a double, or the integer that the sum of nothing is, and what is reckoned with it
BOOLEAN, DATE, EMPTY = "boolean", "date", "empty"
TEXT = "text"  # of a node or of a string: which of the two is known when it is computed
PRESENCE = "presence"  # a truth that stands for nodes of another document

NODES = frozenset({NODE, LEAF, WORDS})
TEXTS = frozenset({LEAF, WORDS, UNTYPED, STRING, TEXT})
NUMBERS = frozenset({INTEGER, DECIMAL, DOUBLE, NUMERIC})

ONE, OPT, MANY = "1", "?", "*"


@dataclass(frozen=True, slots=True)
class Code:
    """``text`` is a Python expression: a value (ONE), a value or None (OPT), or a list (MANY).

    ``fallible``: it may raise, so that it must be computed wherever Saxon might. ``value`` is that of a
    constant, a tuple for several items.
    """

    text: str
    kind: str
    card: str = ONE
    fallible: bool = False
    value: Any = None
    nested: bool = False  # nodes of which some may lie in others
    mixed: bool = False  # nodes that may not be in document order
    some: str = ""  # Python that is true where there is any item, when that is easier to tell

    @property
    def is_constant(self) -> bool:
        return self.value is not None


def constant(value: Any) -> Code:
    """The code of a string, a number, or a tuple of such."""
    if isinstance(value, tuple):
        kinds = {kind_of(item) for item in value}
        kind = kinds.pop() if len(kinds) == 1 else DECIMAL if kinds <= {INTEGER, DECIMAL} else ""
        if not kind:
            raise NotCompiled("a sequence of values of several kinds")
        return Code(f"({', '.join(map(literal, value))},)", kind, MANY, value=value)
    return Code(literal(value), kind_of(value), value=value)


def kind_of(value: object) -> str:
    kinds: dict[type, str] = {str: STRING, int: INTEGER, Decimal: DECIMAL, float: DOUBLE}
    return kinds[type(value)]


def literal(value: object) -> str:
    return f"Decimal('{value}')" if isinstance(value, Decimal) else repr(value)


def truth(code: Code) -> Code:
    """The effective boolean value, as a bool."""
    text = _truth(code)
    fallible = code.fallible or (code.card == MANY and code.kind not in NODES)
    return Code(text, BOOLEAN, fallible=fallible)


def _truth(code: Code) -> str:
    if code.kind in (EMPTY,):
        return "False"
    if code.kind == PRESENCE or (code.kind == BOOLEAN and code.card == ONE):
        return code.text
    if code.kind == NODE and code.card == ONE:
        return "True"
    if code.kind in NODES:
        return f"bool({code.some or code.text})" if code.card == MANY else f"({code.text} is not None)"
    if code.kind in (DATE, TEXT):
        raise NotCompiled(f"the truth of a {code.kind}")
    if code.card == MANY:
        return f"truth({code.text})"
    if code.kind in (DOUBLE, NUMERIC):
        return f"truth_of({code.text})"
    return f"bool({code.text})"


def atoms(code: Code) -> Code:
    """The typed values: of a node and of a leaf, its string, untyped."""
    if code.kind == NODE:
        text = {ONE: f"{code.text}.t", OPT: f"t_opt({code.text})", MANY: f"[x.t for x in {code.text}]"}
        return replace(code, text=text[code.card], kind=UNTYPED)
    if code.kind in (LEAF, WORDS):
        return replace(code, kind=UNTYPED)
    if code.kind == PRESENCE:
        raise NotCompiled("the value of a look-up in a list of codes")
    return code


def single(code: Code) -> Code:
    """The typed value of what may be one item at most: an error is raised when there are several."""
    if code.card != MANY:
        return atoms(code)
    if code.kind == NODE:
        if found := re.fullmatch(r"(\w+)\.c\.get\((\w+), E\)", code.text):
            return Code(f"t_kid({found[1]}, {found[2]})", UNTYPED, OPT, fallible=True)
        return Code(f"t_one({code.text})", UNTYPED, OPT, fallible=True)
    return replace(atoms(code), text=f"one({code.text})", card=OPT, fallible=True, value=None)


def string_of(code: Code) -> Code:
    """An argument of type xs:string?: untyped values are strings, others are refused."""
    if code.kind == EMPTY:
        return Code("None", STRING, OPT)
    value = single(code)
    if value.kind not in TEXTS:
        raise NotCompiled(f"a {value.kind} where a string is asked for")
    return replace(value, kind=STRING)


def told(code: Code) -> Code:
    """fn:string of at most one item; '' of none."""
    if code.kind == EMPTY:
        return constant("")
    value = single(code)
    if value.kind in TEXTS:
        return (
            replace(value, kind=STRING)
            if value.card == ONE
            else Code(f"({value.text} or '')", STRING, fallible=value.fallible)
        )
    if value.kind in NUMBERS:
        return Code(f"tell_number({value.text})", STRING, fallible=value.fallible)
    if value.kind == BOOLEAN:
        return Code(f"tell_truth({value.text})", STRING, fallible=value.fallible)
    raise NotCompiled(f"the text of a {value.kind}")


def numeric(code: Code) -> Code:
    """At most one number: an untyped value is taken for a double."""
    if code.kind == EMPTY:
        return Code("None", DOUBLE, OPT)
    value = single(code)
    if value.kind == UNTYPED:
        name = "dbl" if value.card == ONE else "dbl_o"
        return Code(f"{name}({value.text})", DOUBLE, value.card, fallible=True)
    if value.kind not in NUMBERS:
        raise NotCompiled(f"a {value.kind} where a number is asked for")
    return value


def as_double(code: Code) -> Code:
    """A number as a double."""
    if code.kind == DOUBLE:
        return code
    if code.is_constant and not isinstance(code.value, tuple):
        return constant(float(code.value))
    name = "float" if code.card == ONE else "flt_o"
    return Code(f"{name}({code.text})", DOUBLE, code.card, fallible=code.fallible)


def many(code: Code) -> Code:
    """The same as a list."""
    if code.kind == EMPTY:
        return Code("()", NODE, MANY)
    if code.card == MANY:
        return code
    text = f"({code.text},)" if code.card == ONE else f"lst({code.text})"
    return replace(code, text=text, card=MANY, value=None)
