"""The spool: the only module that names or moves a file of it.

::

    spool/depots/<APPLI>/in/NAME            what a déposant put there
    spool/depots/<APPLI>/out/NAME           return flows for it
    spool/depots/<APPLI>/{test,statut}/     made, and not looked into yet
    spool/queue/<queue>/<ticket>/NAME       a flux on its way; always in exactly one queue
    spool/store/<aa>/<sha256>               every byte ever taken, for ever
    spool/presence/<process>                locked by each process at work, for as long as it lives

A ticket is a folder that holds one file under the name it arrived with, so that a flux is known from the
folders alone, even while the database is away. The order of each move is: write aside, fsync, rename, fsync
the folder, and only then let go of the source. Received names are data: they are never joined to a path
before :func:`is_plain_name` has said that they cannot lead anywhere.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from edi import acts

QUEUES = ("incoming", "active", "hold", "corrupt", "quarantaine")
DEPOTS = ("in", "out", "test", "statut")  # the folders of a déposant
# Where a file may lie: names, "*" for any one name, and at the end "**" for whatever is below.
_PLACES = (
    ("depots", "*", "in", "**"),  # the sender's own affair
    ("depots", "*", "test", "**"),
    ("depots", "*", "out", "*"),
    ("depots", "*", "statut", "*"),
    ("queue", "*", "*", "*"),
    ("store", "*", "*"),
    ("presence", "*"),
)
_TEMOIN = ".temoin"  # in a ticket, the folder of a done file on its way out
_CHUNK = 1 << 20
_BY = "~"  # before the process that writes a file aside


class SpoolBusy(Exception):
    """Another process works on this spool, or in this folder."""


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
    def queue(self) -> str:
        """The queue it lies in."""
        return self.path.parent.parent.name

    @property
    def is_ordinary(self) -> bool:
        """False for links, folders and devices, which are never opened."""
        return stat.S_ISREG(self.path.lstat().st_mode)


def _is_shape(parts: tuple[str, ...], shape: tuple[str, ...]) -> bool:
    if shape[-1] == "**":
        shape, parts = shape[:-1], parts[: len(shape) - 1]
    return len(parts) == len(shape) and all(s in ("*", p) for s, p in zip(shape, parts, strict=True))


def is_plain_name(nom: str) -> bool:
    """True when a name can only mean a file of its own folder."""
    return nom not in ("", ".", "..") and "/" not in nom and "\0" not in nom


class Spool:
    """The spool under ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._store = root / "store"
        self._aside = root / "store" / "aside"
        self._presence = root / "presence"

    # -- folders ------------------------------------------------------------------------------------------

    def create(self, applis: list[str]) -> None:
        """Make the skeleton and the folders of every déposant; what exists stays."""
        for queue in QUEUES:
            (self.root / "queue" / queue).mkdir(parents=True, exist_ok=True)
        self._aside.mkdir(parents=True, exist_ok=True)
        self._presence.mkdir(exist_ok=True)
        for appli in applis:
            for folder in DEPOTS:
                (self.root / "depots" / appli / folder).mkdir(parents=True, exist_ok=True)

    def inbox(self, appli: str) -> Path:
        """The folder a déposant puts its flux_list into."""
        return self.root / "depots" / appli / "in"

    def outbox(self, appli: str) -> Path:
        """The folder a déposant finds its return flows in."""
        return self.root / "depots" / appli / "out"

    # -- who works here -----------------------------------------------------------------------------------

    @contextmanager
    def presence(self, process: str) -> Iterator[None]:
        """Be known to work here, until the process dies, however it dies."""
        path = self._presence / process
        with _locked(path):
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def is_present(self, process: str) -> bool:
        """Whether a process of this machine still works here."""
        try:
            with open(self._presence / process, "a", encoding="ascii") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        (self._presence / process).unlink(missing_ok=True)
        return False

    def sweep_presence(self) -> None:
        """Remove what the processes that are gone left in ``presence``."""
        for path in self._presence.iterdir():
            self.is_present(path.name)

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

    def open_deposit(self, appli: str, nom: str) -> BufferedReader | None:
        """The bytes of a file of ``in``; None when it is no ordinary file. Raises FileNotFoundError."""
        # Neither led astray by a link nor stopped by a pipe.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            source = os.open(self.inbox(appli) / nom, flags)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                return None
            raise
        if stat.S_ISREG(os.fstat(source).st_mode):
            return open(source, "rb")
        os.close(source)
        return None

    def take(self, appli: str, nom: str, ticket: str, temoin: str = "") -> Entry | None:
        """Move one complete deposit into ``incoming``; None when the sender has taken it back meanwhile.

        ``temoin`` is the done file beside it: it leaves first, and goes only once the deposit has followed,
        so that it can never speak for a later file of that name.
        """
        inbox, folder = self.inbox(appli), self.root / "queue" / "incoming" / ticket
        acts.make_folder(folder)
        try:
            if temoin:
                acts.make_folder(folder / _TEMOIN)
                _carry(inbox / temoin, folder / _TEMOIN / temoin, self._aside / ticket)
            _carry(inbox / nom, folder / nom, self._aside / ticket)
        except FileNotFoundError:
            self._settle_temoin(folder, appli, taken=False)
            acts.remove_folder(folder)
            return None
        self._settle_temoin(folder, appli, taken=True)
        acts.sync_folder(folder.parent)
        acts.sync_folder(inbox)
        return Entry(ticket, nom, folder / nom)

    def _settle_temoin(self, folder: Path, appli: str, *, taken: bool) -> None:
        """Let go of the done file of a ticket when its deposit was taken; put it back when it was not."""
        kept = folder / _TEMOIN
        if not kept.is_dir():
            return
        for nom in os.listdir(kept):
            if taken:
                acts.unlink(kept / nom)
            else:
                _carry(kept / nom, self.inbox(appli) / nom, self._aside / folder.name)
        acts.remove_folder(kept)

    def consume(self, appli: str, nom: str) -> None:
        """Remove from ``in`` a manifest whose files are all taken."""
        acts.unlink(self.inbox(appli) / nom, missing_ok=True)
        acts.sync_folder(self.inbox(appli))

    # -- queues -------------------------------------------------------------------------------------------

    def entries(self, queue: str) -> list[Entry]:
        """The flux_list of one queue, in order of arrival; a ticket without a file is not one yet."""
        found = []
        for folder in sorted(item for item in (self.root / "queue" / queue).iterdir() if item.is_dir()):
            try:
                names = sorted(os.listdir(folder))
            except FileNotFoundError:  # another process has taken it on meanwhile
                continue
            if names and names[-1] != _TEMOIN:
                found.append(Entry(folder.name, names[-1], folder / names[-1]))
        return found

    def move(self, entry: Entry, queue: str) -> Entry:
        """Put a flux into another queue, whole, in one rename."""
        target = self.root / "queue" / queue / entry.ticket
        acts.rename(entry.path.parent, target)
        acts.sync_folder(target.parent)
        acts.sync_folder(entry.path.parent.parent)
        return Entry(entry.ticket, entry.nom, target / entry.nom)

    def drop(self, entry: Entry, sha256: str) -> None:
        """Let go of a flux whose bytes lie in the store. Raises FileNotFoundError when they do not."""
        self.blob(sha256).stat()
        acts.unlink(entry.path, missing_ok=True)
        acts.remove_folder(entry.path.parent)
        acts.sync_folder(entry.path.parent.parent)

    # -- the store of bytes -------------------------------------------------------------------------------

    def blob(self, sha256: str) -> Path:
        """Where the bytes of that hash lie."""
        return self._store / sha256[:2] / sha256

    def keep(self, entry: Entry, process: str = "") -> tuple[str, int]:
        """Copy a flux into the store: (sha256, size in bytes). Doing it twice changes nothing."""
        aside = self._aside / f"{entry.ticket}{_BY}{process}"
        digest, size = hashlib.sha256(), 0
        # O_NOFOLLOW: a link that a sender made must not make us read another file.
        source = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
        with open(source, "rb") as reader, open(aside, "wb") as writer:
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                acts.write(writer, chunk)
                size += len(chunk)
            acts.sync(writer)
        target = self.blob(digest.hexdigest())
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            acts.sync_folder(self._store)
        acts.rename(aside, target)
        acts.sync_folder(target.parent)
        return digest.hexdigest(), size

    def restore(self, ticket: str, nom: str, sha256: str) -> Entry:
        """Put the bytes of the store back into ``incoming`` under a ticket that was lost."""
        folder = self.root / "queue" / "incoming" / ticket
        aside = self._aside / f"{ticket}{_BY}"
        with open(self.blob(sha256), "rb") as reader, open(aside, "wb") as writer:
            while chunk := reader.read(_CHUNK):
                acts.write(writer, chunk)
            acts.sync(writer)
        folder.mkdir(exist_ok=True)
        acts.rename(aside, folder / nom)
        acts.sync_folder(folder)
        acts.sync_folder(folder.parent)
        return Entry(ticket, nom, folder / nom)

    def clear_aside(self, is_at_work: Callable[[str], bool] = lambda process: False) -> None:
        """Remove what an interrupted copy left half-written, unless its process is still at it."""
        parts = self.root.glob(f"depots/*/out/.*{_BY}*.part")
        for left in (*self._aside.iterdir(), *parts):
            process = left.name.removesuffix(".part").rpartition(_BY)[2]
            if not (process and is_at_work(process)):
                acts.unlink(left, missing_ok=True)

    def settle_tickets(self) -> None:
        """Finish the takes that were interrupted: done files on their way out, tickets without a file.

        Only for a process that is alone: a take looks the same while it is being made.
        """
        for folder in sorted((self.root / "queue").glob("*/*/")):
            taken = any(nom != _TEMOIN for nom in os.listdir(folder))
            self._settle_temoin(folder, folder.name.rpartition("-")[2], taken=taken)
            if not os.listdir(folder):
                acts.remove_folder(folder)

    # -- what lies elsewhere ------------------------------------------------------------------------------

    def strangers(self) -> Iterator[Path]:
        """Every file that lies in none of the places named above, from the spool's folder."""
        for path in sorted(self.root.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            where = path.relative_to(self.root)
            if not any(_is_shape(where.parts, shape) for shape in _PLACES):
                yield where

    # -- answering ----------------------------------------------------------------------------------------

    def publish(self, appli: str, nom: str, data: bytes, process: str = "") -> Path:
        """Put a return flow into a déposant's ``out``, whole or not at all. Twice is the same as once."""
        if not is_plain_name(nom):
            raise ValueError(f"{nom!r} is not the name of a return flow")
        target = self.outbox(appli) / nom
        acts.write_whole(target, data, target.with_name(f".{nom}{_BY}{process}.part"))
        return target


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file that bears this name: not of one that was removed while we waited for it."""
    while True:
        with open(path, "a", encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                same = os.path.samestat(path.stat(), os.fstat(handle.fileno()))
            except FileNotFoundError:
                same = False
            if same:
                yield
                return


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be alone in a folder until the process dies, however it dies. Raises SpoolBusy."""
    with open(folder / "lock", "a", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SpoolBusy(str(folder)) from error
        yield


def _carry(source: Path, target: Path, aside: Path) -> None:
    """Rename, or copy aside, rename, then remove when the deposit folder is on another file system."""
    try:
        acts.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if not stat.S_ISREG(source.lstat().st_mode):
            shutil.move(source, target)  # a link or a folder: nothing of it will be read
            return
        with open(source, "rb") as reader, open(aside, "wb") as writer:
            while chunk := reader.read(_CHUNK):
                acts.write(writer, chunk)
            acts.sync(writer)
        acts.rename(aside, target)
        acts.sync_folder(target.parent)
        acts.unlink(source)
    else:
        acts.sync_folder(target.parent)
