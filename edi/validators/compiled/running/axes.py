"""The steps of a path, for generated code: lists of nodes in document order, each node once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from edi.validators.compiled.running.tree import Document, Node

E: tuple[Node, ...] = ()
Nodes = Sequence[Node]


def _order(node: Node) -> int:
    return node.o


def sort(nodes: Nodes) -> Nodes:
    """In document order, each once."""
    last = -1
    for node in nodes:
        if node.o <= last:
            return sorted(dict.fromkeys(nodes), key=_order)
        last = node.o
    return nodes


def union(left: Nodes, right: Nodes) -> Nodes:
    if not left:
        return right
    return sort([*left, *right]) if right else left


def p2(node: Node, first: str, second: str) -> Nodes:
    """The path ``first/second`` from a node."""
    found = node.c.get(first)
    if found is None:
        return E
    if len(found) == 1:
        return found[0].c.get(second, E)
    return [last for one in found for last in one.c.get(second, E)]


def p3(node: Node, first: str, second: str, third: str) -> Nodes:
    found = p2(node, first, second)
    if not found:
        return E
    if len(found) == 1:
        return found[0].c.get(third, E)
    return [last for one in found for last in one.c.get(third, E)]


def pn(node: Node, *names: str) -> Nodes:
    found: Nodes = (node,)
    for name in names:
        found = [last for one in found for last in one.c.get(name, E)]
        if not found:
            return E
    return found


def kn(nodes: Nodes, *names: str) -> Nodes:
    """A path of child names from several nodes, none of which lies in another."""
    for name in names:
        if len(nodes) == 1:
            nodes = nodes[0].c.get(name, E)
        elif nodes:
            nodes = [last for one in nodes for last in one.c.get(name, E)]
        else:
            return E
    return nodes


def kids(node: Node) -> Nodes:
    """All children."""
    found = node.c
    if len(found) < 2:
        return next(iter(found.values()), E)
    return sorted(chain.from_iterable(found.values()), key=_order)


def up(node: Node) -> Nodes:
    """The parent, which the document has not."""
    return E if node.p.o < 0 else (node.p,)


def ups(nodes: Nodes) -> Nodes:
    return sort([node.p for node in nodes if node.p.o >= 0])


def below(document: Document, node: Node) -> Nodes:
    """All descendants, which follow their ancestor without a gap."""
    every = document.every
    end = start = max(0, node.o)
    while end < len(every) and _is_in(every[end], node):
        end += 1
    return every[start:end]


def within(document: Document, node: Node, name: str) -> Nodes:
    """The descendants of a name."""
    found = document.all(name)
    end = start = bisect_right(found, node.o, key=_order)
    while end < len(found) and _is_in(found[end], node):
        end += 1
    return found[start:end]


def _is_in(node: Node, outer: Node) -> bool:
    for _ in range(node.s.depth - outer.s.depth):
        node = node.p
    return node is outer


def above(node: Node) -> list[Node]:
    """The ancestors that are elements, and the document, outermost first."""
    found = []
    node = node.p
    while node.o >= 0:
        found.append(node)
        node = node.p
    found.reverse()
    return found


def earlier(document: Document, node: Node, name: str) -> Nodes:
    """The elements of a name that end before a node begins."""
    outer = set(above(node))
    return [one for one in document.all(name) if one.o < node.o and one not in outer]


def siblings_before(node: Node) -> Nodes:
    return [one for one in kids(node.p) if one.o < node.o]


def siblings_after(node: Node) -> Nodes:
    return [one for one in kids(node.p) if one.o > node.o]


# -- asking of the strings of nodes -----------------------------------------------------------------------


def t_one(nodes: Nodes) -> str | None:
    """The string of the only node, None of none."""
    if not nodes:
        return None
    if len(nodes) > 1:
        _refuse()
    return nodes[0].t


def t_kid(node: Node, name: str) -> str | None:
    """The string of the only child of a name, None of none."""
    found = node.c.get(name)
    if found is None:
        return None
    if len(found) > 1:
        _refuse()
    return found[0].t


def _refuse() -> None:
    from edi.validators.compiled.running.values import ask

    ask("more than one item")


def t_opt(node: Node | None) -> str | None:
    return None if node is None else node.t


def has(nodes: Nodes, text: str) -> bool:
    """Whether any of the nodes has this string."""
    return text in [node.t for node in nodes]


def among(nodes: Nodes, texts: frozenset[str]) -> bool:
    return not texts.isdisjoint([node.t for node in nodes])


def common(left: Nodes, right: Nodes) -> bool:
    """Whether a node of each has the same string."""
    if not left or not right:
        return False
    texts = {node.t for node in left}
    return any(node.t in texts for node in right)


def table(rows: list[tuple[Sequence[Any], Node]]) -> dict[Any, list[Node]]:
    """The nodes by their keys, each once under each, in their order."""
    found: dict[Any, list[Node]] = {}
    for keys, node in rows:
        for key in keys if len(keys) < 2 else dict.fromkeys(keys):
            if key in found:
                found[key].append(node)
            else:
                found[key] = [node]
    return found


# -- names ------------------------------------------------------------------------------------------------


def name_of(node: Node) -> str:
    """fn:name, as the document writes it."""
    if node.e is None:
        return ""
    prefix = node.e.prefix
    local = local_of(node)
    return f"{prefix}:{local}" if prefix else local


def local_of(node: Node) -> str:
    return node.q.rpartition("}")[2]


def uri_of(node: Node) -> str:
    return node.q[1:].partition("}")[0] if node.q.startswith("{") else ""


def first(name: Callable[[Node], str], nodes: Nodes) -> str:
    """The name of the only node, '' of none."""
    if len(nodes) > 1:
        _refuse()
    return name(nodes[0]) if nodes else ""


def place_of(node: Node) -> str:
    """The path of an element as SVRL writes it: namespace, local name, rank among its like."""
    steps: list[str] = []
    while node.o > 0:
        siblings = node.p.c[node.q]
        rank = siblings.index(node) + 1 if len(siblings) > 1 else 1
        steps.append(f"{node.s.step}[{rank}]")
        node = node.p
    return "".join(reversed(steps))


def texts_of(node: Node) -> list[str]:
    """The texts between the children of a node, those that are not empty."""
    if not node.c:
        return [node.t] if node.t else []
    return [text for text in (node.e.text, *(child.tail for child in node.e)) if text]
