"""The CII invoice inside a Factur-X PDF, and what the PDF declares of it.

A PDF is a stranger's bytes: nothing of it is drawn or run, its streams are expanded by us up to a limit, and
qpdf's own expansion of its structure is bounded for the whole process. What is read is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lxml import etree

from edi.inbound.readers import cii
from edi.inbound.readers.nodes import Node
from edi.inbound.readers.pieces import DEFAULT_LIMIT
from edi.model import Facture

FICHIER = "factur-x.xml"  # the name that the standard gives to the attachment
PREFIXE = f"{FICHIER}#"  # of a location inside it


class PdfRefused(Exception):
    """A PDF from which no invoice can be taken.

    ``kind`` is ``illisible``, ``chiffre``, ``sans-facture``, ``plusieurs`` or ``trop-gros``; ``detail`` a
    short French text, or the names of the attachments that were found.
    """

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind, detail)
        self.kind, self.detail = kind, detail


class Hybride(NamedTuple):
    """A Factur-X PDF: its invoice, and what it says of it."""

    data: bytes  # the XML
    relation: str  # AFRelationship, '' when absent
    declaration: Mapping[str, str]  # of the XMP: part, type, fichier, version, niveau; only those present
    autres: tuple[str, ...] = ()  # attachments that are named like invoices and are not read
    abime: bool = False  # the structure of the PDF had to be repaired


def read(
    tree: etree._ElementTree, limite: int = DEFAULT_LIMIT, node: Node | None = None
) -> tuple[Facture, ...]:
    """The one invoice of the XML of a Factur-X; its places are marked as lying inside the PDF."""
    return cii.read(tree, limite, node, PREFIXE)


def open_pdf(data: bytes, limite: int) -> Hybride:
    """The XML of a Factur-X PDF, of ``limite`` bytes at most, and its declaration. Raises PdfRefused."""
    from edi.inbound.readers import hybride  # qpdf: not loaded before there is a PDF

    return hybride.open_pdf(data, limite)
