"""Newer official sheets for tests: copies of the installed ones, in which one assert is another."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from edi.validators.schematron.packs import PACKS, locate_sheet

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def sheet_of(jeu: str) -> Path:
    """The official file of a pack of one sheet."""
    return locate_sheet(PACKS[jeu][0].parts[0].sheet)


def write_newer(folder: Path, jeu: str, code: str, test: str, rename: str = "") -> Path:
    """The sheet of a pack in which ``code`` tests something else, and may bear another code."""
    tree = etree.parse(str(sheet_of(jeu)))
    for failed in tree.iter(f"{_SVRL}failed-assert"):
        if rule_of(failed) == code:
            choose = next(failed.iterancestors(f"{_XSL}choose"))
            choose.find(f"{_XSL}when").set("test", test)
            if rename:
                name_of(failed).text = rename
    folder.mkdir(exist_ok=True)
    tree.write(str(folder / "newer.xslt"))
    return folder / "newer.xslt"


def name_of(failed: etree._Element) -> etree._Element:
    return next(one for one in failed.iter(f"{_XSL}attribute") if one.get("name") == "id")


def rule_of(failed: etree._Element) -> str:
    return (name_of(failed).text or "").strip()
