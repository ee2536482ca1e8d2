"""What the rules of a sheet ask again at each line, answered once a document.

XSLT 3.0 provides for it (``cache`` of ``xsl:function``): the function is the same, and Saxon keeps its
answers for as long as one document is judged. An error is raised at each call, as without it.
"""

from __future__ import annotations

import re

from lxml import etree

_X = "{http://www.w3.org/1999/XSL/Transform}"
_XS = "http://www.w3.org/2001/XMLSchema"
_NAMESPACE = "Q{urn:navette:codes}"
_LONG = 200  # characters of a list, below which to search it is as quick as to remember
_WORD = r"concat\(\s*' '\s*,\s*normalize-space\(\s*[.@\w:-]+\s*\)\s*,\s*' '\s*\)"
_AMONG = re.compile(rf"\bcontains\(\s*('[^']{{{_LONG},}}')\s*,\s*({_WORD})\s*\)")


def remember_elements(sheet: etree._Element) -> None:
    """Remember what a function of the sheet says of an element.

    Each line asks of its invoice what kind it is, and to know it all the children of the invoice are looked
    at: without this, the square of the number of lines.
    """
    for function in sheet.findall(f"{_X}function"):
        parameters = function.findall(f"{_X}param")
        if parameters and all(p.get("as", "").startswith("element(") for p in parameters):
            function.set("cache", "yes")


def remember_codes(sheet: etree._Element) -> None:
    """Remember which words are in a list of codes: an invoice has few currencies, units and countries.

    ``contains(' a b c ', concat(' ', normalize-space(.), ' '))`` becomes a function of its second argument,
    which is still computed, and may still raise, where it stood.
    """
    lists: dict[str, str] = {}

    def call(found: re.Match[str]) -> str:
        return f"{lists.setdefault(found[1], f'{_NAMESPACE}list-{len(lists)}')}({found[2]})"

    for test in sheet.iter(f"{_X}when", f"{_X}if"):
        test.set("test", _AMONG.sub(call, test.get("test", "")))
    for codes, name in lists.items():
        function = etree.SubElement(
            sheet, f"{_X}function", {"name": name, "cache": "yes", "as": "xs:boolean"}
        )
        etree.SubElement(function, f"{_X}param", {"name": "word", "as": "xs:string"})
        etree.SubElement(function, f"{_X}sequence", select=f"contains({codes}, $word)")
