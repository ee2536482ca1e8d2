"""What an official sheet says of itself: its asserts, and the codes that a rule lets pass. Nothing is run."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from edi import xml

_X = "{http://www.w3.org/1999/XSL/Transform}"
_S = "{http://purl.oclc.org/dsdl/svrl}"
_LISTED = re.compile(r"contains\(\s*'\s*([^']*?)\s*'\s*,")
_SELF = re.compile(r"(?:^|[\s(])\(?\.\)?\s*=\s*'([^']+)'")  # . = 'SE' or (.) = 'BY': the element itself
_EQUAL = re.compile(r"@\w+\s*=\s*'([^']+)'")
_TUPLE = re.compile(r"=\s*\(((?:\s*'[^']*'\s*,?)+)\)")
_CODEDB = re.compile(r"document\(\s*'[^']+'\s*\)/codedb/cl\[@id=(\d+)\]")
_CALL = re.compile(r"\b([\w-]+:[\w-]+)\(")
_QUOTED = re.compile(r"'([^']*)'")


class Assertion(NamedTuple):
    """An assert or a report of an official sheet, its sentence without the values that a run puts in it."""

    id: str  # '' for a report, and for the few asserts that the sheet leaves without
    test: str = ""  # XPath
    match: str = ""  # the elements it speaks of
    text: str = ""
    flag: str = ""
    report: bool = False


@lru_cache(maxsize=32)
def read_asserts(data: bytes) -> tuple[Assertion, ...]:
    """Every assert and report of a sheet, in its order. Raises XmlRefused for bytes that are no XML."""
    found = xml.parse(data).getroot().iter(f"{_S}failed-assert", f"{_S}successful-report")
    return tuple(_read(element) for element in found)


def _read(element: etree._Element) -> Assertion:
    template = next(element.iterancestors(f"{_X}template"), None)
    text = element.find(f"{_S}text")
    return Assertion(
        id=_said(element, "id"),
        test=_said(element, "test"),
        match="" if template is None else " ".join(template.get("match", "").split()),
        text="" if text is None else " ".join(" ".join(map(str, text.itertext())).split()),
        flag=_said(element, "flag"),
        report=element.tag == f"{_S}successful-report",
    )


def _said(element: etree._Element, name: str) -> str:
    """An attribute of SVRL, written as such or by xsl:attribute."""
    if (value := element.get(name)) is not None:
        return value
    child = next((one for one in element.findall(f"{_X}attribute") if one.get("name") == name), None)
    return "" if child is None else " ".join("".join(map(str, child.itertext())).split())


def legal_codes(data: bytes, rule: str | Assertion, codedb: bytes = b"") -> tuple[str, ...]:
    """The codes that a rule of a sheet lets pass, in the sheet's order; () for a rule that checks no list.

    ``codedb`` is the file of code lists that the sheets of Factur-X read beside them.
    """
    rules = (
        (rule,) if isinstance(rule, Assertion) else tuple(one for one in read_asserts(data) if one.id == rule)
    )
    found: dict[str, None] = {}
    for one in rules:
        found |= dict.fromkeys(_codes(data, one.test, codedb))
    return tuple(found)


@lru_cache(maxsize=1024)
def _codes(data: bytes, test: str, codedb: bytes) -> tuple[str, ...]:
    if numbers := _CODEDB.findall(test):
        return tuple(code for number in numbers for code in _lists(codedb).get(number, ()))
    if lists := _LISTED.findall(test):
        return tuple(code for text in lists for code in text.split())
    if tuples := _TUPLE.findall(test):
        return tuple(code for text in tuples for code in _QUOTED.findall(text))
    functions = _functions(data)
    if called := [functions[name] for name in _CALL.findall(test) if name in functions]:
        return called[0]
    return tuple(_SELF.findall(test)) or tuple(_EQUAL.findall(test))


@lru_cache(maxsize=32)
def _lists(codedb: bytes) -> dict[str, tuple[str, ...]]:
    if not codedb:
        return {}
    lists = xml.parse(codedb).getroot().iter("cl")
    return {
        one.get("id", ""): tuple(str(item.get("value")) for item in one.iter("enumeration")) for one in lists
    }


@lru_cache(maxsize=32)
def _functions(data: bytes) -> dict[str, tuple[str, ...]]:
    """The functions of a sheet that look a code up in a list: a quoted sequence, or a string to be split."""
    found: dict[str, tuple[str, ...]] = {}
    for function in xml.parse(data).getroot().iter(f"{_X}function"):
        tests = " ".join(one.get("select", "") for one in function.iter(f"{_X}variable", f"{_X}sequence"))
        if "matches(" in tests or "$context" in tests:
            continue
        codes = tuple(code for text in _QUOTED.findall(tests) if "\\" not in text for code in text.split())
        found[function.get("name", "")] = codes
    return found
