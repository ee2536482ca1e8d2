"""From a deposit folder into the queue, and from us into ``out``."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path

from edi import acts
from edi.spool.places import BY, CHUNK, TEMOIN, Entry, Places, is_plain_name


class Depots(Places):
    """``depots/``: what a déposant put there, and what it finds there."""

    def listing(self, appli: str, folder: str = "in") -> dict[str, tuple[int, int, int]]:
        """What lies in a déposant's ``in``, or ``test``: name -> (inode, size, mtime_ns)."""
        found = {}
        for item in os.scandir(self.inbox(appli, folder)):
            try:
                seen = item.stat(follow_symlinks=False)
            except FileNotFoundError:  # the sender took it back between the list and the look
                continue
            found[item.name] = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
        return found

    def open_deposit(self, appli: str, nom: str, folder: str = "in") -> BufferedReader | None:
        """The bytes of a file of ``in``; None when it is no ordinary file. Raises FileNotFoundError."""
        # Neither led astray by a link nor stopped by a pipe.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            source = os.open(self.inbox(appli, folder) / nom, flags)
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
                acts.make_folder(folder / TEMOIN)
                carry(inbox / temoin, folder / TEMOIN / temoin, self._aside / ticket)
            carry(inbox / nom, folder / nom, self._aside / ticket)
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
        kept = folder / TEMOIN
        if not kept.is_dir():
            return
        for nom in os.listdir(kept):
            if taken:
                acts.unlink(kept / nom)
            else:
                carry(kept / nom, self.inbox(appli) / nom, self._aside / folder.name)
        acts.remove_folder(kept)

    def consume(self, appli: str, nom: str) -> None:
        """Remove from ``in`` a manifest whose files are all taken."""
        acts.unlink(self.inbox(appli) / nom, missing_ok=True)
        acts.sync_folder(self.inbox(appli))

    def publish(self, appli: str, nom: str, data: bytes, process: str = "") -> Path:
        """Put a return flow into a déposant's ``out``, whole or not at all. Twice is the same as once."""
        return put(self.outbox(appli), nom, data, process)

    def publish_all(self, appli: str, files: Sequence[tuple[str, bytes]], process: str = "") -> None:
        """The same for many at once, in order; when it fails, some of them may lie there."""
        put_all(self.outbox(appli), files, process)

    def tell(self, appli: str, nom: str, data: bytes, process: str = "") -> Path:
        """Write or replace a file of a déposant's ``statut``, whole or not at all."""
        return put(self.statut(appli), nom, data, process)

    def withdraw(self, appli: str, nom: str, folder: str) -> None:
        """Remove a file of ours from ``out``, ``statut`` or ``statut/test``; it may have gone already."""
        if not is_plain_name(nom):
            raise ValueError(f"{nom!r} is not the name of a file")
        acts.unlink(self.inbox(appli, folder) / nom, missing_ok=True)

    def told(self, appli: str, nom: str) -> bytes | None:
        """What a file of a déposant's ``statut`` says; None when there is none."""
        try:
            return (self.statut(appli) / nom).read_bytes()
        except FileNotFoundError:
            return None


def put(folder: Path, nom: str, data: bytes, process: str) -> Path:
    """Write a file that déposants read. Raises ValueError for a name that may lead elsewhere."""
    put_all(folder, [(nom, data)], process)
    return folder / nom


def put_all(folder: Path, files: Sequence[tuple[str, bytes]], process: str) -> None:
    """The same for many files of one folder, which are synced together."""
    for nom, _ in files:
        if not is_plain_name(nom):
            raise ValueError(f"{nom!r} is not the name of a file")
    acts.write_many([(folder / nom, data, folder / f".{nom}{BY}{process}.part") for nom, data in files])


def carry(source: Path, target: Path, aside: Path) -> None:
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
            while chunk := reader.read(CHUNK):
                acts.write(writer, chunk)
            acts.sync(writer)
        acts.rename(aside, target)
        acts.sync_folder(target.parent)
        acts.unlink(source)
    else:
        acts.sync_folder(target.parent)
