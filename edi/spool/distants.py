"""Files pulled from servers: parts under way, then tickets that are whole and not recorded yet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import FileIO

from edi import acts
from edi.spool.places import Entry, Places, is_plain_name


class Distants(Places):
    """``pull/<serveur>/``: one folder a server."""

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
        acts.unlink(self._pull / serveur / f"{key}.part", missing_ok=True)

    def keep_parts(self, serveur: str, keys: set[str]) -> None:
        """Forget the half-fetched files of a server, but for those keys."""
        for left in self._pull.joinpath(serveur).glob("*.part"):
            if left.name.removesuffix(".part") not in keys:
                acts.unlink(left)

    def stow(self, serveur: str, parts: Sequence[tuple[str, FileIO, str, str]]) -> list[Entry]:
        """Parts that are whole become tickets, still in the server's folder: sync, rename, sync the folders.

        Each is (key, open part, ticket, name). When this returns, all of them survive a power cut; when it
        raises, those that have become tickets are found by :meth:`stowed`; nothing is lost but time.
        """
        if not all(is_plain_name(nom) for *_, nom in parts):
            raise ValueError("not a plain name")
        home = self._pull / serveur
        acts.sync_many([part.fileno() for _, part, _, _ in parts])
        entries = []
        for key, _, ticket, nom in parts:
            acts.make_folder(home / ticket)
            acts.rename(home / f"{key}.part", home / ticket / nom)
            entries.append(Entry(ticket, nom, home / ticket / nom))
        folders = [os.open(entry.path.parent, os.O_RDONLY | os.O_DIRECTORY) for entry in entries]
        try:
            acts.sync_many(folders)
        finally:
            for folder in folders:
                os.close(folder)
        acts.sync_folder(home)
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
            acts.rename(entry.path.parent, incoming / entry.ticket)
        acts.sync_folder(incoming)
        for folder in {entry.path.parent.parent for entry in entries}:
            acts.sync_folder(folder)

    def discard(self, entry: Entry) -> None:
        """Forget a remote file that was never recorded: its server still has it."""
        acts.unlink(entry.path)
        acts.remove_folder(entry.path.parent)


def start_writing(descriptor: int, start: int, size: int) -> None:
    """Let the disk begin with some bytes of an open file, so that a later sync has less to wait for."""
    os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)
