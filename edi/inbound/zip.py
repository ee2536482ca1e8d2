"""The files of a zip: first what its directory says, then what is really there; nothing is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from edi.inbound import cards
from edi.inbound.display import escape_name, shorten_name
from edi.inbound.membre import (
    BLOC,
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

_ENCRYPTED = 0x1 | 0x40 | 0x2000  # ordinary, strong, and hidden directory
_UTF8 = 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END = struct.Struct("<4s4H2LH")
_END_MAGIC = b"PK\x05\x06"
_TAIL = _END.size + 0xFFFF  # the end record and the longest comment
_DIRECTORY_ENTRY = 1024  # bytes of directory granted to each admitted entry
_IN_ZIP64 = 0xFFFF
_UNLIMITED = Limites(flux=2**63, ratio=2**63)  # an attachment has a limit of its own

# What zipfile raises for hostile bytes. OSError is not of them: then it is our disk that fails.
_HOSTILE = (
    zipfile.BadZipFile,
    NotImplementedError,  # versions and methods it does not know
    EOFError,
    zlib.error,
    struct.error,
    ValueError,  # names that are not the UTF-8 they claim to be
    OverflowError,
)


def read_zip(path: Path, limites: Limites, formes: tuple[str, ...] = (XML,)) -> Iterator[Membre | Finding]:
    """Each file of the archive, one at a time; a bare Finding refuses the whole flux and ends the stream.

    All that the directory can tell is checked before the first file. Raises OSError when our own disk
    fails.
    """
    with path.open("rb") as source:
        compteur = Compteur(path.stat().st_size, limites)
        try:
            archive = _open(source, limites.entrees)
            files = _check_directory(archive, compteur, limites)
            for info in files:
                contenu = weigh(_expand(archive, info, compteur), limites.fichier)
                yield admit(_name(info), contenu, limites, formes)
                del contenu  # one file at a time lies in memory
        except ArchiveRefused as refused:
            yield refused.finding


def find_member(path: Path, wanted: Callable[[str], bool], limite: int, entrees: int) -> bytes | None:
    """The bytes of the first file of an archive with a ``wanted`` name; None for none of ``limite`` bytes."""
    with path.open("rb") as source:
        try:
            archive = _open(source, entrees)
            for info in archive.infolist():
                if wanted(_name(info)) and info.file_size <= limite and not _locked(info):
                    return b"".join(_expand(archive, info, Compteur(path.stat().st_size, _UNLIMITED)))
        except ArchiveRefused:
            return None
    return None


def zip_is_cut(source: BinaryIO) -> bool:
    """Is the end record, which is written last, missing or itself cut?"""
    try:
        _read_end(source)
    except ArchiveCut:
        return True
    except ArchiveRefused:
        return False
    return False


def open_single_member(data: bytes, limite: int) -> tuple[str, bytes, int, str]:
    """Name, bytes, size and fault of the one file of an attachment's zip.

    Its bytes are b"" beyond ``limite``, when ``limite + 1`` stands for any larger size. The fault is '',
    'zip' (not a zip, or one that cannot be read) or 'membres' (not exactly one file; folders do not count).
    """
    nom, contenu = "", io.BytesIO()  # which gives its bytes without a copy
    try:
        archive = _open(io.BytesIO(data), entrees=0)
        files = [info for info in archive.infolist() if not _is_directory(info)]
        if len(files) != 1:
            return "", b"", 0, "membres"
        nom = escape_name(_name(files[0]))
        if _locked(files[0]):
            return nom, b"", 0, "zip"
        for chunk in _expand(archive, files[0], Compteur(len(data), _UNLIMITED)):
            contenu.write(chunk)
            if contenu.tell() > limite:
                return nom, b"", limite + 1, ""
    except _DirectoryTooLarge:
        return "", b"", 0, "membres"
    except ArchiveRefused:
        return nom, b"", 0, "zip"
    return nom, contenu.getvalue(), contenu.tell(), ""


def _check_directory(archive: zipfile.ZipFile, compteur: Compteur, limites: Limites) -> list[zipfile.ZipInfo]:
    """The files of the archive, when its directory holds nothing against it."""
    declared = Compteur(compteur.disque, limites)
    files = []
    for info in archive.infolist():
        compteur.add_entry(_name(info))
        declared.add_bytes(info.file_size)
        if not _is_directory(info):
            files.append(info)
    for info in files:
        kind = stat.S_IFMT(info.external_attr >> 16)
        shown = shorten_name(_name(info))
        if kind not in (0, stat.S_IFREG):
            nature = "un lien symbolique" if kind == stat.S_IFLNK else "une entrée spéciale"
            raise ArchiveRefused(cards.ENTREE_SPECIALE.at(value=shown, nature=nature))
        compteur.add_file(_name(info))
        if raison := _locked(info):
            raise ArchiveRefused(cards.ARCHIVE_CHIFFREE.at(value=shown, raison=raison))
    if not files:
        raise ArchiveRefused(cards.ARCHIVE_SANS_FICHIER.at())
    if min(info.header_offset for info in archive.infolist()):
        raise ArchiveRefused(cards.OCTETS_ETRANGERS.at(ou="précédée"))
    return files


def _locked(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "il est chiffré"
    return (
        "" if info.compress_type in _METHODS else f"sa compression n° {info.compress_type} n'est pas admise"
    )


def _is_directory(info: zipfile.ZipInfo) -> bool:
    return info.orig_filename.endswith("/") and not info.file_size


def _name(info: zipfile.ZipInfo) -> str:
    """The name as written: zipfile cuts it at a NUL, and takes for cp437 what most tools write in UTF-8."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    return info.orig_filename.encode("cp437").decode("utf-8", "surrogateescape")


def _open(source: BinaryIO, entrees: int) -> zipfile.ZipFile:
    count = _read_end(source)
    try:
        archive = zipfile.ZipFile(_Guarded(source, 2 * _TAIL + entrees * _DIRECTORY_ENTRY))
    except _DirectoryTooLarge:
        raise _DirectoryTooLarge(cards.TROP_D_ENTREES.at(expected=str(entrees))) from None
    except _HOSTILE as error:
        raise unreadable("son répertoire est abîmé") from error
    if count not in (len(archive.infolist()), _IN_ZIP64):
        raise unreadable("son répertoire n'annonce pas le bon nombre d'entrées")
    return archive


def _read_end(source: BinaryIO) -> int:
    """The number of entries by the end record, which must be the last thing in the file."""
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - _TAIL))
    tail = source.read(_TAIL)
    start = tail.rfind(_END_MAGIC)
    if start < 0 or len(tail) < start + _END.size:
        raise cut("le fichier n'est pas un zip, ou il est tronqué")
    *_, count, _directory_size, _offset, comment = _END.unpack_from(tail, start)
    end = start + _END.size + comment
    if end > len(tail):
        raise cut("le fichier est tronqué")
    if end < len(tail):
        raise ArchiveRefused(cards.OCTETS_ETRANGERS.at(ou="suivie"))
    return int(count)


def _expand(archive: zipfile.ZipFile, info: zipfile.ZipInfo, compteur: Compteur) -> Iterator[bytes]:
    taille = 0
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(BLOC):
                taille += len(chunk)
                compteur.add_bytes(len(chunk))
                yield chunk
    except _HOSTILE as error:
        raise unreadable(f"le fichier « {shorten_name(_name(info))} » y est abîmé") from error
    if taille != info.file_size:
        raise unreadable(f"le fichier « {shorten_name(_name(info))} » n'a pas la taille annoncée")


class _DirectoryTooLarge(ArchiveRefused):
    """The directory is larger than that of any admitted archive."""


class _Guarded:
    """A file for zipfile to read, which refuses to hand over too much at once, or to go outside itself.

    zipfile reads the whole directory in one go, as large as the archive says, and goes where it says.
    """

    def __init__(self, source: BinaryIO, most: int) -> None:
        self._source = source
        self._most = most
        self._size = source.seek(0, io.SEEK_END)

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._source.tell())
        wanted = left if size < 0 else min(size, left)
        if wanted > self._most:
            raise _DirectoryTooLarge(cards.TROP_D_ENTREES.at())
        return self._source.read(wanted)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and not 0 <= offset <= self._size:
            raise zipfile.BadZipFile("offset outside the file")  # the disk would answer with an OSError
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()

    def seekable(self) -> bool:
        return True
