"""The official sheets, one by one: who uses them, how they are run, which of their rules a document breaks.

A rule is its rank among the asserts and reports of its sheet, for ids repeat and reports have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from edi import xml
from edi.validators.schematron import saxon
from edi.validators.schematron.official import Assertion, read_asserts
from edi.validators.schematron.packs import PACKS, Pack, Part, Sheet, locate_sheet, tell_absence

UBL, CII, CDAR = "ubl", "cii", "cdar"
RANK = "edi-rank"  # attribute that tells which rule speaks
_S = "{http://purl.oclc.org/dsdl/svrl}"
_FAILURES = (f"{_S}failed-assert", f"{_S}successful-report")
_ROOTS = {
    "Invoice": UBL,
    "CreditNote": UBL,
    "CrossIndustryInvoice": CII,
    "CrossDomainAcknowledgementAndResponse": CDAR,
}


@dataclass(frozen=True)
class Feuille:
    """A sheet and the parts of packs that use it: whole, or a selection of its asserts."""

    sheet: Sheet
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        return self.sheet.name

    @property
    def syntax(self) -> str:
        """Which documents it is written for."""
        return {"ubl": UBL, "cdv": CDAR}.get(self.name.rpartition("-")[2], CII)


def syntax_of(tree: etree._ElementTree) -> str:
    """Of a document; '' for another root."""
    return _ROOTS.get(etree.QName(tree.getroot()).localname, "")


@cache
def feuilles() -> tuple[Feuille, ...]:
    """Every sheet that is installed, as packs.toml orders them; the whole sheet is one of its parts."""
    parts: dict[str, dict[Part, None]] = {}
    for pack in (pack for versions in PACKS.values() for pack in versions if not tell_absence(pack)):
        for part in pack.parts:
            parts.setdefault(part.sheet.name, {Part(part.sheet): None})[part] = None
    return tuple(Feuille(next(iter(some)).sheet, tuple(some)) for some in parts.values())


def find_feuille(name: str) -> Feuille:
    """Raises StopIteration for a name that no installed sheet has."""
    return next(one for one in feuilles() if one.name == name)


@cache
def rules_of(feuille: Feuille) -> tuple[Assertion, ...]:
    """Every assert and report, by rank."""
    return read_asserts(locate_sheet(feuille.sheet).read_bytes())


def pack_of(part: Part) -> Pack:
    """A pack of that part alone."""
    return Pack(part.sheet.name, "", "", (part,), (), "")


def run_official(feuille: Feuille, document: saxon.Document) -> tuple[saxon.Failed, ...]:
    """The sheet as published, whole. Raises DynamicError."""
    return saxon.run_pack(pack_of(feuille.parts[0]), document, saxon.OFFICIAL)


def broken_ranks(feuille: Feuille, document: saxon.Document) -> frozenset[int]:
    """The rules that a document breaks, by rank. Raises DynamicError.

    The sheet is the published one, but that each failure bears its rank as an attribute.
    """
    from saxonche import PySaxonApiError

    try:
        svrl = _compile_ranked(feuille).transform_to_string(xdm_node=document.node)
    except PySaxonApiError as error:
        raise saxon.DynamicError(feuille.name, "", str(error)) from error
    return frozenset(_read_ranks(svrl))


def _read_ranks(svrl: str) -> Iterator[int]:
    for element in xml.parse(svrl.encode()).iter(*_FAILURES):
        yield int(element.get(RANK, ""))


@cache
def _compile_ranked(feuille: Feuille) -> Any:
    path = locate_sheet(feuille.sheet)
    sheet = xml.parse(path.read_bytes()).getroot()
    sheet.set("{http://www.w3.org/XML/1998/namespace}base", path.as_uri())
    for rank, failure in enumerate(sheet.iter(*_FAILURES)):
        failure.set(RANK, str(rank))
    compiler = saxon._processor().new_xslt30_processor()
    return compiler.compile_stylesheet(
        stylesheet_text=etree.tostring(sheet, encoding="unicode"), encoding="UTF-8"
    )


def packs_of(feuille: Feuille) -> tuple[Pack, ...]:
    """The packs that use a sheet."""
    return tuple(
        pack
        for versions in PACKS.values()
        for pack in versions
        if any(part.sheet == feuille.sheet for part in pack.parts)
    )
