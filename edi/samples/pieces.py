"""Attachments made by us: a small PDF that any reader opens, and the zip of one member around it."""

from __future__ import annotations

import base64
import io
import random
import zipfile
from typing import NamedTuple

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day a zip can tell


class PieceJointe(NamedTuple):
    """An attachment as a document carries it; ``contenu`` is the file itself."""

    nom: str
    contenu: bytes
    type: str = "02"  # 01 the invoice, 02 complementary
    mime: str = "application/pdf"
    membre: str = ""  # name inside the zip, when it is not ``nom``
    base64: str | None = None  # what stands in the document in place of the zip of ``contenu``

    @property
    def texte(self) -> str:
        """The text that stands in the document: base64 of a zip with one member."""
        if self.base64 is not None:
            return self.base64
        return encode(write_zip(((self.membre or self.nom, self.contenu),)))


def encode(data: bytes) -> str:
    """Base64 as one line of text."""
    return base64.b64encode(data).decode("ascii")


def write_zip(members: tuple[tuple[str, bytes], ...]) -> bytes:
    """A zip archive whose bytes depend on its members only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # the same on every machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def write_pdf(lines: tuple[str, ...]) -> bytes:
    """One A4 page with these lines of text, in Helvetica; characters outside Latin-1 become ``?``."""
    return assemble_pdf(page_objects(lines))


def write_heavy_pdf(lines: tuple[str, ...], weight: int, rng: random.Random) -> bytes:
    """The same page, and ``weight`` bytes that no archive makes smaller, as a scanned page would be."""
    scan = b"<< /Length %d >>\nstream\n%s\nendstream" % (weight, rng.randbytes(weight))
    return assemble_pdf((*page_objects(lines), scan))


def page_objects(lines: tuple[str, ...], extra: bytes = b"") -> tuple[bytes, ...]:
    """The five objects of such a page; ``extra`` stands in the catalogue, which is the first."""
    shown = b"".join(b"(" + _escape(line) + b") Tj T*\n" for line in lines)
    stream = b"BT /F1 11 Tf 56 786 Td 16 TL\n" + shown + b"ET\n"
    return (
        b"<< /Type /Catalog /Pages 2 0 R%s >>" % extra,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )


def _escape(line: str) -> bytes:
    text = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return text.encode("latin-1", "replace")


def assemble_pdf(objects: tuple[bytes, ...], version: bytes = b"1.4", extra: bytes = b"") -> bytes:
    """The objects with their cross-reference table: byte offsets of ten digits, as the format wants.

    ``extra`` stands in the trailer.
    """
    body = b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (size, extra, len(body))
    return body + b"xref\n0 %d\n" % size + table + trailer
