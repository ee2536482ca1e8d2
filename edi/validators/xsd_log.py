"""libxml2's validation messages in French: for documents that are too large, or too odd, for xmlschema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import cast

from lxml import etree

from edi.model import Card, Finding, Place
from edi.validators import cards
from edi.validators.wording import shown
from edi.validators.xsd_explain import LENGTHS, TYPES, list_all, tell_attribute
from edi.xml import line_of, spell, where

_SUBJECT = re.compile(
    r"Element '(?P<element>[^']+)'(?:, attribute '(?P<attribut>[^']+)')?: (?P<fault>.*)", re.S
)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*?) \)")
_TYPE = re.compile(r"is not a valid value of the [\w ]*type '(?:xs:)?(\w+)'")
_PATTERN = re.compile(r"by the pattern '(.*)'", re.S)
_SET = re.compile(r"an element of the set \{(.*)\}", re.S)
_LENGTH = re.compile(r"(exceeds|underruns|differs from) the allowed (?:\w+ )?length of '(\d+)'")
_BOUND = re.compile(r"\[facet '(totalDigits|fractionDigits)'\].*\('(\d+)'\)", re.S)
_ATTRIBUTE_MISSING = re.compile(r"The attribute '(.+)' is required but missing")

_LENGTH_FACETS = {
    "exceeds": "XsdMaxLengthFacet",
    "underruns": "XsdMinLengthFacet",
    "differs from": "XsdLengthFacet",
}
_DIGITS = {"totalDigits": "{} chiffres au plus", "fractionDigits": "{} décimales au plus"}


def tell(tree: etree._ElementTree, entries: Iterable[etree._LogEntry]) -> Iterator[Finding]:
    """A finding for each entry of the log that validating ``tree`` left."""
    for entry in entries:
        match = _SUBJECT.match(entry.message)
        element = _find(tree, entry, match["element"]) if match else None
        if match is None or element is None:
            place = Place(entry.path or "", entry.line or None)
            yield cards.XSD_OTHER.at(place, constat=f"une faute s'y trouve à la ligne {entry.line}")
        else:
            yield _tell(element, match["attribut"], match["fault"])


def _find(tree: etree._ElementTree, entry: etree._LogEntry, clark: str) -> etree._Element | None:
    """The element of an entry, by its path where the root knows the prefixes, else by its line."""
    prefixes = {key: uri for key, uri in tree.getroot().nsmap.items() if key}
    try:
        found = tree.xpath(entry.path or "", namespaces=prefixes)
    except etree.XPathError:  # a prefix declared further down
        found = []
    by_path = (element for element in cast("list[etree._Element]", found) if element.tag == clark)
    by_line = (element for element in tree.iter(clark) if line_of(element) == entry.line)
    return next(chain(by_path, by_line), None)  # an element without children is false


def _tell(element: etree._Element, attribute: str | None, fault: str) -> Finding:
    missing = _ATTRIBUTE_MISSING.search(fault)
    if attribute or missing:
        return _tell_attribute(element, attribute or (missing[1] if missing else ""), fault)
    place, word = Place(where(element), line_of(element)), spell(str(element.tag), element.nsmap)
    names = _names(element, fault)
    if "Missing child element" in fault:
        path = place.path + (f"/{names[0]}" if len(names) == 1 else "")
        return cards.XSD_MISSING.at(Place(path, place.line), "", list_all(names), element=word)
    if "This element is not expected" in fault:
        expected = list_all(names) or "aucun autre élément"
        return cards.XSD_UNEXPECTED.at(place, word, expected, element=word)
    text = (element.text or "").strip()
    card, expected = _expectation(fault)
    if card is cards.XSD_OTHER:
        constat = f"l'élément « {word} » est fautif, son contenu n'est pas du type prévu"
        return card.at(place, shown(text), constat=constat)
    return card.at(place, shown(text), expected, element=word, longueur=str(len(text)))


def _tell_attribute(element: etree._Element, name: str, fault: str) -> Finding:
    if "is required but missing" in fault:
        return tell_attribute(element, name, "manque", "")
    if "is not allowed" in fault:
        return tell_attribute(element, name, "n'est pas admis", "")
    value = element.get(name, "")
    constat = f"vaut « {shown(value)} », ce qui n'est pas admis"
    return tell_attribute(element, name, constat, _expectation(fault)[1], value)


def _names(element: etree._Element, fault: str) -> list[str]:
    match = _EXPECTED.search(fault)
    return [spell(name, element.nsmap) for name in match[1].split(", ")] if match else []


def _expectation(fault: str) -> tuple[Card, str]:
    if match := _SET.search(fault):
        return cards.XSD_LIST, list_all([item.strip().strip("'") for item in match[1].split(",")])
    if match := _PATTERN.search(fault):
        return cards.XSD_FORM, f"le motif {match[1]}"
    if match := _LENGTH.search(fault):
        return cards.XSD_LENGTH, LENGTHS[_LENGTH_FACETS[match[1]]].format(match[2])
    if match := _BOUND.search(fault):
        return cards.XSD_FORM, _DIGITS[match[1]].format(match[2])
    if match := _TYPE.search(fault):
        return cards.XSD_FORM, TYPES.get(match[1], f"une valeur du type {match[1]}")
    if "is not a valid value" in fault:
        return cards.XSD_FORM, "une valeur du type prévu (date, nombre ou code)"
    return cards.XSD_OTHER, ""
