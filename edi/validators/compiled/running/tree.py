"""A document as compiled rules walk it: light nodes over the tree that the XSD validated, and the paths.

Every path of names that any document has had is a :class:`Spot`, made once and shared by all documents, so
that what rules are asked where is found out once for a path and never again for a node.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Any, TypeVar, cast

from lxml import etree

from edi.validators.compiled.errors import AskSaxon
from edi.validators.compiled.running.memory import without_collection
from edi.validators.schematron.attachments import BINARIES, shorten

T = TypeVar("T")

_DEEPEST = 90  # elements inside one another: an invoice has about twelve, and Saxon reads no more than 100
_MOST_SPOTS = 50_000  # paths that are remembered: a full invoice has about a thousand

NOTHING: dict[str, Any] = {}  # the children, or the attributes, of what has none


class Spot:
    """A path of names from the document down. ``plans`` belong to dispatch.py."""

    __slots__ = ("above", "below", "depth", "name", "plans", "step")

    def __init__(self, name: str, above: Spot | None) -> None:
        self.name = intern(name)
        self.above = above
        self.depth: int = 0 if above is None else above.depth + 1
        self.below: dict[str, Spot] = {}
        self.plans: dict[object, Any] = {}
        uri, _, local = name[1:].partition("}") if name.startswith("{") else ("", "", name)
        self.step = f"/*:{local}[namespace-uri()='{uri}']" if uri else f"/{local}"  # as SVRL writes it

    def go(self, name: str) -> Spot:
        """The spot of a child, made when it is new."""
        found = self.below.get(name)
        if found is None:
            found = self.below[intern(name)] = Spot(name, self)
            _count_spot()
        return found


_top = Spot("", None)
_spots = 0


def _count_spot() -> None:
    global _spots
    _spots += 1


def _forget_spots() -> None:
    """Begin anew when documents have brought more paths than any invoice explains."""
    global _top, _spots
    _top, _spots = Spot("", None), 0


class Node:
    """The document, or an element of it; generated code reads the slots, whose names are short for that.

    ``q`` Clark name, ``p`` parent, ``c`` children by name, ``a`` attributes, ``t`` string value, ``o`` rank
    in document order, ``s`` spot, ``e`` the element itself.
    """

    __slots__ = ("a", "c", "e", "o", "p", "q", "s", "t")

    def __init__(self, element: Any, parent: Any, spot: Spot, order: int) -> None:
        self.e = element
        self.p = parent
        self.s = spot
        self.q = spot.name
        self.o = order
        self.a = self.c = NOTHING

    def __getattr__(self, name: str) -> Any:
        """The string value of an element that has children, put together when it is asked for first."""
        if name != "t":
            raise AttributeError(name)
        # the document, which is no element, has the string value of the one that it holds
        first = self.e if self.e is not None else next(iter(self.c.values()))[0].e
        self.t = "".join(map(str, first.itertext()))
        return self.t


class Document:
    """One document, its nodes by spot, and what has been computed of it once for all rules."""

    __slots__ = ("bearers", "by_name", "every", "nodes", "once_for", "r", "tree")

    def __init__(self, tree: etree._ElementTree) -> None:
        """Raises AskSaxon for a document too deep for this."""
        if _spots > _MOST_SPOTS:
            _forget_spots()
        self.tree = tree
        self.nodes: dict[Spot, list[Node]] = {}
        self.once_for: dict[Any, Any] = {}
        self.by_name: dict[str, list[Node]] = {}
        self.bearers: dict[str, list[Node]] | None = None
        nowhere = Node(None, None, _top, -1)
        nowhere.p, nowhere.t = nowhere, ""
        self.r = Node(None, nowhere, _top, 0)
        self.every: list[Node] = []
        with without_collection():
            _grow(self, tree.getroot())

    def release(self) -> None:
        """Let nodes no longer hold one another, so that their memory is free at once; nothing may be asked
        any more."""
        for node in self.every:
            node.p = None
        self.r.p.p = None
        self.once_for.clear()

    def __call__(self, compute: Callable[[Document], T]) -> T:
        """What a function says of the document, asked once."""
        try:
            return cast("T", self.once_for[compute])
        except KeyError:
            value = self.once_for[compute] = compute(self)
            return value

    def of(self, compute: Callable[[Document, Any], T], node: Any) -> T:
        """What a function says of a node (or of None), asked once."""
        key = (compute, node)
        kept = self.once_for
        if key in kept:
            return cast("T", kept[key])
        value = kept[key] = compute(self, node)
        return value

    def all(self, name: str) -> list[Node]:
        """Every element of a name, in document order."""
        found = self.by_name.get(name)
        if found is None:
            lists = [nodes for spot, nodes in self.nodes.items() if spot.name == name]
            found = lists[0] if len(lists) == 1 else sorted((n for one in lists for n in one), key=_order)
            self.by_name[name] = found
        return found

    def bearing(self, attribute: str) -> list[Node]:
        """Every element that has an attribute, in document order."""
        if self.bearers is None:
            self.bearers = {}
            for node in self.every:
                for name in node.a:
                    self.bearers.setdefault(name, []).append(node)
        return self.bearers.get(attribute, [])


def _order(node: Node) -> int:
    return node.o


def _grow(document: Document, root: etree._Element) -> None:
    by_spot, every = document.nodes, document.every
    waiting: list[tuple[etree._Element, Node]] = [(root, document.r)]
    while waiting:
        element, parent = waiting.pop()
        name = element.tag
        above = parent.s
        spot = above.below.get(name) or above.go(name)
        node = Node(element, parent, spot, 0)
        every.append(node)
        node.o = len(every)
        items = element.items()
        if items:
            node.a = dict(items)  # type: ignore[arg-type]
        siblings = parent.c
        if siblings is NOTHING:
            parent.c = {spot.name: [node]}
        elif spot.name in siblings:
            siblings[spot.name].append(node)
        else:
            siblings[spot.name] = [node]
        if spot in by_spot:
            by_spot[spot].append(node)
        else:
            by_spot[spot] = [node]
        if len(element):
            if spot.depth > _DEEPEST:
                raise AskSaxon("a document too deep")
            waiting.extend([(child, node) for child in reversed(element)])
        else:
            node.t = element.text or ""
            if name in BINARIES:
                node.t = shorten(node.t)
