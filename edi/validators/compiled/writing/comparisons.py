"""The comparisons of XPath: the general ones, of any item with any, and those of one value with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled

if TYPE_CHECKING:
    from edi.validators.compiled.writing.writer import Writer
from edi.validators.compiled.writing.codes import (
    BOOLEAN,
    DATE,
    EMPTY,
    MANY,
    NODE,
    NODES,
    NUMBERS,
    NUMERIC,
    ONE,
    OPT,
    TEXTS,
    UNTYPED,
    Code,
    as_double,
    atoms,
    literal,
    single,
)

GENERAL = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
VALUE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_NAMES = {"==": "eq_o", "!=": "ne_o", "<": "lt_o", "<=": "le_o", ">": "gt_o", ">=": "ge_o"}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compare_values(operator: str, left: Code, right: Code) -> Code:
    """``eq`` and its like: untyped values are strings; false stands for the empty answer."""
    if EMPTY in (left.kind, right.kind):
        return Code("False", BOOLEAN)
    a, b = single(left), single(right)
    sign = VALUE[operator]
    if a.kind in TEXTS and b.kind in TEXTS:
        pass
    elif a.kind in NUMBERS and b.kind in NUMBERS:
        if NUMERIC in (a.kind, b.kind):
            return _compare_mixed(sign, a, b)
        if a.kind != b.kind:
            a, b = _as_numbers(a, b)
    elif a.kind != b.kind or a.kind not in (BOOLEAN, DATE):
        raise NotCompiled(f"{a.kind} {operator} {b.kind}")
    fallible = a.fallible or b.fallible
    if ONE == a.card == b.card:
        return Code(f"({a.text} {sign} {b.text})", BOOLEAN, fallible=fallible)
    return Code(f"{_NAMES[sign]}({a.text}, {b.text})", BOOLEAN, ONE, fallible)


def compare_any(writer: Writer, operator: str, left: Code, right: Code) -> Code:
    """``=`` and its like: true when it is true of any item of the one and any of the other."""
    if EMPTY in (left.kind, right.kind):
        return Code("False", BOOLEAN)
    sign = GENERAL[operator]
    if left.is_constant and not right.is_constant:
        left, right, sign = right, left, _TURNED[sign]
    kinds = (_atomic(left), _atomic(right))
    fallible = left.fallible or right.fallible
    if all(kind in TEXTS for kind in kinds):
        return Code(_compare_texts(writer, sign, left, right), BOOLEAN, fallible=fallible)
    if NUMERIC in kinds and "double" not in kinds and UNTYPED not in kinds:
        return _compare_mixed(sign, atoms(left), atoms(right))
    a, b = _to_common(left, right)
    fallible = fallible or a.fallible or b.fallible
    return Code(_compare_atoms(writer, sign, a, b), BOOLEAN, fallible=fallible)


def _compare_mixed(sign: str, a: Code, b: Code) -> Code:
    """A number that is known to be a double or not only when it is computed."""
    if a.kind not in NUMBERS or b.kind not in NUMBERS or MANY in (a.card, b.card):
        raise NotCompiled(f"{a.kind} compared with {b.kind}")
    name = _NAMES[sign].replace("_o", "_n")
    return Code(f"{name}({a.text}, {b.text})", BOOLEAN, ONE, a.fallible or b.fallible)


def _atomic(code: Code) -> str:
    return UNTYPED if code.kind in NODES else code.kind


def _compare_texts(writer: Writer, sign: str, left: Code, right: Code) -> str:
    """Strings are looked for in the nodes themselves, without a list of them being made."""
    if sign == "==" and left.kind == NODE and left.card == MANY:
        if right.is_constant:
            texts = right.value if isinstance(right.value, tuple) else (right.value,)
            if len(texts) == 1:
                return f"has({left.text}, {texts[0]!r})"
            return f"among({left.text}, {_set(writer, texts)})"
        if right.kind == NODE and right.card == MANY:
            return f"common({left.text}, {right.text})"
        if right.card == ONE:
            return f"has({left.text}, {atoms(right).text})"
    return _compare_atoms(writer, sign, atoms(left), atoms(right))


def _set(writer: Writer, values: tuple[object, ...]) -> str:
    """The constant that holds these values, each once."""
    items = ", ".join(sorted(map(literal, set(values))))
    return writer.keep_constant("SET", f"frozenset(({items},))")


def _compare_atoms(writer: Writer, sign: str, a: Code, b: Code) -> str:
    if isinstance(b.value, tuple) and sign == "==":
        values = _set(writer, b.value)
        return f"({a.text} in {values})" if a.card != MANY else f"(not {values}.isdisjoint({a.text}))"
    if MANY not in (a.card, b.card):
        if ONE == a.card == b.card or (sign == "==" and b.card == ONE):
            return f"({a.text} {sign} {b.text})"
        return f"{_NAMES[sign]}({a.text}, {b.text})"
    if sign == "==" and b.card == ONE:
        return f"({b.text} in {a.text})"
    if sign == "==" and MANY == a.card == b.card:
        return f"(not frozenset({a.text}).isdisjoint({b.text}))"
    one = "y" if a.card == MANY else ""
    if a.card == MANY and b.card == MANY:
        return f"any([y {sign} z for z in {b.text} for y in {a.text}])"
    if one:
        return f"any([{_pair(sign, 'y', b)} for y in {a.text}])"
    return f"any([{_pair(_TURNED[sign], 'y', a)} for y in {b.text}])"


def _pair(sign: str, item: str, other: Code) -> str:
    return f"{item} {sign} {other.text}" if other.card == ONE else f"{_NAMES[sign]}({item}, {other.text})"


def _to_common(left: Code, right: Code) -> tuple[Code, Code]:
    """Both sides as values that compare: an untyped one is cast to the kind of the other."""
    a, b = atoms(left), atoms(right)
    if a.kind == UNTYPED and b.kind in NUMBERS:
        return _cast(a, "dbl"), _each_double(b)
    if b.kind == UNTYPED and a.kind in NUMBERS:
        return _each_double(a), _cast(b, "dbl")
    if a.kind == UNTYPED and b.kind == BOOLEAN:
        return _cast(a, "boo"), b
    if b.kind == UNTYPED and a.kind == BOOLEAN:
        return a, _cast(b, "boo")
    if a.kind in NUMBERS and b.kind in NUMBERS:
        return _as_numbers(a, b)
    if a.kind == b.kind and a.kind in (BOOLEAN, DATE):
        return a, b
    raise NotCompiled(f"{a.kind} compared with {b.kind}")


def _cast(code: Code, name: str) -> Code:
    kind = "double" if name == "dbl" else BOOLEAN
    if code.card == MANY:
        nodes = code.text.removeprefix("[x.t for x in ")
        text = f"[{name}(x.t) for x in {nodes}" if nodes != code.text else f"[{name}(x) for x in {code.text}]"
        return Code(text, kind, MANY, fallible=True)
    if code.card == ONE:
        return Code(f"{name}({code.text})", kind, ONE, fallible=True)
    return Code(f"one([{name}(x) for x in lst({code.text})])", kind, OPT, fallible=True)


def _as_numbers(a: Code, b: Code) -> tuple[Code, Code]:
    """A decimal is compared with a double as a double."""
    if "double" in (a.kind, b.kind):
        return _each_double(a), _each_double(b)
    return a, b


def _each_double(code: Code) -> Code:
    if code.kind == "double" or code.card != MANY:
        return as_double(code)
    return Code(f"[float(x) for x in {code.text}]", "double", MANY, code.fallible)
