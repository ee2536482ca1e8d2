"""The CII invoice inside a Factur-X PDF, and what the PDF declares of it.

A PDF is a stranger's bytes: nothing of it is drawn or run, its streams are expanded by us up to a limit, and
qpdf's own expansion of its structure is bounded for the whole process. What is read is judged elsewhere.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import pikepdf
from lxml import etree
from pikepdf import settings

from edi import xml
from edi.inbound.readers import cii
from edi.inbound.readers.nodes import Node
from edi.inbound.readers.pieces import DEFAULT_LIMIT
from edi.model import Facture

FICHIER = "factur-x.xml"  # the name that the standard gives to the attachment
PREFIXE = f"{FICHIER}#"  # of a location inside it
_OTHER_INVOICES = frozenset({"zugferd-invoice.xml", "xrechnung.xml", "cii.xml"})

_FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
_PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
_DECLARED = {
    "part": f"{_PDFAID}part",
    "type": f"{_FX}DocumentType",
    "fichier": f"{_FX}DocumentFileName",
    "version": f"{_FX}Version",
    "niveau": f"{_FX}ConformanceLevel",
}
_LONGEST_XMP = 1024**2  # bytes
_MOST_NODES = 1000  # of the tree of attachments
_MOST_STRUCTURE = 256 * 1024**2  # bytes that qpdf may expand one stream of the PDF's structure to

settings.set_qpdf_limits(flate_max_memory=_MOST_STRUCTURE, doc_max_warnings=1000)


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


class _Attachment(NamedTuple):
    nom: str
    spec: pikepdf.Dictionary


def read(
    tree: etree._ElementTree, limite: int = DEFAULT_LIMIT, node: Node | None = None
) -> tuple[Facture, ...]:
    """The one invoice of the XML of a Factur-X; its places are marked as lying inside the PDF."""
    return tuple(
        replace(
            facture,
            places={
                name: place._replace(path=f"{PREFIXE}{place.path}") for name, place in facture.places.items()
            },
        )
        for facture in cii.read(tree, limite, node)
    )


def open_pdf(data: bytes, limite: int) -> Hybride:
    """The XML of a Factur-X PDF, of ``limite`` bytes at most, and its declaration. Raises PdfRefused."""
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise PdfRefused("chiffre")
            return _read_hybride(pdf, limite)
    except pikepdf.PasswordError:
        raise PdfRefused("chiffre") from None
    except (pikepdf.PdfError, pikepdf.DataDecodingError, zlib.error):
        raise PdfRefused("illisible", "sa structure est abîmée") from None
    # pikepdf's answers to objects that are not of the type their place wants.
    except (
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        RuntimeError,
        NotImplementedError,
        OverflowError,
    ):
        raise PdfRefused("illisible", "sa structure n'est pas celle d'un PDF") from None


def _read_hybride(pdf: pikepdf.Pdf, limite: int) -> Hybride:
    attachments = list(_attachments(pdf))
    named = [each for each in attachments if each.nom.lower() == FICHIER]
    others = tuple(each.nom for each in attachments if each.nom.lower() in _OTHER_INVOICES)
    if not named:
        raise PdfRefused("sans-facture", ", ".join(each.nom for each in attachments[:5]))
    streams = {stream.objgen: stream for each in named for stream in _streams(each.spec)}
    if not streams:
        raise PdfRefused("illisible", f"la pièce {FICHIER} n'a pas de contenu")
    if len(streams) > 1:
        raise PdfRefused("plusieurs", FICHIER)
    (stream,) = streams.values()
    relation = named[0].spec.get("/AFRelationship")
    return Hybride(
        _expand(stream, limite),
        str(relation).removeprefix("/") if isinstance(relation, pikepdf.Name) else "",
        _read_declaration(pdf),
        others,
        bool(pdf.get_warnings()),
    )


# -- attachments ------------------------------------------------------------------------------------------


def _attachments(pdf: pikepdf.Pdf) -> Iterator[_Attachment]:
    """Every file that the PDF carries, by its tree of names and by its list of associated files."""
    root = pdf.Root
    names = root.get("/Names")
    tree = names.get("/EmbeddedFiles") if isinstance(names, pikepdf.Dictionary) else None
    associated = root.get("/AF")
    specs = [*_leaves(tree), *(associated if isinstance(associated, pikepdf.Array) else ())]
    seen: set[tuple[int, int]] = set()
    for spec in specs:
        if not isinstance(spec, pikepdf.Dictionary) or "/EF" not in spec:
            continue
        if spec.is_indirect and spec.objgen in seen:
            continue
        seen.add(spec.objgen)
        name = spec.get("/UF", spec.get("/F"))
        yield _Attachment(str(name).strip() if isinstance(name, pikepdf.String) else "", spec)


def _leaves(tree: object) -> Iterator[pikepdf.Object]:
    """The values of a tree of names, walked without recursion: a hostile one bites its own tail."""
    waiting: list[object] = [tree]
    seen: set[tuple[int, int]] = set()
    while waiting and len(seen) < _MOST_NODES:
        node = waiting.pop()
        if not isinstance(node, pikepdf.Dictionary) or (node.is_indirect and node.objgen in seen):
            continue
        seen.add(node.objgen if node.is_indirect else (-len(seen) - 1, 0))
        kids, names = node.get("/Kids"), node.get("/Names")
        if isinstance(kids, pikepdf.Array):
            waiting += list(kids)[:_MOST_NODES]
        if isinstance(names, pikepdf.Array):
            yield from list(names)[1 : 2 * _MOST_NODES : 2]


def _streams(spec: pikepdf.Dictionary) -> Iterator[pikepdf.Stream]:
    """The contents of one attachment: the same stream may stand under several keys."""
    files = spec.get("/EF")
    if isinstance(files, pikepdf.Dictionary):
        found = (files.get(key) for key in ("/UF", "/F"))
        yield from (stream for stream in found if isinstance(stream, pikepdf.Stream))


def _expand(stream: pikepdf.Stream, limite: int) -> bytes:
    """The content of a stream, of ``limite`` bytes at most. Raises PdfRefused."""
    filters = stream.get("/Filter")
    wanted = [filters] if isinstance(filters, pikepdf.Name) else list(filters) if filters is not None else []
    names = [str(name) for name in wanted]
    raw = stream.read_raw_bytes()
    if not names:
        data = raw
    elif names == ["/FlateDecode"] and "/DecodeParms" not in stream:
        expander = zlib.decompressobj()
        data = expander.decompress(raw, limite + 1)
        if len(data) <= limite and not expander.eof:
            raise PdfRefused("illisible", f"la pièce {FICHIER} est tronquée")
    else:
        raise PdfRefused("illisible", f"la compression de la pièce {FICHIER} n'est pas admise")
    if len(data) > limite:
        raise PdfRefused("trop-gros")
    return data


# -- the declaration --------------------------------------------------------------------------------------


def _read_declaration(pdf: pikepdf.Pdf) -> dict[str, str]:
    """What the XMP metadata declare; nothing when there are none that can be read."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return {}
    try:
        tree = xml.parse(_expand(metadata, _LONGEST_XMP).strip(b"\0 \t\r\n"))
    except (PdfRefused, zlib.error, xml.XmlRefused):
        return {}
    found = {}
    for key, name in _DECLARED.items():  # a property of XMP is an element, or an attribute of one
        element = next(tree.iter(name), None)
        text = (
            element.text
            if element is not None
            else next((holder.get(name) for holder in tree.iter() if holder.get(name) is not None), None)
        )
        if text is not None and text.strip():
            found[key] = text.strip()
    return found
