"""What is not the same in two versions of a pack, code by code, read in their sheets. Nothing is run."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from edi import xml
from edi.validators.schematron.official import Assertion, read_asserts
from edi.validators.schematron.packs import Pack, locate_sheet
from edi.validators.schematron.texts import UNKNOWN, find_text

COMMON = "(commun)"  # what is not of one code

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


class Change(NamedTuple):
    """What a version does to the asserts of one code."""

    code: str  # '' for reports, and for asserts that the sheet leaves without id
    nature: str  # "nouvelle", "disparue", "modifiée"
    texte: str  # the official sentence, of the new version where it has the code
    carte: bool  # whether a French card is known


def list_changes(before: Pack, after: Pack) -> tuple[Change, ...]:
    """The codes whose asserts are not the same in two versions, in their order. Raises PackUnavailable."""
    old, new = _by_code(before), _by_code(after)
    found = []
    for code in dict.fromkeys((*new, *old)):
        if Counter(old.get(code, ())) == Counter(new.get(code, ())):
            continue
        nature = "modifiée" if code in old and code in new else "nouvelle" if code in new else "disparue"
        rule = (new.get(code) or old[code])[0].rule
        found.append(Change(code, nature, rule.text, _is_told(rule)))
    if _common(before) != _common(after):
        found.append(Change(COMMON, "modifiée", "fonctions, variables ou listes de la feuille", True))
    return tuple(found)


def count_asserts(pack: Pack) -> int:
    """How many asserts and reports a version has. Raises PackUnavailable."""
    return sum(map(len, _by_code(pack).values()))


def lacking_cards(pack: Pack) -> tuple[str, ...]:
    """The codes of a version that no French card knows. Raises PackUnavailable."""
    return tuple(c for c, shapes in _by_code(pack).items() if not all(_is_told(s.rule) for s in shapes))


class _Shape(NamedTuple):
    """An assert with what it really does: the test of the sheet, not only the one that it shows."""

    rule: Assertion
    test: str
    variables: tuple[str, ...]


def _is_told(rule: Assertion) -> bool:
    return find_text(rule.id, rule.match, rule).famille != UNKNOWN


def _by_code(pack: Pack) -> dict[str, list[_Shape]]:
    found: dict[str, list[_Shape]] = {}
    for part in pack.parts:
        for shape in _read_shapes(locate_sheet(part.sheet).read_bytes()):
            if part.applies(shape.rule.id):
                found.setdefault(shape.rule.id, []).append(shape)
    return found


@lru_cache(maxsize=8)
def _read_shapes(data: bytes) -> tuple[_Shape, ...]:
    elements = list(xml.parse(data).getroot().iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"))
    return tuple(
        _Shape(rule, _test_of(element), _variables_of(element))
        for rule, element in zip(read_asserts(data), elements, strict=True)
    )


def _test_of(element: etree._Element) -> str:
    """What is really tested: the ``xsl:when`` beside an assert, the ``xsl:if`` around a report."""
    for around in element.iterancestors(f"{_XSL}choose", f"{_XSL}if"):
        when = around if around.tag == f"{_XSL}if" else around.find(f"{_XSL}when")
        return "" if when is None else when.get("test", "")
    return ""


def _variables_of(element: etree._Element) -> tuple[str, ...]:
    template = next(element.iterancestors(f"{_XSL}template"), None)
    found = () if template is None else template.iter(f"{_XSL}variable")
    return tuple(f"{one.get('name')}={one.get('select')}" for one in found)


def _common(pack: Pack) -> tuple[tuple[object, ...], ...]:
    """What all asserts of a sheet may use: its functions, its variables, the files it reads."""
    found = []
    for part in pack.parts:
        root = xml.parse(locate_sheet(part.sheet).read_bytes()).getroot()
        shared = (e for tag in ("function", "variable", "key") for e in root.findall(f"{_XSL}{tag}"))
        found.append((sorted(sha for _, sha in part.sheet.extra), *(etree.tostring(e) for e in shared)))
    return tuple(found)
