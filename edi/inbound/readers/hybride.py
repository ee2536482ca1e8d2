"""A Factur-X PDF taken apart by qpdf: its attachments, and what its metadata declare.

Loaded with the first PDF that is met: a worker that meets none starts without qpdf.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import pikepdf
from pikepdf import settings

from edi import xml
from edi.inbound.readers.facturx import FICHIER, Hybride, PdfRefused

_OTHER_INVOICES = frozenset({"zugferd-invoice.xml", "xrechnung.xml", "cii.xml"})

_FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
_PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
_DECLARED = {
    f"{_PDFAID}part": "part",
    f"{_FX}DocumentType": "type",
    f"{_FX}DocumentFileName": "fichier",
    f"{_FX}Version": "version",
    f"{_FX}ConformanceLevel": "niveau",
}
_LONGEST_XMP = 1024**2  # bytes
_MOST_NODES = 1000  # of the tree of attachments
_MOST_STRUCTURE = 256 * 1024**2  # bytes that qpdf may expand one stream of the PDF's structure to

settings.set_qpdf_limits(flate_max_memory=_MOST_STRUCTURE, doc_max_warnings=1000)


class _Attachment(NamedTuple):
    nom: str
    spec: pikepdf.Dictionary


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
    elements: dict[str, str | None] = {}  # a property of XMP is an element, or an attribute of one
    attributes: dict[str, str | None] = {}
    for element in tree.iter("*"):
        if element.tag in _DECLARED:
            elements.setdefault(element.tag, element.text)
        for name, value in element.items():
            attributes.setdefault(str(name), str(value))
    texts = {key: elements.get(name, attributes.get(name)) for name, key in _DECLARED.items()}
    return {key: text.strip() for key, text in texts.items() if text is not None and text.strip()}
