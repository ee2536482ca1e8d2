"""Reading the store: here, or as copies of what an entrepôt has."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from edi import acts
from edi.spool.places import Places, names_in

_IN_USE = 3600.0  # seconds for which a copy that somebody was given stays, however full the store
_HALF = "copie"  # the folder of copies that are not whole yet
_SHARD = 2  # signs of a hash that name its folder


class Copies(Places):
    """``store/``, read. With an entrepôt what counts is there, and a copy that is missing here is fetched."""

    def blob(self, sha256: str) -> Path:
        """Where the bytes of that hash lie here; the file does not exist when nobody has them.

        Raises EntrepotAway when they have to be fetched and cannot be.
        """
        path = self._place(sha256)
        if self.entrepot is not None and sha256:
            try:
                os.utime(path)  # the last use, for prune_copies
            except FileNotFoundError:
                with suppress(FileNotFoundError):
                    self._fetch(sha256)
        return path

    def size(self, sha256: str) -> int | None:
        """How many bytes are kept under that hash; None when there are none. Raises EntrepotAway."""
        if self.entrepot is not None:
            return self.entrepot.size(sha256) if sha256 else None
        try:
            return self._place(sha256).stat().st_size if sha256 else None
        except FileNotFoundError:
            return None

    def has(self, sha256: str) -> bool:
        """Whether bytes are kept under that hash. Raises EntrepotAway."""
        return self.size(sha256) is not None

    @contextmanager
    def reading(self, sha256: str) -> Iterator[Path]:
        """The same as :meth:`blob`, for one look at what is kept: no copy stays that was not there before.

        With an entrepôt the bytes are those that it gives now, not those of a copy.
        """
        if self.entrepot is None:
            yield self._place(sha256)
            return
        aside = self._new_copy(sha256)
        try:
            self.entrepot.fetch(sha256, aside)
            yield aside
        finally:
            aside.unlink(missing_ok=True)

    def _fetch(self, sha256: str) -> None:
        """Make a copy of what the entrepôt has. Raises FileNotFoundError when it has none, OSError."""
        if self.entrepot is None:
            raise FileNotFoundError(sha256)
        aside = self._new_copy(sha256)
        try:
            self.entrepot.fetch(sha256, aside)
            with open(aside, "rb") as fetched:
                found = hashlib.file_digest(fetched, "sha256").hexdigest()
            if found != sha256:
                raise OSError(errno.EIO, f"l'entrepôt rend d'autres octets que ceux de {sha256}")
            target = self._place(sha256)
            target.parent.mkdir(exist_ok=True)
            acts.rename(aside, target)
        finally:
            aside.unlink(missing_ok=True)

    def prune_copies(self, room: int, at: datetime) -> int:
        """Remove the copies unused for longest until at most ``room`` bytes are left; how many bytes went.

        Nothing is removed without an entrepôt, nor what it lacks, nor what was used within the hour. Raises
        EntrepotAway.
        """
        if self.entrepot is None:
            return 0
        seen = sorted(
            (told.st_mtime, told.st_size, path)
            for path in self._copies()
            if (told := _stat(path)) is not None
        )
        over, gone = sum(size for _, size, _ in seen) - room, 0
        for used, size, path in seen:
            if used > at.timestamp() - _IN_USE:
                break
            # An interrupted copy is of no use to anybody; a whole one may be all there is, in a store that
            # was here before the entrepôt.
            if path.parent.name == _HALF or (gone < over and self.entrepot.size(path.name) == size):
                acts.unlink(path, missing_ok=True)
                gone += size
        return gone

    def bring_all(self, listen: Callable[[int, int], None] = lambda rank, of: None) -> tuple[int, int]:
        """Give the entrepôt what lies in ``store/`` and it lacks: (files, bytes) that went.

        ``listen`` is told how many were looked at, and of how many. Raises EntrepotAway.
        """
        if self.entrepot is None:
            return 0, 0
        here = [path for path in self._copies() if path.parent.name != _HALF]
        files = octets = 0
        for rank, path in enumerate(here, 1):
            size = path.stat().st_size
            if self.entrepot.size(path.name) != size:
                self.entrepot.put(path, path.name)
                files, octets = files + 1, octets + size
            listen(rank, len(here))
        return files, octets

    def _copies(self) -> Iterator[Path]:
        for folder in names_in(self._store):
            if len(folder) == _SHARD or folder == _HALF:
                yield from (self._store / folder / nom for nom in names_in(self._store / folder))

    def _place(self, sha256: str) -> Path:
        return self._store / sha256[:2] / sha256

    def _new_copy(self, sha256: str) -> Path:
        """Where a copy is written before it is whole; a name that nobody else has."""
        folder = self._store / _HALF
        folder.mkdir(exist_ok=True)
        return folder / f"{sha256}-{secrets.token_hex(4)}"


def _stat(path: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):  # another process has just removed it
        return path.stat()
    return None
