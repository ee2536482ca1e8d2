"""Writes the Python of single steps: attributes, texts, and the axes other than that of children."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.xpath import (
    Step,
)
from edi.validators.compiled.writing.codes import (
    LEAF,
    MANY,
    NODE,
    ONE,
    OPT,
    WORDS,
    Code,
    many,
)

if TYPE_CHECKING:
    from edi.validators.compiled.writing.writer import Writer


def is_name(test: str) -> bool:
    """Whether a test of names means one name."""
    return "*" not in test and "(" not in test


def of_test(writer: Writer, nodes: Code, test: str) -> Code:
    """Those of some nodes that a test of names lets pass."""
    if test in ("node()", "*", "element()"):
        return nodes
    item = writer.new_name("m")
    if test.endswith(":*"):
        condition = f"{item}.q.startswith({writer.clark(test[:-1] + 'x')[:-1]!r})"
    elif test.startswith("*:"):
        condition = f"local_of({item}) == {test[2:]!r}"
    elif is_name(test):
        condition = f"{item}.q == {writer.tag(test)}"
    else:
        raise NotCompiled(f"test {test}")
    return replace(nodes, text=f"[{item} for {item} in {nodes.text} if {condition}]", card=MANY, some="")


def attribute(writer: Writer, code: Code, test: str) -> Code:
    """The attributes of some nodes."""
    if code.card == ONE and is_name(test):
        return Code(f"{code.text}.a.get({writer.clark(test)!r})", LEAF, OPT, code.fallible)
    item = writer.new_name("m")
    if is_name(test):
        name = writer.clark(test)
        text = f"[{item}.a[{name!r}] for {item} in {many(code).text} if {name!r} in {item}.a]"
    elif test in ("*", "node()"):
        value = writer.new_name("r")
        text = f"[{value} for {item} in {many(code).text} for {value} in {item}.a.values()]"
    else:
        raise NotCompiled(f"attributes {test}")
    return Code(text, LEAF, MANY, code.fallible)


def texts(writer: Writer, code: Code) -> Code:
    """The texts between the children of some nodes."""
    if code.card == ONE:
        return Code(f"texts_of({code.text})", WORDS, MANY, code.fallible)
    item, last = writer.new_name("m"), writer.new_name("r")
    text = f"[{last} for {item} in {many(code).text} for {last} in texts_of({item})]"
    return Code(text, WORDS, MANY, code.fallible)


_AXES = {
    "child": "kids({})",
    "parent": "up({})",
    "descendant": "below(d, {})",
    "ancestor": "above({})",
    "preceding-sibling": "siblings_before({})",
    "following-sibling": "siblings_after({})",
}


def along(writer: Writer, code: Code, step: Step) -> Code:
    """Any other axis: what one node has, or what several have, each once."""
    if step.axis == "preceding" and is_name(step.test):
        call = f"earlier(d, {{}}, {writer.tag(step.test)})"
        test = "node()"
    elif step.axis in ("ancestor-or-self", "descendant-or-self"):
        call = f"[{{0}}, *{_AXES[step.axis.removesuffix('-or-self')].replace('{}', '{0}')}]"
        test = step.test
    elif step.axis in _AXES:
        call, test = _AXES[step.axis], step.test
    else:
        raise NotCompiled(f"axis {step.axis}")
    if code.card == ONE:
        some = f"{code.text}.c" if (step.axis, step.test) == ("child", "*") else ""
        found = Code(call.format(code.text), NODE, MANY, code.fallible, some=some)
    else:
        item, last = writer.new_name("m"), writer.new_name("m")
        text = f"[{last} for {item} in {many(code).text} for {last} in {call.format(item)}]"
        found = Code(f"sort({text})", NODE, MANY, code.fallible)
    nested = step.axis not in ("child", "parent", "preceding-sibling", "following-sibling")
    mixed = step.axis == "ancestor-or-self"  # the element itself is put before those above it
    if test == "*" and step.axis not in ("child", "preceding-sibling", "following-sibling"):
        found = _elements(writer, found)
    return replace(of_test(writer, found, test), nested=nested or code.nested, mixed=mixed)


def _elements(writer: Writer, nodes: Code) -> Code:
    """Those of some nodes that are not the document."""
    item = writer.new_name("m")
    return replace(nodes, text=f"[{item} for {item} in {nodes.text} if {item}.o]", some="")
