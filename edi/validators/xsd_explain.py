"""xmlschema's errors in French: which element, what was found, what was expected, in the document's names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from edi.model import Card, Finding, Place
from edi.validators import cards
from edi.validators.wording import enumerate_all, shown
from edi.xml import line_of, spell, where

_ATTRIBUTE_VALUE = re.compile(r"attribute ([^\s=]+)=")
_ATTRIBUTE_MISSING = re.compile(r"missing required attribute '(.+)'")
_ATTRIBUTE_REFUSED = re.compile(r"'(.+)' attribute not allowed")

_MOST_NAMES = 30  # names or codes that one sentence lists

TYPES: Mapping[str, str] = {
    "date": "une date de la forme AAAA-MM-JJ",
    "dateTime": "une date et une heure de la forme AAAA-MM-JJTHH:MM:SS",
    "time": "une heure de la forme HH:MM:SS",
    "decimal": "un nombre dont les décimales suivent un point, comme 828.43",
    "integer": "un nombre entier",
    "nonNegativeInteger": "un nombre entier, positif ou nul",
    "positiveInteger": "un nombre entier, au moins 1",
    "boolean": "true ou false",
    "base64Binary": "un contenu en base64",
}
_BOUNDS = {
    "XsdTotalDigitsFacet": "{} chiffres au plus",
    "XsdFractionDigitsFacet": "{} décimales au plus",
    "XsdMinInclusiveFacet": "au moins {}",
    "XsdMaxInclusiveFacet": "au plus {}",
    "XsdMinExclusiveFacet": "plus de {}",
    "XsdMaxExclusiveFacet": "moins de {}",
}
LENGTHS = {
    "XsdLengthFacet": "{} caractères exactement",
    "XsdMinLengthFacet": "{} caractères au moins",
    "XsdMaxLengthFacet": "{} caractères au plus",
}
_CONTENTS = (
    ("character data between child elements", "du texte s'y trouve entre les éléments"),
    ("can't have child elements", "des éléments s'y trouvent, là où une simple valeur est attendue"),
    ("cannot substitute", "son attribut xsi:type ne convient pas"),
)


def tell_children(error: Any) -> Finding:
    """The finding for an error about which children an element has."""
    parent: etree._Element = error.elem
    names = [name for name in (getattr(item, "name", None) for item in error.expected or ()) if name]
    child = _child(parent, error.index, error.invalid_tag)
    if child is None or _is_missing(error, parent, names):
        return _tell_missing(parent, child, names)
    place = Place(where(child), line_of(child))
    word = spell(str(child.tag), child.nsmap)
    return cards.XSD_UNEXPECTED.at(place, word, _others(child, names), element=word)


def _others(child: etree._Element, names: list[str]) -> str:
    """What was expected instead of ``child``; its namespace, when that alone is wrong."""
    local = etree.QName(child).localname
    homonym = next((etree.QName(name) for name in names if etree.QName(name).localname == local), None)
    if homonym is not None:
        wanted = f"dans l'espace de noms {homonym.namespace}" if homonym.namespace else "sans espace de noms"
        return f"{local} {wanted} (attribut xmlns)"
    return list_all([spell(name, child.nsmap) for name in names]) or "aucun autre élément"


def _child(parent: etree._Element, index: int, tag: str | None) -> etree._Element | None:
    if tag is None:
        return None
    if index < len(parent) and parent[index].tag == tag:
        return parent[index]
    return parent.find(tag)


def _is_missing(error: Any, parent: etree._Element, names: list[str]) -> bool:
    """True when the stranger is at home here, and it is the mandatory one before it that is nowhere."""
    known = {getattr(item, "name", None) for item in error.validator.iter_elements()}
    mandatory = error.particle is not None and error.particle.min_occurs > error.occurs
    absent = len(names) == 1 and parent.find(names[0]) is None
    return error.invalid_tag in known and mandatory and absent


def _tell_missing(parent: etree._Element, before: etree._Element | None, names: list[str]) -> Finding:
    words = [spell(name, parent.nsmap) for name in names]
    path = where(parent) + (f"/{words[0]}" if len(words) == 1 else "")
    place = Place(path, line_of(parent if before is None else before))
    word = spell(str(parent.tag), parent.nsmap)
    return cards.XSD_MISSING.at(place, "", list_all(words), element=word)


def tell_value(error: Any, element: etree._Element) -> Finding:
    word = spell(str(element.tag), element.nsmap)
    for pattern, constat in ((_ATTRIBUTE_MISSING, "manque"), (_ATTRIBUTE_REFUSED, "n'est pas admis")):
        if match := pattern.search(error.reason or ""):
            return tell_attribute(element, match[1], constat, "")
    if match := _ATTRIBUTE_VALUE.match(error.reason or ""):
        value, (_, expected) = element.get(match[1], ""), _expectation(error.validator)
        constat = f"vaut « {shown(value)} », ce qui n'est pas admis"
        return tell_attribute(element, match[1], constat, expected, value)
    place, value = Place(where(element), line_of(element)), shown((element.text or "").strip())
    card, expected = _expectation(error.validator)
    if card is cards.XSD_OTHER:
        return card.at(place, constat=f"l'élément « {word} » est fautif, {_content(error.reason or '')}")
    longueur = str(len((element.text or "").strip()))
    return card.at(place, value, expected, element=word, longueur=longueur)


def tell_attribute(
    element: etree._Element, clark: str, constat: str, expected: str, value: str = ""
) -> Finding:
    """A finding on an attribute; its place is the attribute's own XPath."""
    name = spell(clark, element.nsmap)
    place = Place(f"{where(element)}/@{name}", line_of(element))
    word = spell(str(element.tag), element.nsmap)
    constat += f" ; attendu : {expected}" if expected else ""
    return cards.XSD_ATTRIBUTE.at(place, shown(value), expected, element=word, attribut=name, constat=constat)


def _expectation(validator: Any) -> tuple[Card, str]:
    """Which card a facet or a type of xmlschema falls under, and what it expects, in French."""
    kind = type(validator).__name__
    if kind == "XsdEnumerationFacets":
        return cards.XSD_LIST, list_all([str(item) for item in validator.enumeration])
    if kind == "XsdPatternFacets":
        return cards.XSD_FORM, f"le motif {' ou '.join(validator.regexps)}"
    if kind in LENGTHS:
        return cards.XSD_LENGTH, LENGTHS[kind].format(validator.value)
    if kind in _BOUNDS:
        return cards.XSD_FORM, _BOUNDS[kind].format(validator.value)
    name = str(getattr(validator, "name", None) or "").rpartition("}")[2]
    if name in TYPES:
        return cards.XSD_FORM, TYPES[name]
    return cards.XSD_OTHER, ""


def _content(reason: str) -> str:
    return next((phrase for words, phrase in _CONTENTS if words in reason), "il n'est pas du type prévu")


def list_all(names: list[str]) -> str:
    """``a, b ou c``; beyond a few dozen, the first ones and an ellipsis."""
    listed = [shown(name) for name in names[:_MOST_NAMES]]
    return f"{', '.join(listed)}…" if len(names) > _MOST_NAMES else enumerate_all(listed, "ou")
