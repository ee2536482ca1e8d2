"""The store: every byte ever taken, under the name of its hash, for as long as it is kept.

Without an entrepôt it is ``store/`` alone. With one, what counts is there, and ``store/`` holds copies.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from edi import acts
from edi.spool.copies import Copies
from edi.spool.places import BY, Entry, names_in


class Stock(Copies):
    """``store/``: blobs, and aside of them what is being written."""

    def try_writing(self) -> None:
        """Raises OSError when nothing can be written here, EntrepotAway when the entrepôt takes nothing."""
        self.try_writing_here()
        if self.entrepot is not None:
            self.entrepot.try_writing()

    def try_writing_here(self) -> float:
        """Write a file that has no name and is gone at once; its mtime, by the clock of that file system.

        Raises OSError when nothing can be written.
        """
        with tempfile.TemporaryFile(dir=self._aside) as trial:
            acts.write(trial, b"?")
            trial.flush()
            return os.fstat(trial.fileno()).st_mtime

    def keep(self, entry: Entry, process: str = "") -> tuple[str, int]:
        """Copy a flux into the store: (sha256, size in bytes). Doing it twice changes nothing."""
        aside = self._aside / f"{entry.ticket}{BY}{process}"
        # O_NOFOLLOW: a link that a sender made must not make us read another file.
        with open(os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as reader:
            sha256, size = acts.write_from(reader, aside)
        self._shelve(aside, sha256)
        return sha256, size

    def keep_bytes(self, data: bytes) -> str:
        """Put bytes that came otherwise than in a flux into the store; their sha256. Twice is like once."""
        sha256 = hashlib.sha256(data).hexdigest()
        aside = self._aside / f"{sha256}{BY}"
        with open(aside, "wb") as writer:
            acts.write(writer, data)
            acts.sync(writer)
        self._shelve(aside, sha256)
        return sha256

    def bring(self, source: Path, sha256: str) -> bool:
        """Put the bytes of a backup into the store; False when they are not those of that hash.

        Raises FileNotFoundError when there is no source.
        """
        self._aside.mkdir(parents=True, exist_ok=True)
        aside = self._aside / f"{sha256}{BY}"
        with open(source, "rb") as reader:
            found, _ = acts.write_from(reader, aside)
        if found != sha256:
            acts.unlink(aside)
            return False
        self._shelve(aside, sha256)
        return True

    def _shelve(self, aside: Path, sha256: str) -> None:
        """Give a file that lies whole on the disk its place; the entrepôt has it first."""
        if self.entrepot is not None:
            self.entrepot.put(aside, sha256)
        target = self._place(sha256)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            acts.sync_folder(self._store)
        acts.rename(aside, target)
        acts.sync_folder(target.parent)

    def restore(self, ticket: str, nom: str, sha256: str) -> Entry:
        """Put the bytes of the store back into ``incoming`` under a ticket that was lost."""
        folder = self.root / "queue" / "incoming" / ticket
        aside = self._aside / f"{ticket}{BY}"
        with open(self.blob(sha256), "rb") as reader:
            acts.write_from(reader, aside)
        folder.mkdir(exist_ok=True)
        acts.rename(aside, folder / nom)
        acts.sync_folder(folder)
        acts.sync_folder(folder.parent)
        return Entry(ticket, nom, folder / nom)

    def set_apart(self, sha256: str) -> None:
        """Take bytes out of their place, so that whoever brings them again does not count on them."""
        if self.entrepot is not None:
            try:
                self.entrepot.set_apart(sha256)
            except FileNotFoundError:  # a store that was here before it, and never sent
                acts.unlink(self._place(sha256))
            else:
                acts.unlink(self._place(sha256), missing_ok=True)
            return
        acts.rename(self._place(sha256), self._apart(sha256))
        acts.sync_folder(self._place(sha256).parent)

    def apart(self) -> list[str]:
        """The bytes that were taken out of their place, and are still there."""
        if self.entrepot is not None:
            return self.entrepot.apart()
        return names_in(self._store / "oubli")

    def put_back(self, sha256: str) -> None:
        """Bytes that were set apart are needed after all."""
        if self.entrepot is not None:
            self.entrepot.put_back(sha256)
            return
        acts.rename(self._apart(sha256), self._place(sha256))
        acts.sync_folder(self._place(sha256).parent)

    def forget(self, sha256: str) -> None:
        """Let go of bytes that were set apart, for ever; they may have gone already."""
        if self.entrepot is not None:
            self.entrepot.forget(sha256)
            return
        acts.unlink(self._apart(sha256), missing_ok=True)

    def _apart(self, sha256: str) -> Path:
        folder = self._store / "oubli"
        folder.mkdir(exist_ok=True)
        return folder / sha256

    def clear_aside(self, is_at_work: Callable[[str], bool] = lambda process: False) -> None:
        """Remove what an interrupted copy left half-written, unless its process is still at it."""
        parts = [
            part
            for home in (
                "depots/*/out",
                "depots/*/statut",
                "depots/*/statut/test",
                "destinataires/*/out",
                "rapports",
            )
            for part in self.root.glob(f"{home}/.*{BY}*.part")
        ]
        for left in (*self._aside.iterdir(), *parts):
            process = left.name.removesuffix(".part").rpartition(BY)[2]
            if not (process and is_at_work(process)):
                acts.unlink(left, missing_ok=True)
