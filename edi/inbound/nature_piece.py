"""What an attachment really is, by its bytes: compared with its extension by the rules of attachments.

A small table of ours: the 35 extensions that Chorus Pro admits need no more. Reads no more than the first
bytes, but for a zip (its directory tells an office document) and a PDF (which is opened).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile

INCONNUE = "inconnue"  # measured, and not recognised
PDF = "pdf"
PDF_MAX = 20 * 1024**2  # bytes above which a PDF is not opened
_HEAD = 4096
_ENTRIES_READ = 64  # of a zip's directory, to tell an office document
_DIRECTORY_MAX = 1024**2  # bytes

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"-----BEGIN PKCS7-----", "p7s"),
    (b"MZ", "programme"),
    (b"\x7fELF", "programme"),
    (b"#!", "programme"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_ODF = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_ODF_MIMETYPE = re.compile(rb"mimetypeapplication/vnd\.oasis\.opendocument\.([a-z]+)")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # OID of PKCS#7 signedData, near the start of the DER
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")


def measure(data: bytes) -> tuple[str, bool | None]:
    """The nature of an attachment, and whether it opens (None for what is not tried). Never raises.

    The nature is a word of the keys of :data:`~edi.validators.pieces_jointes.NATURES`, or :data:`INCONNUE`;
    '' for no bytes at all.
    """
    if not data:
        return "", None
    nature = recognise(data)
    return nature, pdf_opens(data) if nature == PDF and len(data) <= PDF_MAX else None


def recognise(data: bytes) -> str:
    """The nature of a file, by its bytes."""
    head = data[:_HEAD]
    if b"%PDF-" in head[:1024]:  # readers of PDF let some bytes precede it
        return PDF
    if head.startswith(_ZIP):
        return _recognise_zip(data)
    if head.startswith(b"BM") and len(data) >= 26 and struct.unpack_from("<I", data, 2)[0] in (0, len(data)):
        return "bmp"
    for magic, nature in _MAGIC:
        if head.startswith(magic):
            return nature
    if head[:1] == b"\x30" and _SIGNED_DATA in head[:32]:
        return "p7s"
    return _recognise_text(head)


def pdf_opens(data: bytes) -> bool:
    """True when the PDF opens without a password and has at least one page; mended on the way if need be."""
    from edi.inbound import pdf_joint  # qpdf: not loaded before there is a PDF

    return pdf_joint.opens(data)


def _recognise_zip(data: bytes) -> str:
    """``docx``... for an office document, else ``zip``; only the directory is read."""
    if match := _ODF_MIMETYPE.search(data[:_HEAD]):
        return _ODF.get(match[1].decode(), "zip")
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or len(data) < end + 22 or struct.unpack_from("<I", data, end + 12)[0] > _DIRECTORY_MAX:
        return "zip"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()[:_ENTRIES_READ]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError):
        return "zip"
    if "[Content_Types].xml" not in names:
        return "zip"
    return next((kind for name in names for start, kind in _OFFICE.items() if name.startswith(start)), "zip")


def _recognise_text(head: bytes) -> str:
    text = head
    for bom in _BOMS:
        text = text.removeprefix(bom)
    start = text.replace(b"\x00", b"").lstrip().lower()  # UTF-16 is read as if it were Latin-1
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if start.startswith(b"<svg"):
        return "svg"
    if start.startswith(b"<?xml"):
        return "svg" if b"<svg" in start else "html" if b"<html" in start else "xml"
    if re.match(rb"<[a-z_!]", start):
        return "xml"
    is_wide = head.startswith(_BOMS[1:])
    return "texte" if is_wide or not _CONTROLS & set(head) else INCONNUE
