"""Writes the Python of arithmetic, and tells what kind holds two values."""

from __future__ import annotations

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.writing.codes import (
    DECIMAL,
    DOUBLE,
    EMPTY,
    INTEGER,
    MANY,
    NODE,
    NUMERIC,
    ONE,
    OPT,
    TEXT,
    TEXTS,
    Code,
    as_double,
)

_MIXED = {"+": "add_n", "-": "sub_n", "*": "mul_n", "div": "div_n", "mod": "mod_o", "idiv": "idiv_o"}
_EXACT = {"+": "add_o", "-": "sub_o", "*": "mul_o", "mod": "mod_o", "idiv": "idiv_o"}
ARITHMETIC = _MIXED.keys()


def common_kind(a: Code, b: Code) -> tuple[str, str]:
    """The kind and the card that hold both branches of a condition."""
    if EMPTY in (a.kind, b.kind):
        other = b if a.kind == EMPTY else a
        return other.kind, other.card if other.card == MANY else OPT
    kinds = {a.kind, b.kind}
    if kinds == {INTEGER, DECIMAL}:
        kinds = {DECIMAL}
    if len(kinds) > 1 and kinds <= {NODE, *TEXTS}:
        kinds = {TEXT}
    if len(kinds) != 1:
        raise NotCompiled(f"a condition between {a.kind} and {b.kind}")
    card = MANY if MANY in (a.card, b.card) else OPT if OPT in (a.card, b.card) else ONE
    return kinds.pop(), card


def compute(operator: str, a: Code, b: Code) -> Code:
    """Arithmetic: with a double everything is a double, and integers divide into a decimal."""
    double = DOUBLE in (a.kind, b.kind)
    if NUMERIC in (a.kind, b.kind) and not double:
        fallible = a.fallible or b.fallible or operator not in ("+", "-", "*")
        return Code(f"{_MIXED[operator]}({a.text}, {b.text})", NUMERIC, OPT, fallible)
    if double:
        a, b = as_double(a), as_double(b)
    card = ONE if ONE == a.card == b.card else OPT
    fallible = a.fallible or b.fallible or operator in ("div", "idiv", "mod")
    if operator == "div":
        safe = b.is_constant and b.value != 0
        if double and safe and card == ONE:
            return Code(f"({a.text} / {b.text})", DOUBLE, ONE, a.fallible)
        name = "div_f" if double else "div_d"
        return Code(
            f"{name}({a.text}, {b.text})",
            DOUBLE if double else DECIMAL,
            card,
            a.fallible or not safe or b.fallible or not double,
        )
    kind = DOUBLE if double else INTEGER if {a.kind, b.kind} == {INTEGER} or operator == "idiv" else DECIMAL
    if card == ONE and operator in ("+", "-", "*"):
        return Code(f"({a.text} {operator} {b.text})", kind, ONE, fallible)
    return Code(f"{_EXACT[operator]}({a.text}, {b.text})", kind, card, fallible)
