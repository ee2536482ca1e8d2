"""Writes the Python of predicates: the items that are let pass, one by one or by a look-up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.depends import CONTEXT, needs
from edi.validators.compiled.reading.sharing import counts
from edi.validators.compiled.reading.xpath import (
    Binary,
    Call,
    Expr,
    Literal,
    Var,
)
from edi.validators.compiled.writing.codes import (
    DATE,
    DECIMAL,
    LEAF,
    MANY,
    NODE,
    NUMBERS,
    ONE,
    TEXTS,
    Code,
    atoms,
    many,
    truth,
)

if TYPE_CHECKING:
    from edi.validators.compiled.writing.env import Env
    from edi.validators.compiled.writing.writer import Writer


def filter_items(writer: Writer, items: Code, predicates: tuple[Expr, ...], env: Env) -> Code:
    """The items of a list that some predicates let pass."""
    for predicate in predicates:
        items = _filter(writer, items, predicate, env)
    return items


def _filter(writer: Writer, items: Code, predicate: Expr, env: Env) -> Code:
    if isinstance(predicate, Literal) and isinstance(predicate.value, int):
        return replace(items, text=f"nth({items.text}, {predicate.value})", value=None, some="")
    if predicate == Call("last", ()):
        return replace(items, text=f"{items.text}[-1:]", value=None, some="")
    if found := _find_by_value(writer, items, predicate, env):
        return found
    item = writer.new_name("m")
    condition = writer.write(predicate, env.within(Code(item, items.kind)))
    if condition.kind in NUMBERS or condition.kind == DATE:
        raise NotCompiled("a predicate that counts")
    test = truth(condition)
    fallible = items.fallible or test.fallible
    text = f"[{item} for {item} in {items.text} if {test.text}]"
    if not fallible and (wanted := _wanted(writer, predicate, env)):
        text = f"({text} if {wanted} else [])"
    return replace(items, text=text, card=MANY, fallible=fallible, value=None, some="")


_KEPT = re.compile(r"d\(\w+\)|d\.all\(\w+\)|d\(\w+\)\.get\('[^'\\]*', E\)")


def _find_by_value(writer: Writer, items: Code, predicate: Expr, env: Env) -> Code | None:
    """``[x = 'v']`` of what is kept for the document: a look-up in a table of its items by x, which other
    values of v share; None where the predicate is not of that kind."""
    match predicate:
        case Binary("=", mine, other) if CONTEXT in needs(mine) and CONTEXT not in needs(other):
            pass
        case _:
            return None
    if items.kind != NODE or items.card != MANY or not _KEPT.fullmatch(items.text):
        return None
    if any(one.startswith("$") for one in needs(mine)):
        return None
    wanted = writer.write(other, env)
    keys = writer.write(mine, env.within(Code("x", NODE)))
    same = (wanted.kind in TEXTS and keys.kind in (*TEXTS, NODE, LEAF)) or wanted.kind == keys.kind == DECIMAL
    if wanted.card != ONE or not same:
        return None
    keys = atoms(many(keys))
    table = writer.keep_table(items.text, mine, keys.text)
    fallible = items.fallible or keys.fallible or wanted.fallible
    return replace(items, text=f"{table}.get({wanted.text}, E)", fallible=fallible, value=None, some="")


def _wanted(writer: Writer, predicate: Expr, env: Env) -> str:
    """The variable that a predicate ``x = $nodes`` compares with: nothing is found where it is empty."""
    match predicate:
        case Binary("=", _, Var(name)) | Binary("=", Var(name), _) if name in env.variables:
            code = env.variables[name]
            return code.text if code.kind == NODE and code.card == MANY else ""
    return ""


def has_rank(predicates: tuple[Expr, ...]) -> bool:
    """Whether a predicate asks for the rank of an item."""
    return any(map(counts, predicates))
