"""Saxon, and nothing else: a document and a pack in, failed asserts out.

One processor per PROCESS. Saxon in several threads ends the interpreter: the first thread that uses it is the
only one that may, and any other is refused.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from edi import xml
from edi.validators.schematron import presence, reach, rewrite
from edi.validators.schematron.attachments import lighten
from edi.validators.schematron.packs import Pack, Part, locate_sheet
from edi.validators.schematron.presence import Watched

_NO_DOCTYPE = (
    "http://saxon.sf.net/feature/parserFeature?uri=http://apache.org/xml/features/disallow-doctype-decl"
)
_LONGEST_ERROR = 500
_S = "{http://purl.oclc.org/dsdl/svrl}"

OFFICIAL, REWRITTEN, ISOLATED = "official", "rewritten", "isolated"  # the ways to run a sheet


class Failed(NamedTuple):
    """One failed assert, as the official sheet tells it; white space of the text is normalised."""

    id: str  # '' for a report
    flag: str  # of the sheet; "report" for a report, "dynamic" for a rule that raised (isolated way only)
    location: str  # path of SVRL
    text: str


class DynamicError(Exception):
    """A sheet raised on a document: ``code`` of XPath ('' when Saxon gives none) and Saxon's ``text``."""

    def __init__(self, pack: str, code: str, text: str) -> None:
        super().__init__(pack, code, text)
        self.pack, self.code, self.text = pack, code, text


class Unreadable(DynamicError):
    """Saxon does not read a document that every other stage has read: more elements within elements than it
    takes."""


@dataclass(frozen=True, eq=False)
class Document:
    """A document as Saxon holds it, to be shown to several packs."""

    node: Any
    tree: etree._ElementTree | None = None  # the same, parsed by edi.xml; without it nothing is left out

    @cached_property
    def labels(self) -> frozenset[str] | None:
        """Of presence.label; None where nothing is known."""
        return None if self.tree is None else presence.label(self.tree)


def open_document(tree: etree._ElementTree) -> Document:
    """A parsed document without the weight of its attachments; the paths of its elements are unchanged.

    Comments and processing instructions are left out, as edi.xml leaves them out for every other stage.
    Raises Unreadable.
    """
    from saxonche import PySaxonApiError

    processor, text = _processor(), etree.tostring(lighten(tree), encoding="unicode")
    try:
        return Document(processor.parse_xml(xml_text=text, encoding="UTF-8"), tree)
    except PySaxonApiError as error:
        raise Unreadable("", "", _shorten(str(error))) from error


def run_pack(pack: Pack, document: Document | bytes, way: str = REWRITTEN) -> tuple[Failed, ...]:
    """All that a pack finds in a document, in the order of its sheets.

    Raises DynamicError, PackUnavailable, and XmlRefused for bytes that are not an acceptable document.
    """
    if isinstance(document, bytes):
        document = open_document(xml.parse(document))
    return tuple(failed for part in pack.parts for failed in _run(pack, part, document, way))


def run_part(pack: Pack, part: Part, document: Document, way: str = REWRITTEN) -> tuple[Failed, ...]:
    """All that one part of a pack finds in a document. Raises DynamicError and PackUnavailable."""
    return tuple(_run(pack, part, document, way))


def prepare(pack: Pack, way: str = REWRITTEN) -> None:
    """Compile the sheets of a pack now rather than for the first document. Raises PackUnavailable."""
    for part in pack.parts:
        _compile(part, way)


def _run(pack: Pack, part: Part, document: Document, way: str) -> Iterator[Failed]:
    from saxonche import PySaxonApiError

    executable, watched = _compile(part, way)
    if watched:
        present = watched.compare(document.labels)
        executable.set_parameter(presence.PRESENT, _processor().make_string_value(present))
    try:
        result = executable.transform_to_string(xdm_node=document.node)
    except PySaxonApiError as error:
        raise DynamicError(pack.source, "", _shorten(str(error))) from error
    if watched is None:
        yield from (failed for failed in _read_svrl(result) if part.applies(failed.id))
        return
    for line in filter(None, (result or "").split(rewrite.LINE)):
        failed = Failed(*line.split(rewrite.FIELD))
        if failed.flag == rewrite.RAISED:
            code, _, text = failed.text.partition(" ")
            raise DynamicError(pack.source, code, _shorten(text))
        yield failed


def _shorten(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_ERROR]


def _read_svrl(result: str) -> Iterator[Failed]:
    for element in xml.parse(result.encode()).iter(f"{_S}failed-assert", f"{_S}successful-report"):
        is_report = element.tag == f"{_S}successful-report"
        flag = rewrite.REPORT if is_report else element.get("flag", "")
        location = re.sub(r"[\t\r\n]", " ", element.get("location", ""))
        text = " ".join(re.split(r"[ \t\r\n]+", element.findtext(f"{_S}text") or "")).strip(" ")
        yield Failed(element.get("id", ""), flag, location, text)


# -- what lives as long as the process --------------------------------------------------------------------


@cache
def _load() -> tuple[Any, int]:
    """The processor of this process, and the one thread that may use it.

    Saxon is imported here, for it reserves 32 GiB of address space that no other command needs.
    """
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False)
    processor.set_configuration_property(_NO_DOCTYPE, "true")
    return processor, threading.get_ident()


def _processor() -> Any:
    processor, owner = _load()
    if owner != threading.get_ident():
        raise RuntimeError("Saxon may only be used by the thread that used it first, in each process")
    return processor


@cache
def _compile(part: Part, way: str) -> tuple[Any, Watched | None]:
    """The executable of a sheet, and what it wants to be told of; None when it is run as it is."""
    processor, path = _processor(), locate_sheet(part.sheet)
    compiler = processor.new_xslt30_processor()
    if way == OFFICIAL or not part.sheet.rewrite:
        return compiler.compile_stylesheet(stylesheet_file=str(path)), None
    try:
        text, watched = _rewrite(part, path, way)
    except reach.Unrewritable:  # a newer sheet of another shape: slower, and as right
        return compiler.compile_stylesheet(stylesheet_file=str(path)), None
    executable = compiler.compile_stylesheet(stylesheet_text=text, encoding="UTF-8")
    for rank, (name, _) in enumerate(part.sheet.extra):
        node = processor.parse_xml(xml_file_name=str(path.parent / name))
        executable.set_parameter(f"{rewrite.EXTRA}{rank}", node)
    return executable, watched


def _rewrite(part: Part, path: Path, way: str) -> rewrite.Rewritten:
    return rewrite.rewrite(
        path.read_bytes(),
        path.as_uri(),
        select=part.sheet.select,
        keep=part.applies if part.selective else None,
        extra=tuple(name for name, _ in part.sheet.extra),
        isolate=way == ISOLATED,
    )
