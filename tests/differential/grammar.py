"""Which elements a schema lets an element hold: enough of XSD to put one where it is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from edi.validators import schema

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ROOTS = {
    "Invoice": "ubl-invoice",
    "CreditNote": "ubl-credit-note",
    "CrossIndustryInvoice": "cii-d22b",
    "CrossDomainAcknowledgementAndResponse": "cdar-d22b",
}


class Fils(NamedTuple):
    """An element that another may hold: its name and its type, both with their namespace."""

    tag: str
    type: str


class Grammar(NamedTuple):
    elements: Mapping[str, str]  # type of each global element
    types: Mapping[str, tuple[Fils, ...]]  # children of each complex type

    def type_of(self, element: etree._Element) -> str:
        """'' where the schema does not know it there."""
        parent = element.getparent()
        if parent is None:
            return self.elements.get(str(element.tag), "")
        inside = self.types.get(self.type_of(parent), ())
        return next((one.type for one in inside if one.tag == element.tag), "")

    def absent(self, element: etree._Element) -> Iterator[Fils]:
        """What the schema lets it hold and it does not, in the order of the schema."""
        there = {child.tag for child in element}
        seen: set[str] = set()
        for one in self.types.get(self.type_of(element), ()):
            if one.tag not in there and one.tag not in seen:
                seen.add(one.tag)
                yield one


def grammar_of(root: etree._Element) -> Grammar | None:
    """The grammar of a document's schema; None when there is none for its root."""
    name = _ROOTS.get(etree.QName(root).localname)
    return None if name is None else _load(name)


@cache
def _load(name: str) -> Grammar:
    elements: dict[str, str] = {}
    types: dict[str, tuple[Fils, ...]] = {}
    later: list[tuple[str, list[tuple[str, str]]]] = []
    for root in _files(schema.locate(name)):
        space = root.get("targetNamespace", "")
        for one in root.findall(f"{_XS}element"):
            elements[f"{{{space}}}{one.get('name')}"] = _clark(one, one.get("type", ""))
        for kind in root.findall(f"{_XS}complexType"):
            later.append((f"{{{space}}}{kind.get('name')}", list(_children(kind, space))))
    for kind_name, children in later:
        types[kind_name] = tuple(Fils(tag, of or elements.get(tag, "")) for tag, of in children)
    return Grammar(elements, types)


def _children(kind: etree._Element, space: str) -> Iterator[tuple[str, str]]:
    """The name of each child and its type, '' for a reference to a global element."""
    for one in kind.iter(f"{_XS}element"):
        if ref := one.get("ref"):
            yield _clark(one, ref), ""
        else:
            yield f"{{{space}}}{one.get('name')}", _clark(one, one.get("type", ""))


def _clark(element: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{element.nsmap.get(prefix or None, '')}}}{local}"


def _files(path: Path) -> Iterator[etree._Element]:
    """A schema and all that it imports or includes, once each."""
    waiting, seen = [path.resolve()], set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        root = etree.parse(str(one)).getroot()
        yield root
        for link in root.iter(f"{_XS}import", f"{_XS}include"):
            if place := link.get("schemaLocation"):
                waiting.append((one.parent / place).resolve())
