"""Does a file bear the end that its kind of file must have? Cheap, and blind to everything else.

A zip ends with its end record, a tar.gz with its trailer and its end mark, an XML document with the closing
tag of its root, a PDF with ``%%EOF``. A file that is not what its name says will never get that end: it is
not waited for, and the judgement tells what it is.
"""

from __future__ import annotations

import io
import re
from typing import BinaryIO

from edi.inbound.nature import HEAD, recognise
from edi.inbound.tar import tar_gz_is_cut
from edi.inbound.zip import zip_is_cut
from edi.model import Limites

ARCHIVES = (".tar.gz", ".zip")
_PROLOGUE = 64 * 1024  # bytes in which the root element must begin
_TAIL = 4 * 1024  # bytes in which the closing tag must be found; comments may follow it
_EOF = 1024  # bytes in which readers of PDF look for %%EOF
_BEFORE_ROOT = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL)
_ROOT = re.compile(rb"<([^\s/>!?]+)")
_ALONE = re.compile(rb"<[^<>]*/>")
_AFTER_ROOT = re.compile(rb"\s*>(?:\s|<\?[^>]*\?>|<!--(?:(?!-->).)*-->)*", re.DOTALL)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def is_archive(nom: str) -> bool:
    """True when the name is that of an archive that may be received."""
    return nom.lower().endswith(ARCHIVES)


def lacks_end(source: BinaryIO, nom: str, limites: Limites) -> bool:
    """True when the bytes begin as the name announces and stop before their end. Raises OSError.

    An empty file lacks everything. A name of no known kind has no end to look for.
    """
    lower = nom.lower()
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    head = source.read(HEAD)
    source.seek(0)
    if not size:
        return lower.endswith((*ARCHIVES, ".xml", ".pdf"))
    if lower.endswith(".zip"):
        return _begins(head, b"PK") and zip_is_cut(source)
    if lower.endswith(".tar.gz"):
        return _begins(head, b"\x1f\x8b") and (size < 2 or tar_gz_is_cut(source, size, limites))
    if lower.endswith(".pdf"):
        return _begins(head, b"%PDF-") and b"%%EOF" not in _tail(source, size, _EOF)
    if not lower.endswith(".xml"):
        return False
    if any(bom.startswith(head) for bom in _BOMS):  # nothing but the mark, or less
        return True
    return recognise(head).xml and _xml_is_cut(source, size)


def _begins(head: bytes, magic: bytes) -> bool:
    """True too for the first byte of the mark alone: the second may come."""
    return head[: len(magic)] == magic[: len(head)]


def _tail(source: BinaryIO, size: int, wanted: int) -> bytes:
    source.seek(max(0, size - wanted))
    return source.read(wanted)


def _xml_is_cut(source: BinaryIO, size: int) -> bool:
    head, tail = source.read(_PROLOGUE), _tail(source, size, _TAIL)
    if encoding := _UTF16.get(head[:2]):
        # An odd tail begins in the middle of a character.
        tail = tail[(size - len(tail)) % 2 :].decode(encoding, "replace").encode()
        head = head[2:].decode(encoding, "replace").encode()
    elif b"\0" in head[:4]:
        return False  # two bytes a character and no mark to say so: for the judgement to tell
    head = head.removeprefix(b"\xef\xbb\xbf")
    before = _BEFORE_ROOT.match(head)
    root = _ROOT.match(head, before.end() if before else 0)
    if root is None:
        return size <= _PROLOGUE
    if _ALONE.match(head, root.start()):
        return False
    closing = tail.rfind(b"</" + root[1])
    return closing < 0 or not _AFTER_ROOT.fullmatch(tail, closing + 2 + len(root[1]))
