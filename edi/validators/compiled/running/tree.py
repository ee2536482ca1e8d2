"""A document as compiled rules walk it: light nodes over the tree that the XSD validated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from lxml import etree

from edi.validators.compiled.errors import AskSaxon
from edi.validators.compiled.running.memory import without_collection
from edi.validators.compiled.running.spots import Spot, top
from edi.validators.schematron.attachments import BINARIES, shorten

T = TypeVar("T")

_DEEPEST = 90  # elements inside one another: an invoice has about twelve, and Saxon reads no more than 100

NOTHING: dict[str, Any] = {}  # the children, or the attributes, of what has none


Signature = tuple[frozenset[tuple[Spot, bool, bool]], frozenset[tuple[Any, ...]], frozenset[Spot]]


class Node:
    """The document, or an element of it; generated code reads the slots, whose names are short for that.

    ``p`` parent, ``c`` children by name, ``a`` attributes, ``t`` string value, ``o`` rank in document order,
    ``s`` spot, ``e`` the element itself, ``q`` its Clark name.
    """

    __slots__ = ("a", "c", "e", "o", "p", "s", "t")

    a: dict[str, Any]
    c: dict[str, list[Node]]
    e: Any
    o: int
    p: Any
    s: Spot
    t: str

    @property
    def q(self) -> str:
        return self.s.name

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

    __slots__ = (
        "_signature",
        "blank",
        "by_name",
        "every",
        "marks",
        "nodes",
        "once_for",
        "r",
        "repeated",
        "tree",
    )

    def __init__(self, tree: etree._ElementTree) -> None:
        """Raises AskSaxon for a document too deep for this."""
        self.tree = tree
        self.nodes: dict[Spot, list[Node]] = {}
        self.repeated: set[Spot] = set()  # spots of which some parent has several
        self.blank: set[Spot] = set()  # spots of which some element has neither children nor a text
        self.marks: dict[tuple[Any, ...], int] = {}  # how many elements of a spot have just these attributes
        self._signature: Signature | None = None
        self.once_for: dict[Any, Any] = {}
        self.by_name: dict[str, list[Node]] = {}
        spot = top()
        nowhere = _bare(spot, -1)
        nowhere.p, nowhere.t = nowhere, ""
        self.r = _bare(spot, 0)
        self.r.p = nowhere
        self.every: list[Node] = []
        with without_collection():
            _grow(self, [tree.getroot()], self.r)

    def release(self) -> None:
        """Let nodes no longer hold one another, so that their memory is free at once; nothing may be asked
        any more."""
        for node in self.every:
            node.p = None
        self.r.p.p = None
        self.once_for.clear()

    @property
    def signature(self) -> Signature:
        """The paths of this document, and of each whether every parent has it, and whether any has several:
        what formulas ask, the same for any number of documents."""
        if self._signature is None:
            nodes, repeated = self.nodes, self.repeated
            marked = [(*mark, count == len(nodes[mark[0]])) for mark, count in self.marks.items()]
            paths = [(spot, self.is_everywhere(spot), spot in repeated) for spot in nodes]
            self._signature = frozenset(paths), frozenset(marked), frozenset(self.blank)
        return self._signature

    def is_everywhere(self, spot: Spot) -> bool:
        """Whether each element of the path above has some of these."""
        found, above = self.nodes[spot], self.nodes.get(spot.above)  # type: ignore[arg-type]
        if above is None or len(above) == 1 or (len(found) == len(above) and spot not in self.repeated):
            return True
        return spot in self.repeated and len({node.p for node in found}) == len(above)

    def is_filled(self, spot: Spot) -> bool:
        """Whether no element of a spot has children, and each has a text that is not blank."""
        return spot not in self.blank and not any(one in self.nodes for one in spot.below.values())

    def has_attribute(self, name: str, spot: Spot | None = None) -> bool:
        """Whether some element has an attribute; of a spot, where one is given."""
        return any(name in mark and (spot is None or mark[0] is spot) for mark in self.marks)

    def has_everywhere(self, name: str, spot: Spot) -> bool:
        """Whether every element of a spot has an attribute, and no other but what they all have."""
        return any(
            mark[0] is spot and name in mark and count == len(self.nodes[spot])
            for mark, count in self.marks.items()
        )

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

    def nodes_by(self, spot: Spot, key: Callable[[Node, Document], Sequence[str]]) -> dict[str, list[Node]]:
        """The elements of a spot by each of their keys, in document order."""
        known = self.once_for.get((spot, key))
        if known is None:
            known = {}
            for node in self.nodes[spot]:
                for text in dict.fromkeys(key(node, self)):
                    known.setdefault(text, []).append(node)
            self.once_for[spot, key] = known
        return cast("dict[str, list[Node]]", known)

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
        spots = dict.fromkeys(mark[0] for mark in self.marks if attribute in mark)
        found = [node for spot in spots for node in self.nodes[spot] if attribute in node.a]
        return found if len(spots) < 2 else sorted(found, key=_order)


def _order(node: Node) -> int:
    return node.o


def _bare(spot: Spot, order: int) -> Node:
    """A node that is no element."""
    node = Node()
    node.e, node.s, node.o, node.a, node.c = None, spot, order, NOTHING, NOTHING
    return node


def _grow(document: Document, elements: Iterable[etree._Element], parent: Node) -> None:
    """The nodes of some elements and of all that they hold: half the price of judging, so nothing is called
    for an element but what lxml must tell."""
    by_spot, every, repeated, marks = document.nodes, document.every, document.repeated, document.marks
    blank, above = document.blank, parent.s
    if above.depth > _DEEPEST:
        raise AskSaxon("a document too deep")
    below = above.below
    siblings: dict[str, list[Node]] = {}
    parent.c = siblings
    for element in elements:
        name = element.tag
        spot = below.get(name) or above.go(name)
        name = spot.name
        node = Node()
        node.e = element
        node.p = parent
        node.s = spot
        every.append(node)
        node.o = len(every)
        items = element.items()
        if items:
            node.a = dict(items)  # type: ignore[arg-type]
            mark = (spot, *node.a)
            marks[mark] = marks.get(mark, 0) + 1
        else:
            node.a = NOTHING
        if name in siblings:
            siblings[name].append(node)
            repeated.add(spot)
        else:
            siblings[name] = [node]
        if spot in by_spot:
            by_spot[spot].append(node)
        else:
            by_spot[spot] = [node]
        if len(element):
            _grow(document, element, node)
        else:
            node.c = NOTHING
            text = element.text
            if text is None or text.isspace():
                text = text or ""
                blank.add(spot)
            node.t = shorten(text) if name in BINARIES else text
