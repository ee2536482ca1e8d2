"""The compiled sheets from outside: build one, open a document, judge it by a part of a pack."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lxml import etree

from edi import xml
from edi.validators.compiled.cache import compiler_version, load
from edi.validators.compiled.errors import AskSaxon, NotCompiled
from edi.validators.compiled.running.dispatch import run as _run
from edi.validators.compiled.running.plans import Selected
from edi.validators.compiled.running.program import Program
from edi.validators.compiled.running.tree import Document
from edi.validators.schematron.packs import Part, Sheet, locate_sheet
from edi.validators.schematron.saxon import Failed

__all__ = [
    "COMPILER",
    "AskSaxon",
    "Built",
    "Document",
    "NotCompiled",
    "build",
    "open_document",
    "release",
    "run",
]

COMPILER = compiler_version()


@dataclass(frozen=True, slots=True)
class Built:
    """A sheet ready to judge; ``asserts`` counts its asserts and reports."""

    program: Program

    @property
    def asserts(self) -> int:
        return sum(len(rule.checks) for rule in self.program.rules)


def build(sheet: Sheet) -> Built:
    """The compiled form of a sheet, from the cache or made now.

    Raises NotCompiled with one reason for each rule that does not compile, and PackUnavailable.
    """
    built = _build(sheet)
    if isinstance(built, NotCompiled):
        raise built
    return built


@cache
def _build(sheet: Sheet) -> Built | NotCompiled:
    """What a sheet came to: one that does not compile is not tried again for each document."""
    try:
        return make(sheet)
    except NotCompiled as error:
        return error


def make(sheet: Sheet) -> Built:
    """As :func:`build`, without remembering it."""
    path = locate_sheet(sheet)
    extra = {name: path.parent / name for name, _ in sheet.extra}

    def write() -> str:
        # The compiler itself, which a worker that finds its modules kept never needs.
        from edi.validators.compiled.reading.sheets import read_sheet
        from edi.validators.compiled.writing.modules import write_module

        title = f"{sheet.name}, compiled from the sheet of sha256 {sheet.sha256}, and never to be edited."
        return write_module(read_sheet(path.read_bytes()), title)

    def read_codes(name: str, number: int) -> frozenset[str]:
        """The codes of a list; only the files that the pack records are read."""
        if name not in extra:
            raise NotCompiled(f"file {name} is not one of the sheet")
        return _read_lists(extra[name].read_bytes()).get(str(number), frozenset())

    name = f"{sheet.name}-{sheet.sha256[:16]}-{COMPILER[:16]}"
    module = load(name, write, {"read_codes": read_codes})
    return Built(Program(sheet.name, module.RULES))


@cache
def _read_lists(data: bytes) -> dict[str, frozenset[str]]:
    lists = xml.parse(data).getroot().iterfind("cl")
    return {
        one.get("id", ""): frozenset(item.get("value", "") for item in one.iterfind("enumeration"))
        for one in lists
    }


@cache
def _select(part: Part) -> Selected:
    return Selected(build(part.sheet).program, part.applies)


def open_document(tree: etree._ElementTree) -> Document:
    """A document parsed by edi.xml, as rules walk it; shared by all packs. Raises AskSaxon when too deep."""
    return Document(tree)


def release(document: Document) -> None:
    """Let go of a document that nothing will be asked of any more."""
    document.release()


def run(part: Part, document: Document) -> tuple[Failed, ...]:
    """All that a part of a pack finds, in the order of the official sheet.

    Raises AskSaxon when the official sheet must be asked, NotCompiled, PackUnavailable.
    """
    return tuple(_run(_select(part), document))
