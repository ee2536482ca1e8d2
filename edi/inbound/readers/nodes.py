"""The elements of a document as readers walk them, each with its place; and what the steps of a path mean.

A reader asks some hundred times for a child of a name. lxml looks through all children each time; a node has
them by name. The compiled rules hold a document in nodes of the same form, which readers then use as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from lxml import etree

from edi.xml import where

_new: Any = tuple.__new__
_STEP = re.compile(
    r"(?P<any>\{\*\})?(?:(?P<prefix>\w+):)?(?P<local>\w+)(?P<is>\[@(?P<attribute>\w+)='(?P<value>[^']*)'\])?"
)


class Node(Protocol):
    """``e`` the element itself, ``c`` its children by Clark name, each name in the order of the document."""

    e: Any
    c: dict[str, Any]


class Branch:
    """A node whose children are looked at when they are first asked for."""

    __slots__ = ("c", "e")

    def __init__(self, element: etree._Element) -> None:
        self.e = element

    def __getattr__(self, name: str) -> Any:
        if name != "c":
            raise AttributeError(name)
        children: dict[str, Any] = {}
        for child in self.e.iterchildren("*"):
            children.setdefault(child.tag, []).append(Branch(child))
        self.c = children
        return children


class Row(NamedTuple):
    """An element, its XPath as edi.xml.where writes it, and the row that it was reached from."""

    node: Node
    path: str
    above: Row | None = None

    @property
    def element(self) -> etree._Element:
        element: etree._Element = self.node.e
        return element


class Step(NamedTuple):
    """The last step of a path."""

    path: str
    before: str  # the path that leads to it; '' when it is the only one
    name: str  # Clark name; '' for this local name in any namespace
    local: str
    prefix: str  # as the table writes it, '' for none
    rest: str  # what follows the prefix
    attribute: str  # that must have ``value``; '' when none must
    value: str
    descends: bool  # anywhere below, not only a child
    is_plain: bool  # children of one name, and nothing else


class Paths(dict[str, Step]):
    """The last step of each path of a format, split once a process.

    Paths are our own: steps of XPath ``a:b``, ``{*}b`` and ``a:b[@c='d']``, separated by / or //.
    """

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        super().__init__()
        self.namespaces = namespaces
        self._steps: dict[str, tuple[Step, ...]] = {"": ()}

    def __missing__(self, path: str) -> Step:
        before, _, text = path.rpartition("/")
        match = _STEP.fullmatch(text)
        if match is None:
            raise ValueError(f"not a path of ours: {path}")
        anywhere, prefix, local, condition = match["any"], match["prefix"] or "", match["local"], match["is"]
        uri = f"{{{self.namespaces[prefix]}}}" if prefix else ""
        found = self[path] = Step(
            path=path,
            before=before.removesuffix("/"),
            name="" if anywhere else f"{uri}{local}",
            local=local,
            prefix=prefix,
            rest=f"{local}{condition or ''}",
            attribute=match["attribute"] or "",
            value=match["value"] or "",
            descends=before.endswith("/"),
            is_plain=not (anywhere or condition or before.endswith("/")),
        )
        return found

    def split(self, path: str) -> tuple[Step, ...]:
        """All steps of a path."""
        steps = self._steps.get(path)
        if steps is None:
            step = self[path]
            steps = self._steps[path] = (*self.split(step.before), step)
        return steps

    def names(self, path: str) -> tuple[str, ...]:
        """The Clark names of a path of plain steps."""
        return tuple(step.name for step in self.split_plain(path))

    def split_plain(self, path: str) -> tuple[Step, ...]:
        """All steps of a path, which are plain. Raises ValueError when one is not."""
        steps = self.split(path)
        if not all(step.is_plain for step in steps):
            raise ValueError(f"not a path of names: {path}")
        return steps


def root_of(tree: etree._ElementTree, node: Node | None = None, before: str = "") -> Row:
    """The root of a document, after ``before`` in paths; ``node``: the same, where nodes are held already."""
    root = tree.getroot()
    return Row(node or Branch(root), f"{before}/{_name(root.prefix, _local(root.tag))}")


def children_of(row: Row, name: str, local: str) -> list[Row]:
    """The children of a Clark name; numbered where there are several."""
    kids = row.node.c.get(name)
    if not kids:
        return []
    path = row.path
    if len(kids) == 1:
        (kid,) = kids
        prefix = kid.e.prefix
        # As Row(...) makes it, in half the time: readers make more of them than of anything else.
        return [_new(Row, (kid, f"{path}/{prefix}:{local}" if prefix else f"{path}/{local}", row))]
    return [
        _new(Row, (kid, f"{path}/{_name(kid.e.prefix, local)}[{n}]", row)) for n, kid in enumerate(kids, 1)
    ]


def first_below(node: Node, names: tuple[str, ...]) -> Node | None:
    """The first element at a path of names; without its place."""
    at, several = node, False
    for name in names:
        kids = at.c.get(name)
        if not kids:
            return _search(node, names) if several else None
        several = several or len(kids) > 1
        at = kids[0]
    return at


def _search(node: Node, names: tuple[str, ...]) -> Node | None:
    """As :func:`first_below`, where the first child of a name may not be the one that leads on."""
    name, *others = names
    for kid in node.c.get(name, ()):
        found: Node | None = _search(kid, tuple(others)) if others else kid
        if found is not None:
            return found
    return None


def text_below(node: Node, names: tuple[str, ...]) -> str:
    """The stripped text of the first element at a path of names; '' for none."""
    found = first_below(node, names)
    return "" if found is None else (found.e.text or "").strip()


def rows_below(row: Row, steps: tuple[Step, ...]) -> list[Row]:
    """Every element at a path of plain steps, in the order of the document."""
    first, *others = steps
    found = children_of(row, first.name, first.local)
    for step in others:
        found = [one for above in found for one in children_of(above, step.name, step.local)]
    return found


def below(row: Row, step: Step) -> Iterator[Row]:
    """The elements that a step means from a row, in the order of the document."""
    for one in _descend(row, step) if step.descends else _children(row, step):
        if not step.attribute or one.node.e.get(step.attribute) == step.value:
            yield one


def _children(row: Row, step: Step) -> list[Row]:
    if step.name:
        return children_of(row, step.name, step.local)
    names = [name for name in row.node.c if _local(name) == step.local]
    found = [one for name in names for one in children_of(row, name, step.local)]
    if len(names) > 1:
        ranks = {element: rank for rank, element in enumerate(row.element)}
        found.sort(key=lambda one: ranks[one.element])
    return found


def _descend(row: Row, step: Step) -> Iterator[Row]:
    """What bears a name anywhere below: only its path is written, for what is deep has endless ones."""
    within = row.element
    for element in within.iterdescendants(step.name or f"{{*}}{step.local}"):
        yield Row(Branch(element), row.path + where(element, within), row)


def _name(prefix: str | None, local: str) -> str:
    return f"{prefix}:{local}" if prefix else local


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
