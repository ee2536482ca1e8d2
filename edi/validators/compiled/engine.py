"""What the compiled form of a sheet offers. No sheet compiles yet: each is refused, and Saxon runs it."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from edi.validators.schematron.packs import Part, Sheet
from edi.validators.schematron.saxon import Failed

COMPILER = ""  # digest of the compiler's own sources


class AskSaxon(Exception):
    """The compiled form cannot judge this document; the reason is a constant that quotes nothing of it."""


class NotCompiled(Exception):
    """The sheet does not compile, for these reasons."""


@dataclass(frozen=True, eq=False)
class Document:
    """A document as compiled sheets read it, to be shown to several of them."""

    tree: etree._ElementTree


@dataclass(frozen=True, slots=True)
class Built:
    """A sheet that was compiled."""

    asserts: int


def open_document(tree: etree._ElementTree) -> Document:
    """A document parsed by edi.xml."""
    return Document(tree)


def run(part: Part, document: Document) -> tuple[Failed, ...]:
    """All that the asserts of a part find. Raises AskSaxon and NotCompiled."""
    raise NotCompiled("compilateur absent")


def build(sheet: Sheet) -> Built:
    """Compile a sheet now. Raises NotCompiled."""
    raise NotCompiled("compilateur absent")
