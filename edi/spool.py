"""The spool: the only module that names or moves a file of it.

::

    spool/depots/<APPLI>/in/NAME            what a déposant put there
    spool/depots/<APPLI>/out/NAME           return flows for it
    spool/queue/<queue>/<ticket>/NAME       a flux on its way; always in exactly one queue
    spool/store/<aa>/<sha256>               every byte ever taken, for ever
    spool/pull/<serveur>/<key>.part         a remote file under way
    spool/pull/<serveur>/<ticket>/NAME      a remote file that is whole, not recorded or not handed over yet

A ticket is a folder that holds one file under the name it arrived with, so that a flux is known from the
folders alone, even while the database is away. The order of each move is: write aside, fsync, rename, fsync
the folder, and only then let go of the source. Received names are data: they are never joined to a path
before :func:`is_plain_name` has said that they cannot lead anywhere.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

QUEUES = ("incoming", "active", "hold", "corrupt")
_CHUNK = 1 << 20
_MANY = 8  # files from which it pays to sync their whole file system at once
_SYNCFS = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)  # Linux; the os module has none


class SpoolBusy(Exception):
    """Another process works on this spool."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One flux in a queue."""

    ticket: str  # "<nanoseconds>-<APPLI>": sorts in order of arrival
    nom: str
    path: Path

    @property
    def appli(self) -> str:
        return self.ticket.rpartition("-")[2]

    @property
    def is_ordinary(self) -> bool:
        """False for links, folders and devices, which are never opened."""
        return stat.S_ISREG(self.path.lstat().st_mode)


def is_plain_name(nom: str) -> bool:
    """True when a name can only mean a file of its own folder."""
    return nom not in ("", ".", "..") and "/" not in nom and "\0" not in nom


class Spool:
    """The spool under ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._store = root / "store"
        self._aside = root / "store" / "aside"
        self._pull = root / "pull"

    # -- folders ------------------------------------------------------------------------------------------

    def create(self, applis: list[str]) -> None:
        """Make the skeleton and the folders of every déposant; what exists stays."""
        for queue in QUEUES:
            (self.root / "queue" / queue).mkdir(parents=True, exist_ok=True)
        self._aside.mkdir(parents=True, exist_ok=True)
        self._pull.mkdir(exist_ok=True)
        for appli in applis:
            for folder in ("in", "out"):
                (self.root / "depots" / appli / folder).mkdir(parents=True, exist_ok=True)

    def inbox(self, appli: str) -> Path:
        """The folder a déposant puts its flux_list into."""
        return self.root / "depots" / appli / "in"

    def outbox(self, appli: str) -> Path:
        """The folder a déposant finds its return flows in."""
        return self.root / "depots" / appli / "out"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be alone on this spool, until the process dies, however it dies. Raises SpoolBusy."""
        with open(self.root / "lock", "a", encoding="ascii") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise SpoolBusy(str(self.root)) from error
            yield

    # -- taking -------------------------------------------------------------------------------------------

    def listing(self, appli: str) -> dict[str, tuple[int, int, int]]:
        """What lies in a déposant's ``in``: name -> (inode, size, mtime_ns)."""
        found = {}
        for item in os.scandir(self.inbox(appli)):
            try:
                seen = item.stat(follow_symlinks=False)
            except FileNotFoundError:  # the sender took it back between the list and the look
                continue
            found[item.name] = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
        return found

    def take(self, appli: str, nom: str, ticket: str) -> Entry | None:
        """Move one complete deposit into ``incoming``; None when the sender has taken it back meanwhile."""
        folder = self.root / "queue" / "incoming" / ticket
        folder.mkdir()
        try:
            _carry(self.inbox(appli) / nom, folder / nom, self._aside / ticket)
        except FileNotFoundError:
            folder.rmdir()
            return None
        _sync_folder(folder.parent)
        _sync_folder(self.inbox(appli))
        return Entry(ticket, nom, folder / nom)

    # -- queues -------------------------------------------------------------------------------------------

    def entries(self, queue: str) -> list[Entry]:
        """The flux_list of one queue, in order of arrival; the empty ticket of an interrupted take goes."""
        found = []
        for folder in sorted(item for item in (self.root / "queue" / queue).iterdir() if item.is_dir()):
            names = sorted(os.listdir(folder))
            if names:
                found.append(Entry(folder.name, names[0], folder / names[0]))
            else:
                folder.rmdir()
        return found

    def move(self, entry: Entry, queue: str) -> Entry:
        """Put a flux into another queue, whole, in one rename."""
        target = self.root / "queue" / queue / entry.ticket
        os.rename(entry.path.parent, target)
        _sync_folder(target.parent)
        _sync_folder(entry.path.parent.parent)
        return Entry(entry.ticket, entry.nom, target / entry.nom)

    def drop(self, entry: Entry, sha256: str) -> None:
        """Let go of a flux whose bytes lie in the store. Raises FileNotFoundError when they do not."""
        self.blob(sha256).stat()
        entry.path.unlink(missing_ok=True)
        entry.path.parent.rmdir()
        _sync_folder(entry.path.parent.parent)

    # -- the store of bytes -------------------------------------------------------------------------------

    def blob(self, sha256: str) -> Path:
        """Where the bytes of that hash lie."""
        return self._store / sha256[:2] / sha256

    def keep(self, entry: Entry) -> tuple[str, int]:
        """Copy a flux into the store: (sha256, size in bytes). Doing it twice changes nothing."""
        aside = self._aside / entry.ticket
        digest, size = hashlib.sha256(), 0
        # O_NOFOLLOW: a link that a sender made must not make us read another file.
        source = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
        with open(source, "rb") as reader, open(aside, "wb") as writer:
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                writer.write(chunk)
                size += len(chunk)
            sync_file(writer.fileno())
        target = self.blob(digest.hexdigest())
        if not target.parent.exists():
            target.parent.mkdir()
            _sync_folder(self._store)
        os.rename(aside, target)
        _sync_folder(target.parent)
        return digest.hexdigest(), size

    def clear_aside(self) -> None:
        """Remove what an interrupted copy left half-written."""
        for left in self._aside.iterdir():
            left.unlink()

    # -- pulling from servers -----------------------------------------------------------------------------

    def open_part(self, serveur: str, key: str) -> FileIO:
        """The half-fetched file of that key, made when there is none; positioned at its start."""
        folder = self._pull / serveur
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / f"{key}.part", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o640)
        return FileIO(descriptor, "r+")

    def room(self) -> int:
        """Bytes that the disk of remote files still takes."""
        seen = os.statvfs(self._pull)
        return seen.f_bavail * seen.f_frsize

    def drop_part(self, serveur: str, key: str) -> None:
        """Forget a half-fetched file."""
        (self._pull / serveur / f"{key}.part").unlink(missing_ok=True)

    def keep_parts(self, serveur: str, keys: set[str]) -> None:
        """Forget the half-fetched files of a server, but for those keys."""
        for left in self._pull.joinpath(serveur).glob("*.part"):
            if left.name.removesuffix(".part") not in keys:
                left.unlink()

    def stow(self, serveur: str, parts: Sequence[tuple[str, FileIO, str, str]]) -> list[Entry]:
        """Parts that are whole become tickets, still in the server's folder: sync, rename, sync the folders.

        Each is (key, open part, ticket, name). When this returns, all of them survive a power cut; when it
        raises, those that have become tickets are found by :meth:`stowed`; nothing is lost but time.
        """
        if not all(is_plain_name(nom) for *_, nom in parts):
            raise ValueError("not a plain name")
        home = self._pull / serveur
        _sync_many([part.fileno() for _, part, _, _ in parts])
        entries = []
        for key, _, ticket, nom in parts:
            (home / ticket).mkdir()
            os.rename(home / f"{key}.part", home / ticket / nom)
            entries.append(Entry(ticket, nom, home / ticket / nom))
        folders = [os.open(entry.path.parent, os.O_RDONLY | os.O_DIRECTORY) for entry in entries]
        try:
            _sync_many(folders)
        finally:
            for folder in folders:
                os.close(folder)
        _sync_folder(home)
        return entries

    def pulled_servers(self) -> list[str]:
        """The servers that something was ever taken from."""
        return sorted(item.name for item in self._pull.iterdir() if item.is_dir())

    def stowed(self, serveur: str) -> list[Entry]:
        """The whole files of a server that were not handed over: an interruption left them."""
        found = []
        for folder in sorted(item for item in self._pull.joinpath(serveur).glob("*") if item.is_dir()):
            names = os.listdir(folder)
            if names:
                found.append(Entry(folder.name, names[0], folder / names[0]))
            else:
                folder.rmdir()
        return found

    def hand_over(self, entries: Sequence[Entry]) -> None:
        """Put recorded remote files into ``incoming``, each in one rename, and sync both folders."""
        incoming = self.root / "queue" / "incoming"
        for entry in entries:
            os.rename(entry.path.parent, incoming / entry.ticket)
        _sync_folder(incoming)
        for folder in {entry.path.parent.parent for entry in entries}:
            _sync_folder(folder)

    def discard(self, entry: Entry) -> None:
        """Forget a remote file that was never recorded: its server still has it."""
        entry.path.unlink()
        entry.path.parent.rmdir()

    # -- answering ----------------------------------------------------------------------------------------

    def publish(self, appli: str, nom: str, data: bytes) -> Path:
        """Put a return flow into a déposant's ``out``, whole or not at all. Twice is the same as once."""
        if not is_plain_name(nom):
            raise ValueError(f"{nom!r} is not the name of a return flow")
        target = self.outbox(appli) / nom
        aside = target.with_name(f".{nom}.part")
        with open(aside, "wb") as writer:
            writer.write(data)
            sync_file(writer.fileno())
        os.rename(aside, target)
        _sync_folder(target.parent)
        return target


def _carry(source: Path, target: Path, aside: Path) -> None:
    """Rename, or copy aside, rename, then remove when the deposit folder is on another file system."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if not stat.S_ISREG(source.lstat().st_mode):
            shutil.move(source, target)  # a link or a folder: nothing of it will be read
            return
        with open(source, "rb") as reader, open(aside, "wb") as writer:
            shutil.copyfileobj(reader, writer, _CHUNK)
            sync_file(writer.fileno())
        os.rename(aside, target)
        _sync_folder(target.parent)
        source.unlink()
    else:
        _sync_folder(target.parent)


def sync_file(descriptor: int) -> None:
    """Make sure that the bytes of an open file are on the disk."""
    os.fsync(descriptor)


def start_writing(descriptor: int, start: int, size: int) -> None:
    """Let the disk begin with some bytes of an open file, so that a later sync has less to wait for."""
    os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)


def _sync_many(descriptors: Sequence[int]) -> None:
    """Sync open files and folders of one file system: each by itself, or all at once where they are many.

    syncfs(2) costs about as much as one fsync; it reports a failed write since Linux 5.8.
    """
    if len(descriptors) < _MANY or _SYNCFS is None:
        for descriptor in descriptors:
            sync_file(descriptor)
    elif _SYNCFS(descriptors[0]) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
