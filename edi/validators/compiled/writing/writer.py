"""Writes the Python of expressions: what is constant is computed, what is of the document is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

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
from edi.validators.compiled.writing import casts, comparisons, functions, paths, predicates
from edi.validators.compiled.writing.arithmetic import ARITHMETIC, common_kind, compute
from edi.validators.compiled.writing.codes import (
    BOOLEAN,
    DECIMAL,
    EMPTY,
    INTEGER,
    MANY,
    NODE,
    ONE,
    OPT,
    STRING,
    TEXT,
    Code,
    atoms,
    constant,
    many,
    numeric,
    truth,
)
from edi.validators.compiled.writing.env import Common, Env
from edi.validators.compiled.writing.keeping import Module


class Writer(Module):
    """Writes the expressions of one module."""

    def __init__(
        self, namespaces: Mapping[str, str], globals_: Mapping[str, Expr], shared: Mapping[Path, int]
    ) -> None:
        """``shared``: how often a path from the document stands in the sheet."""
        super().__init__(namespaces)
        self.signatures: dict[str, functions.Signature] = {}
        self._globals = globals_
        self._shared = shared
        self._known: dict[str, Code] = {ELEMENT.name: Code("d.every[0]", NODE)}
        self._kept: dict[Expr, Code] = {}
        self._sums: dict[tuple[Expr, str], Code] = {}

    # -- expressions --------------------------------------------------------------------------------------

    def write(self, expr: Expr, env: Env) -> Code:
        """The code of an expression. Raises NotCompiled."""
        if not isinstance(expr, Root | Literal | Var) and self._is_worth_keeping(expr, env):
            return self.keep(expr)
        if env.common is not None and expr in env.common.exprs:
            return self._write_common(expr, env, env.common)
        if isinstance(expr, Call) and expr.name == "sum" and (found := self._keep_for_each(expr, env)):
            return found
        return self._write(expr, env)

    def _write(self, expr: Expr, env: Env) -> Code:
        writer: Callable[[Expr, Env], Code] = self._WRITERS[type(expr)].__get__(self)
        return writer(expr, env)

    def _write_common(self, expr: Expr, env: Env, common: Common) -> Code:
        known = common.known.get(expr)
        if known is None:
            code = self._write(expr, env)
            if code.is_constant or code.text.isidentifier():
                known = code
            else:
                name = self.new_name("c")
                common.lines.append(f"{name} = {code.text}")
                known = replace(code, text=name, fallible=False, some="")
            common.known[expr] = known
        return known

    def _keep_for_each(self, expr: Expr, env: Env) -> Code | None:
        """A sum that depends on the document and on one variable, kept for each value of it."""
        wanted = needs(expr)
        names = [one[1:] for one in wanted if one[1:] in env.variables]
        rest = {one[1:] for one in wanted if one.startswith("$")} - {*names, ELEMENT.name, *self._globals}
        if CONTEXT in wanted or len(names) != 1 or rest:
            return None
        (name,) = names
        value = env.variables[name]
        if value.card != ONE or value.kind not in (STRING, DECIMAL, INTEGER):
            return None
        known = self._sums.get((expr, value.kind))
        if known is None:
            code = self._write(expr, Env(variables={name: Code("x", value.kind)}))
            function = self.new_name("each_")
            self.shared.append(f"def {function}(d, x):\n    return {code.text}\n")
            known = self._sums[expr, value.kind] = replace(code, text=function)
        return replace(known, text=f"d.of({known.text}, {value.text})")

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

    def keep(self, expr: Expr) -> Code:
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
            self._known[expr.name] = self.keep(self._globals[expr.name])
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
        if operator in ARITHMETIC:
            return compute(operator, numeric(left), numeric(right))
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
        env = replace(env, common=None)
        then, other = self.write(expr.then, env), self.write(expr.otherwise, env)
        kind, card = common_kind(then, other)
        if kind == TEXT:
            then, other = atoms(then), atoms(other)
        if card == MANY:
            then, other = many(then), many(other)
        texts = ["None" if one.kind == EMPTY and card == OPT else one.text for one in (then, other)]
        fallible = condition.fallible or then.fallible or other.fallible
        return Code(f"({texts[0]} if {condition.text} else {texts[1]})", kind, card, fallible)

    def _for(self, expr: For, env: Env) -> Code:
        loops, fallible = [], False
        inner = replace(env, closed=False, common=None)
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
            return casts.castable(expr.type, expr.optional, operand)
        value = casts.cast(expr.type, operand)
        if expr.optional or (value.card == ONE and value.kind != EMPTY):
            return value
        return Code(f"need({'None' if value.kind == EMPTY else value.text})", value.kind, ONE, True)

    def _filter(self, expr: Filter, env: Env) -> Code:
        return predicates.filter_items(self, many(self.write(expr.operand, env)), expr.predicates, env)

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
