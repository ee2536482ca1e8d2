"""Writes the Python of paths: one step after the other, from a node or from a list of nodes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.sharing import ELEMENT, prefixes, rest
from edi.validators.compiled.reading.xpath import (
    ANYWHERE,
    Binary,
    Call,
    Expr,
    Filter,
    Here,
    Path,
    Root,
    Step,
)
from edi.validators.compiled.writing.codes import (
    EMPTY,
    LEAF,
    MANY,
    NODE,
    ONE,
    Code,
    many,
)
from edi.validators.compiled.writing.lists import look_up
from edi.validators.compiled.writing.predicates import filter_items, has_rank
from edi.validators.compiled.writing.steps import along, attribute, is_name, of_test, texts

if TYPE_CHECKING:
    from edi.validators.compiled.writing.env import Env
    from edi.validators.compiled.writing.writer import Writer

_FINAL = frozenset({"child", "attribute", "parent"})  # steps that come to nothing from above the document


def write(writer: Writer, path: Path, env: Env) -> Code:
    """The code of a path: its nodes in document order, or what its last step computes of each."""
    if isinstance(path.start, Call) and path.start.name == "document":
        return look_up(writer, path, env)
    start, steps = _split(writer, path)
    code = writer.write(start, env)
    if code.kind != NODE:
        raise NotCompiled(f"a step from a {code.kind}")
    while steps:
        code, taken = _take(writer, code, steps, env)
        del steps[:taken]
        if steps and code.kind != NODE and not _is_self(steps[0]):
            raise NotCompiled(f"a step from a {code.kind}")
    if code.mixed and code.kind == NODE:
        return replace(
            code, text=f"sort({code.text})", nested=False, mixed=False, some=code.some or code.text
        )
    return code


def _split(writer: Writer, path: Path) -> tuple[Expr, list[Step | Filter]]:
    """A path from the document as a beginning that other paths share, and what leads on from there."""
    if path.start in (Root(), ELEMENT):
        for prefix in prefixes(path):
            if writer.shares(prefix) and writer.is_closed(prefix):
                return prefix, rest(path, prefix)
    return path.start, list(path.steps)


def unite(left: Code, right: Code) -> Code:
    """The union of two paths."""
    if EMPTY in (left.kind, right.kind):
        return right if left.kind == EMPTY else left
    a, b = many(left), many(right)
    fallible = a.fallible or b.fallible
    if a.kind == b.kind == NODE:
        return Code(f"union({a.text}, {b.text})", NODE, MANY, fallible)
    if a.kind == b.kind == LEAF:
        return Code(f"[*{a.text}, *{b.text}]", LEAF, MANY, fallible)
    raise NotCompiled(f"the union of {a.kind} and {b.kind}")


_PLAIN = re.compile(r"\w+(?:\.p)*")


# -- steps --------------------------------------------------------------------------------------------------


def _take(writer: Writer, code: Code, steps: list[Step | Filter], env: Env) -> tuple[Code, int]:
    """The code after the next step, or the next ones where several go together; and how many they were."""
    step = steps[0]
    if isinstance(step, Filter):
        return _compute(writer, code, step, env), 1
    if step == ANYWHERE and len(steps) > 1 and (found := _anywhere(writer, code, steps[1], env)):
        return found, 2
    if step.axis == "child" and is_name(step.test) and not step.predicates:
        run = 1
        while run < len(steps) and _is_plain_child(steps[run]):
            run += 1
        names = [writer.tag(one.test) for one in steps[:run] if isinstance(one, Step)]
        return _children(code, names), run
    if code.card == MANY and has_rank(step.predicates):
        item = writer.new_name("m")
        inner = many(_step(writer, replace(code, text=item, card=ONE), step, env, True))
        last = writer.new_name("m")
        text = f"[{last} for {item} in {code.text} for {last} in {inner.text}]"
        return replace(
            inner, text=text, fallible=code.fallible or inner.fallible, nested=code.nested, mixed=True
        ), 1
    return _step(writer, code, step, env, len(steps) == 1), 1


def _anywhere(writer: Writer, code: Code, step: Step | Filter, env: Env) -> Code | None:
    """``//`` and the step after it, where the two together are a look-up; None where they are not."""
    if isinstance(step, Filter):
        options = _options(step.operand)
        if not options or has_rank(step.predicates):
            return None
        found = _search(writer, code, options[0], env)
        for option in options[1:]:
            found = unite(found, _search(writer, code, option, env))
        return replace(filter_items(writer, found, step.predicates, env), nested=True)
    if step.axis == "attribute" and is_name(step.test) and code.text == "d.r":
        name = writer.clark(step.test)
        text, some = f"[x.a[{name!r}] for x in d.bearing({name!r})]", f"d.bearing({name!r})"
        return filter_items(writer, Code(text, LEAF, MANY, some=some), step.predicates, env)
    return _search(writer, code, step, env) if _is_plain(step) else None


def _options(expr: Expr) -> list[Step]:
    """The steps of ``(a | b)``; none for any other expression."""
    match expr:
        case Binary("|", left, right):
            before, after = _options(left), _options(right)
            return [*before, *after] if before and after else []
        case Path(Here(), (Step("child") as step,)) if _is_plain(step):
            return [step]
    return []


def _is_plain(step: Step | Filter) -> bool:
    """A child by name whose predicates do not count: after ``//`` it is any descendant of that name."""
    return (
        isinstance(step, Step)
        and step.axis == "child"
        and "(" not in step.test
        and not has_rank(step.predicates)
    )


def _is_plain_child(step: Step | Filter) -> bool:
    return isinstance(step, Step) and step.axis == "child" and is_name(step.test) and not step.predicates


def _is_self(step: Step | Filter) -> bool:
    return isinstance(step, Filter) and step.operand == Here()


def _children(code: Code, names: list[str]) -> Code:
    if code.card != ONE:
        code = many(code)
        text = f"kn({code.text}, {', '.join(names)})"
        return replace(code, text=text, mixed=code.mixed or code.nested, some="")
    if len(names) == 1:
        text = f"{code.text}.c.get({names[0]}, E)"
    else:
        text = f"{f'p{len(names)}' if len(names) < 4 else 'pn'}({code.text}, {', '.join(names)})"
    return Code(text, NODE, MANY, code.fallible)


def _search(writer: Writer, code: Code, step: Step, env: Env) -> Code:
    """``//name``: from the document a look-up, from elsewhere a walk of what lies below."""
    if step.test == "*":
        text = "d.every" if code.text == "d.r" else None
        each = "below"
    elif is_name(step.test):
        tag = writer.tag(step.test)
        text = f"d.all({tag})" if code.text == "d.r" else None
        each = "within"
    else:
        found = replace(_search(writer, code, replace(step, test="*", predicates=()), env))
        return filter_items(writer, of_test(writer, found, step.test), step.predicates, env)
    if text is None:
        more = f", {writer.tag(step.test)}" if each == "within" else ""
        item = writer.new_name("m")
        if code.card == ONE:
            text = f"{each}(d, {code.text}{more})"
        else:
            last = writer.new_name("m")
            text = f"sort([{last} for {item} in {many(code).text} for {last} in {each}(d, {item}{more})])"
    found = Code(text, NODE, MANY, code.fallible, nested=True)
    return replace(filter_items(writer, found, step.predicates, env), nested=True)


def _step(writer: Writer, code: Code, step: Step, env: Env, is_last: bool) -> Code:
    """One step by itself, its predicates applied to all that it finds."""
    if step.axis == "attribute":
        found = attribute(writer, code, step.test)
    elif (
        step.axis == "parent"
        and step.test == "node()"
        and code.card == ONE
        and not is_last
        and not step.predicates
    ):
        return replace(code, text=f"{code.text}.p")
    elif step.axis == "self":
        found = of_test(writer, many(code), step.test)
    elif step.axis == "child" and is_name(step.test):
        found = _children(code, [writer.tag(step.test)])
    elif step.axis == "child" and step.test == "text()":
        found = texts(writer, code)
    else:
        found = along(writer, code, step)
    return filter_items(writer, many(found), step.predicates, env) if step.predicates else found


def _compute(writer: Writer, code: Code, step: Filter, env: Env) -> Code:
    """A step that is an expression: asked of each node, and its answers put one after the other."""
    if _is_self(step):
        return filter_items(writer, many(code), step.predicates, env) if step.predicates else code
    expr = step.operand if not step.predicates else step
    if code.card == ONE and _PLAIN.fullmatch(code.text):
        return writer.write(expr, env.within(code))
    item = writer.new_name("m")
    inner = writer.write(expr, env.within(Code(item, code.kind)))
    fallible = code.fallible or inner.fallible
    if inner.card == ONE:
        return Code(f"[{inner.text} for {item} in {many(code).text}]", inner.kind, MANY, fallible)
    last = writer.new_name("r")
    text = f"[{last} for {item} in {many(code).text} for {last} in {many(inner).text}]"
    return Code(text, inner.kind, MANY, fallible, nested=inner.kind == NODE, mixed=True)
