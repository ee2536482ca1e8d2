"""Writes the Python of expressions: what is constant is computed, what is of the document is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from sys import intern

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.depends import CONTEXT, needs
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
from edi.validators.compiled.writing import comparisons, functions, paths
from edi.validators.compiled.writing.codes import (
    BOOLEAN,
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
    atoms,
    constant,
    many,
    numeric,
    truth,
)

_MIXED = {"+": "add_n", "-": "sub_n", "*": "mul_n", "div": "div_n", "mod": "mod_o", "idiv": "idiv_o"}
_ARITHMETIC = {"+": "add_o", "-": "sub_o", "*": "mul_o", "mod": "mod_o", "idiv": "idiv_o"}


@dataclass(frozen=True, slots=True)
class Env:
    """What is bound where an expression stands.

    ``closed``: the whole of what is being written is computed once a document, so that no part of it need be
    kept by itself.
    """

    context: Code | None = None
    current: Code | None = None
    variables: Mapping[str, Code] = field(default_factory=dict)
    closed: bool = False
    kept: Expr | None = None  # the expression that is being written as the answer of a function of its own

    def within(self, context: Code) -> Env:
        """Inside a predicate or a step, where the context is another one."""
        return replace(self, context=context, closed=False)

    def bind(self, name: str, code: Code) -> Env:
        return replace(self, variables={**self.variables, name: code})


class Writer:
    """One module being written: its constants and the functions that its rules share."""

    def __init__(
        self, namespaces: Mapping[str, str], globals_: Mapping[str, Expr], shared: Mapping[Path, int]
    ) -> None:
        """``shared``: how often a path from the document stands in the sheet."""
        self.namespaces = namespaces
        self.constants: dict[str, str] = {}  # name -> Python
        self.shared: list[str] = []  # whole functions
        self.signatures: dict[str, functions.Signature] = {}
        self._globals = globals_
        self._shared = shared
        self._known: dict[str, Code] = {ELEMENT.name: Code("d.every[0]", NODE)}
        self._kept: dict[Expr, Code] = {}
        self._count = 0

    def new_name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def keep_constant(self, stem: str, python: str) -> str:
        """The name of a module constant that holds this; one for all equal ones."""
        for name, known in self.constants.items():
            if known == python and name.startswith(stem):
                return name
        name = stem if stem not in self.constants else self.new_name(f"{stem}_")
        self.constants[name] = python
        return name

    def tag(self, name: str) -> str:
        """The constant that holds the Clark name of a prefixed name."""
        readable = re.sub(r"\W", "_", name)
        return self.keep_constant(f"Q_{readable}", repr(self.clark(name)))

    def clark(self, name: str) -> str:
        prefix, colon, local = name.rpartition(":")
        if not colon:
            return name
        if prefix not in self.namespaces:
            raise NotCompiled(f"prefix {prefix} is not declared")
        return intern(f"{{{self.namespaces[prefix]}}}{local}")

    # -- expressions --------------------------------------------------------------------------------------

    def write(self, expr: Expr, env: Env) -> Code:
        """The code of an expression. Raises NotCompiled."""
        if not isinstance(expr, Root | Literal | Var) and self._is_worth_keeping(expr, env):
            return self._keep(expr)
        writer: Callable[[Expr, Env], Code] = self._WRITERS[type(expr)].__get__(self)
        return writer(expr, env)

    def truth(self, expr: Expr, env: Env) -> Code:
        return truth(self.write(expr, env))

    def _is_worth_keeping(self, expr: Expr, env: Env) -> bool:
        """The largest part that is computed once a document, and the paths in it, which others may share."""
        if env.closed:
            is_part = isinstance(expr, Path) and expr != env.kept and self.shares(expr)
            return is_part and self.is_closed(expr)
        return self.is_closed(expr)

    def is_closed(self, expr: Expr) -> bool:
        """Whether an expression is the same wherever it stands, for one document."""
        wanted = needs(expr)
        if CONTEXT in wanted:
            return False
        names = {one[1:] for one in wanted if one.startswith("$")}
        names.discard(ELEMENT.name)
        return len(wanted) > 0 and names <= self._globals.keys()

    def shares(self, path: Path) -> bool:
        """Whether a path from the document is asked for more than once."""
        return self._shared.get(path, 0) > 1

    def _keep(self, expr: Expr) -> Code:
        """A function of the document alone, whose answer is kept while one document is judged."""
        known = self._kept.get(expr)
        if known is None:
            # the context of a variable of the sheet is the document
            code = self.write(expr, Env(context=Code("d.r", NODE), closed=True, kept=expr))
            if code.is_constant:
                return code
            name = self.new_name("once_")
            self.shared.append(f"def {name}(d):\n    return {code.text}\n")
            known = self._kept[expr] = replace(code, text=f"d({name})")
        return known

    def _literal(self, expr: Literal, env: Env) -> Code:
        return constant(expr.value)

    def _here(self, expr: Here, env: Env) -> Code:
        if env.context is None:
            raise NotCompiled("no context item")
        return env.context

    def _root(self, expr: Root, env: Env) -> Code:
        return Code("d.r", NODE)

    def _var(self, expr: Var, env: Env) -> Code:
        if expr.name in env.variables:
            return env.variables[expr.name]
        if expr.name not in self._globals and expr.name not in self._known:
            raise NotCompiled(f"${expr.name} is not bound")
        if expr.name not in self._known:
            self._known[expr.name] = self._keep(self._globals[expr.name])
        return self._known[expr.name]

    def _sequence(self, expr: Sequence, env: Env) -> Code:
        if not expr.items:
            return Code("()", EMPTY)
        items = [self.write(item, env) for item in expr.items]
        if all(item.is_constant for item in items):
            flat = [
                v for item in items for v in (item.value if isinstance(item.value, tuple) else (item.value,))
            ]
            return constant(tuple(flat))
        items = [item for item in items if item.kind != EMPTY]
        kinds = {item.kind for item in items}
        if len(kinds) != 1:
            raise NotCompiled(f"a sequence of {', '.join(sorted(kinds))}")
        text = ", ".join(f"*{many(item).text}" for item in items)
        return Code(f"[{text}]", kinds.pop(), MANY, any(item.fallible for item in items))

    def _binary(self, expr: Binary, env: Env) -> Code:
        operator = expr.operator
        if operator in ("and", "or"):
            return self._logic(expr, env)
        left, right = self.write(expr.left, env), self.write(expr.right, env)
        if operator in comparisons.GENERAL:
            return comparisons.compare_any(self, operator, left, right)
        if operator in comparisons.VALUE:
            return comparisons.compare_values(operator, left, right)
        if operator == "|":
            return paths.unite(left, right)
        if operator in _ARITHMETIC or operator == "div":
            return _compute(operator, numeric(left), numeric(right))
        raise NotCompiled(f"operator {operator}")

    def _logic(self, expr: Binary, env: Env) -> Code:
        """Saxon computes the sides in the order it likes: a second one that may raise is always computed."""
        left, right = self.truth(expr.left, env), self.truth(expr.right, env)
        word = expr.operator if not right.fallible else {"and": "&", "or": "|"}[expr.operator]
        return Code(f"({left.text} {word} {right.text})", BOOLEAN, fallible=left.fallible or right.fallible)

    def _negative(self, expr: Negative, env: Env) -> Code:
        value = numeric(self.write(expr.operand, env))
        if value.is_constant:
            return constant(-value.value)
        text = f"(-{value.text})" if value.card == ONE else f"neg_o({value.text})"
        return replace(value, text=text)

    def _if(self, expr: If, env: Env) -> Code:
        condition = self.truth(expr.condition, env)
        then, other = self.write(expr.then, env), self.write(expr.otherwise, env)
        kind, card = _common(then, other)
        if kind == TEXT:
            then, other = atoms(then), atoms(other)
        if card == MANY:
            then, other = many(then), many(other)
        texts = ["None" if one.kind == EMPTY and card == OPT else one.text for one in (then, other)]
        fallible = condition.fallible or then.fallible or other.fallible
        return Code(f"({texts[0]} if {condition.text} else {texts[1]})", kind, card, fallible)

    def _for(self, expr: For, env: Env) -> Code:
        loops, fallible = [], False
        inner = replace(env, closed=False)
        for name, source in expr.bindings:
            items = many(self.write(source, inner))
            variable = self.new_name("i")
            loops.append(f"for {variable} in {items.text}")
            fallible = fallible or items.fallible
            inner = inner.bind(name, Code(variable, items.kind))
        if expr.kind == "for":
            return self._for_each(expr.body, " ".join(loops), inner, fallible)
        body = self.truth(expr.body, inner)
        fallible = fallible or body.fallible
        word = "any" if expr.kind == "some" else "all"
        inside = f"{body.text} {' '.join(loops)}"
        return Code(f"{word}([{inside}])" if fallible else f"{word}({inside})", BOOLEAN, fallible=fallible)

    def _for_each(self, body: Expr, loops: str, inner: Env, fallible: bool) -> Code:
        code = self.write(body, inner)
        fallible = fallible or code.fallible
        if code.card == ONE:
            return Code(f"[{code.text} {loops}]", code.kind, MANY, fallible)
        item = self.new_name("r")
        return Code(f"[{item} {loops} for {item} in {many(code).text}]", code.kind, MANY, fallible)

    def _call(self, expr: Call, env: Env) -> Code:
        return functions.call(self, expr, env)

    def _cast(self, expr: Cast, env: Env) -> Code:
        operand = self.write(expr.operand, env)
        if expr.asked:
            return functions.castable(expr.type, expr.optional, operand)
        value = functions.cast(expr.type, operand)
        if expr.optional or (value.card == ONE and value.kind != EMPTY):
            return value
        return Code(f"need({'None' if value.kind == EMPTY else value.text})", value.kind, ONE, True)

    def _filter(self, expr: Filter, env: Env) -> Code:
        return paths.filter_items(self, many(self.write(expr.operand, env)), expr.predicates, env)

    def _path(self, expr: Path, env: Env) -> Code:
        return paths.write(self, expr, env)

    _WRITERS: Mapping[type, Callable[..., Code]] = {
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


def _common(a: Code, b: Code) -> tuple[str, str]:
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


def _compute(operator: str, a: Code, b: Code) -> Code:
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
    return Code(f"{_ARITHMETIC[operator]}({a.text}, {b.text})", kind, card, fallible)
