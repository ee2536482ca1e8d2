"""Two documents that differ by a fault, shown as short fragments: the element around the change, no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from lxml import etree

from edi.exemples.bases import parse

_LONGEST_VALUE = 72  # characters of a value that are shown
_LONGEST_BLOCK = 12  # lines of one changed element that are shown
_GAP = "…"


class Ligne(NamedTuple):
    """A line of a fragment; ``change`` when the other document does not have it."""

    texte: str
    change: bool = False


class Fragment(NamedTuple):
    """What is shown of one document."""

    lignes: tuple[Ligne, ...]

    @property
    def xml(self) -> str:
        return "\n".join(ligne.texte for ligne in self.lignes)


class _Line(NamedTuple):
    text: str
    depth: int
    element: etree._Element
    closes: bool = False


class _Seen(NamedTuple):
    """What is to be shown: elements that are new, those around them, and their neighbours."""

    changed: set[etree._Element]
    around: set[etree._Element]
    near: set[etree._Element]


def compare(valable: bytes, fautif: bytes) -> tuple[Fragment, Fragment]:
    """The fragments of a valid document and of a faulty one. Raises XmlRefused for what is no XML."""
    roots = parse(valable), parse(fautif)
    lines = [tuple(_write(root, 0)) for root in roots]
    keys = [[(line.depth, line.text) for line in side] for side in lines]
    seen = [_Seen(set(), set(), set()) for _ in roots]
    for i, j, k, n in _differences(*keys):
        _mark(seen[0], lines[0], i, j)
        _mark(seen[1], lines[1], k, n)
    left, right = (_cut(root, one) for root, one in zip(roots, seen, strict=True))
    return left, right


def _differences(left: Sequence[object], right: Sequence[object]) -> Iterator[tuple[int, int, int, int]]:
    """The slices that differ; what both begin and end with is put aside first, which is nearly all."""
    shorter = min(len(left), len(right))
    start = next((i for i in range(shorter) if left[i] != right[i]), shorter)
    end = next((i for i in range(shorter - start) if left[-1 - i] != right[-1 - i]), shorter - start)
    middle = left[start : len(left) - end], right[start : len(right) - end]
    for kind, i, j, k, n in SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
        if kind != "equal":
            yield start + i, start + j, start + k, start + n


def _write(element: etree._Element, depth: int) -> Iterator[_Line]:
    if not len(element):
        yield _Line(_leaf(element), depth, element)
        return
    yield _Line(_opening(element), depth, element)
    for child in element:
        yield from _write(child, depth + 1)
    yield _Line(f"</{_name(element)}>", depth, element, closes=True)


def _leaf(element: etree._Element) -> str:
    if not element.text:
        return f"{_opening(element)[:-1]}/>"
    return f"{_opening(element)}{_shorten(element.text)}</{_name(element)}>"


def _opening(element: etree._Element) -> str:
    attributes = "".join(
        f' {etree.QName(key).localname}="{_shorten(str(value))}"' for key, value in element.attrib.items()
    )
    return f"<{_name(element)}{attributes}>"


def _name(element: etree._Element) -> str:
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _shorten(text: str) -> str:
    short = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + _GAP
    return short.replace("&", "&amp;").replace("<", "&lt;")


def _mark(seen: _Seen, lines: Sequence[_Line], start: int, end: int) -> None:
    """Take note of the new lines from ``start`` to ``end``, or of the place where lines are missing."""
    if start < end:
        for element in {line.element for line in lines[start:end]}:
            seen.changed.add(element)
            seen.around.update(element.iterancestors())
            seen.near.update(_beside(element))
        return
    following = lines[start]
    parent = following.element if following.closes else following.element.getparent()
    if parent is None:
        return
    seen.around.update((parent, *parent.iterancestors()))
    before = parent[-1] if following.closes else following.element.getprevious()
    if before is not None:
        seen.near.add(before)
    if not following.closes:
        seen.near.add(following.element)


def _beside(element: etree._Element) -> Iterator[etree._Element]:
    for other in (element.getprevious(), element.getnext()):
        if other is not None:
            yield other


def _cut(root: etree._Element, seen: _Seen) -> Fragment:
    top = root
    while True:
        inside = [child for child in top if child in seen.around or child in seen.changed]
        if len(inside) != 1 or inside[0] in seen.changed or top in seen.changed:
            return Fragment(tuple(_show(top, seen, 0)))
        top = inside[0]


def _show(element: etree._Element, seen: _Seen, depth: int) -> Iterator[Ligne]:
    pad, changed = "  " * depth, element in seen.changed
    if changed and all(child in seen.changed for child in element):
        block = [Ligne("  " * line.depth + line.text, True) for line in _write(element, depth)]
        yield from block[:_LONGEST_BLOCK]
        if len(block) > _LONGEST_BLOCK:
            yield Ligne(f"{pad}  {_GAP}", True)
            yield block[-1]
        return
    if element not in seen.around and not changed:
        inner = f"{_opening(element)}{_GAP}</{_name(element)}>" if len(element) else _leaf(element)
        yield Ligne(pad + inner)
        return
    yield Ligne(pad + _opening(element), changed)
    hidden = False
    for child in element:
        if child in seen.changed or child in seen.around or child in seen.near:
            hidden = False
            yield from _show(child, seen, depth + 1)
        elif not hidden:
            hidden = True
            yield Ligne(f"{pad}  {_GAP}")
    yield Ligne(f"{pad}</{_name(element)}>")
