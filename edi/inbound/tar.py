"""The files of a tar.gz, read forwards once; nothing is unpacked.

Only the decoding of one 512-byte header is left to ``tarfile``. Its reader is not used: it ends silently at
a damaged header, reads an extension header of any size into memory, recurses over chained ones and can loop
for ever on a negative size. Here each of these refuses the flux.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from edi.inbound import cards
from edi.inbound.display import shorten_name
from edi.inbound.gunzip import expand
from edi.inbound.membre import (
    XML,
    ArchiveCut,
    ArchiveRefused,
    Compteur,
    Membre,
    admit,
    cut,
    unreadable,
    weigh,
)
from edi.model import Finding, Limites

BLOCK = tarfile.BLOCKSIZE
MAX_EXTENSION = 64 * 1024  # bytes of one extension header: it holds a name and little else
MAX_EXTENSIONS = 8  # extension headers before one entry

_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_EXTENSIONS = (*_PAX, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_NATURES = {
    tarfile.LNKTYPE: "un lien physique",
    tarfile.SYMTYPE: "un lien symbolique",
    tarfile.CHRTYPE: "un périphérique",
    tarfile.BLKTYPE: "un périphérique",
    tarfile.FIFOTYPE: "un tube nommé",
    tarfile.GNUTYPE_SPARSE: "un fichier à trous",
}


def read_tar_gz(path: Path, limites: Limites, formes: tuple[str, ...] = (XML,)) -> Iterator[Membre | Finding]:
    """Each file of the archive, one at a time; a bare Finding refuses the whole flux and ends the stream.

    It may come after good files (a cut archive is only known by its end), so none of them may be accepted
    before the stream has ended. Raises OSError when our own disk fails.
    """
    with path.open("rb") as source:
        compteur = Compteur(path.stat().st_size, limites)
        try:
            yield from _read_members(_Tape(expand(source, compteur)), compteur, limites, formes)
        except ArchiveRefused as refused:
            yield refused.finding


def tar_gz_is_cut(source: BinaryIO, size: int, limites: Limites) -> bool:
    """Does the archive stop before its end? Whatever else is wrong with it is for the judgement to tell."""
    tape = _Tape(expand(source, Compteur(size, limites)))
    try:
        while (entry := _next_entry(tape)) is not None:
            for _ in tape.take(entry.size):
                pass
            tape.skip_padding(entry.size)
        tape.rest_is_zeros()
    except ArchiveCut:
        return True
    except ArchiveRefused:
        return False
    return not tape.begun


def _read_members(
    tape: _Tape, compteur: Compteur, limites: Limites, formes: tuple[str, ...]
) -> Iterator[Membre]:
    files = 0
    while (entry := _next_entry(tape)) is not None:
        compteur.add_entry(entry.name)
        if entry.isdir() and not entry.size:
            continue
        if entry.type not in _FILES:
            nature = _NATURES.get(entry.type, "une entrée spéciale")
            raise ArchiveRefused(cards.ENTREE_SPECIALE.at(value=shorten_name(entry.name), nature=nature))
        compteur.add_file(entry.name)
        files += 1
        contenu = weigh(tape.take(entry.size), limites.fichier)
        tape.skip_padding(entry.size)
        yield admit(entry.name, contenu, limites, formes)
        del contenu  # one file at a time lies in memory
    if not tape.rest_is_zeros():
        raise ArchiveRefused(cards.OCTETS_ETRANGERS.at(ou="suivie"))
    if not files:
        raise ArchiveRefused(cards.ARCHIVE_SANS_FICHIER.at())


def _next_entry(tape: _Tape) -> tarfile.TarInfo | None:
    """The header of the next entry, with what its extension headers say; None at the end mark."""
    name, size = "", -1
    for _ in range(MAX_EXTENSIONS + 1):
        entry = _read_header(tape)
        if entry is None:
            if name or size >= 0:
                raise unreadable("une entrée annoncée n'y est pas")
            return None
        if entry.size < 0:
            raise unreadable("un en-tête annonce une taille négative")
        if entry.type not in _EXTENSIONS:
            entry.name = name or entry.name
            entry.size = size if size >= 0 else entry.size
            return entry
        data = _read_extension(tape, entry.size)
        if entry.type == tarfile.GNUTYPE_LONGNAME:
            name = _decode(data.partition(b"\0")[0])
        elif entry.type != tarfile.GNUTYPE_LONGLINK:
            words = dict(_read_records(data))
            if entry.type == tarfile.XGLTYPE and not words.keys().isdisjoint((b"path", b"size")):
                raise unreadable("un en-tête global y nomme un fichier")
            if any(key.startswith(b"GNU.sparse") for key in words):
                nature = _NATURES[tarfile.GNUTYPE_SPARSE]
                value = shorten_name(_decode(words.get(b"path", b"")) or name)
                raise ArchiveRefused(cards.ENTREE_SPECIALE.at(value=value, nature=nature))
            name = _decode(words.get(b"path", b"")) or name
            size = _read_number(words[b"size"]) if b"size" in words else size
    raise unreadable("une entrée y a trop d'en-têtes d'extension")


def _read_header(tape: _Tape) -> tarfile.TarInfo | None:
    begun = tape.begun
    block = tape.read(BLOCK)
    if not block and not begun:
        return None  # not a single byte: told as an archive without files
    if not block:
        raise cut("elle est tronquée, la marque de fin manque")
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
        return None
    except (tarfile.HeaderError, ValueError) as error:
        raise unreadable("un en-tête y est abîmé" if begun else "le contenu n'est pas un tar") from error


def _read_extension(tape: _Tape, size: int) -> bytes:
    if size > MAX_EXTENSION:
        raise unreadable("un en-tête d'extension y est démesuré")
    data = b"".join(tape.take(size))
    tape.skip_padding(size)
    return data


def _read_records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The ``length key=value`` lines of a pax header."""
    start = 0
    while start < len(data):
        space = data.find(b" ", start, start + 20)
        end = start + _read_number(data[start:space] if space > start else b"")
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if end <= space or end > len(data) or not equals or data[end - 1 : end] != b"\n":
            raise unreadable("un en-tête d'extension y est abîmé")
        yield key, value
        start = end


def _read_number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 19:
        raise unreadable("un en-tête d'extension y est abîmé")
    return int(digits)


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


class _Tape:
    """Chunks of any length, read by the number of bytes wanted."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk, self._at = b"", 0  # what is read of it: no chunk is copied to go on in it
        self.begun = False

    def read(self, size: int) -> bytes:
        """``size`` bytes, b'' when none is left."""
        if not self._fill():
            return b""
        return b"".join(self.take(size))

    def take(self, size: int) -> Iterator[bytes]:
        """``size`` bytes, piece by piece. Raises ArchiveRefused when the tape ends before."""
        while size:
            if not self._fill():
                raise cut("elle est tronquée")
            piece = self._chunk[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def skip_padding(self, size: int) -> None:
        """Go to the end of the block in which ``size`` bytes of data end."""
        for _ in self.take(-size % BLOCK):
            pass

    def rest_is_zeros(self) -> bool:
        """Reads all that is left, so that what lies behind the end mark is seen, damage included."""
        while self._fill():
            if self._chunk[self._at :].strip(b"\0"):
                return False
            self._at = len(self._chunk)
        return True

    def _fill(self) -> bool:
        if self._at == len(self._chunk):
            self._chunk, self._at = next(self._chunks, b""), 0
            self.begun = self.begun or bool(self._chunk)
        return bool(self._chunk)
