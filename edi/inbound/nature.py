"""What a file really is, by its first bytes: enough to tell a sender what was put in place of an invoice."""

from __future__ import annotations

from typing import NamedTuple

HEAD = 512  # bytes that must be looked at

ARCHIVE_EXTENSIONS = frozenset(
    "zip tar gz tgz taz bz2 tbz tbz2 xz txz lz lzma zst tzst z 7z rar jar cab ar cpio iso".split()
)


class Nature(NamedTuple):
    """A kind of file, as a French noun; '' when it is not recognised."""

    libelle: str = ""
    archive: bool = False
    xml: bool = False
    pdf: bool = False


_MAGIC = (
    (b"PK\x03\x04", Nature("un zip", archive=True)),
    (b"PK\x05\x06", Nature("un zip", archive=True)),
    (b"PK\x07\x08", Nature("un zip", archive=True)),
    (b"\x1f\x8b", Nature("un gzip", archive=True)),
    (b"BZh", Nature("un bzip2", archive=True)),
    (b"\xfd7zXZ\x00", Nature("un xz", archive=True)),
    (b"7z\xbc\xaf\x27\x1c", Nature("un 7z", archive=True)),
    (b"Rar!\x1a\x07", Nature("un rar", archive=True)),
    (b"\x28\xb5\x2f\xfd", Nature("un zstd", archive=True)),
    (b"%PDF-", Nature("un PDF", pdf=True)),
)
_XML_STARTS = (b"<", "<".encode("utf-16-le"), "<".encode("utf-16-be"))
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def recognise(head: bytes) -> Nature:
    """The nature of a file whose first :data:`HEAD` bytes are ``head``."""
    for magic, nature in _MAGIC:
        if head.startswith(magic):
            return nature
    if head[257:262] == b"ustar":
        return Nature("un tar", archive=True)
    for bom in _BOMS:
        head = head.removeprefix(bom)
    return Nature("un document XML", xml=True) if head.lstrip().startswith(_XML_STARTS) else Nature()
