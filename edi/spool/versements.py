"""Files that people hand in through a page: written aside while they come, put down whole or not at all.

Each is locked for as long as somebody writes it or looks at it, so that what an interruption left behind is
known from what is still under way, whichever process it belongs to.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from edi import acts
from edi.spool.places import CHUNK, Places, is_plain_name

_PREFIX, _SUFFIX = "versement-", ".part"


class Aside(Protocol):
    """A file that lies aside, whole."""

    @property
    def path(self) -> Path: ...
    def sync(self) -> None: ...


class Versement:
    """A file on its way in; its place is ours, and its sender's name for it is no part of that."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.taille = 0  # bytes
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Add to it. Raises OSError when the disk does not take it."""
        self._digest.update(data)
        acts.write(self._file, data)
        self.taille += len(data)

    def close(self) -> None:
        """It is whole: whoever opens its path sees all of it. Raises OSError."""
        self._file.flush()

    def sync(self) -> None:
        """It survives a power cut, under the name that it has. Raises OSError."""
        acts.sync(self._file)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Versements(Places):
    """``versements/``: one file each; whatever is not put down is gone when its sender is answered."""

    @contextmanager
    def open_versement(self) -> Iterator[Versement]:
        """A new file to write. Raises OSError."""
        with _create(self._versements / _name()) as file:
            path = Path(file.name)
            try:
                yield Versement(path, file)
            finally:
                acts.unlink(path, missing_ok=True)

    def put_down(
        self, versement: Aside, appli: str, nom: str, beside: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        """Put a file into a déposant's ``in`` under its final name, in one rename, as the surest sender does.

        ``beside``: what its contract wants to see with it (done file, manifest). It goes first: alone it says
        nothing, and the deposit is complete from the instant at which it bears its name. Raises OSError, and
        ValueError for a name that may lead elsewhere.
        """
        inbox = self.inbox(appli)
        if not all(is_plain_name(one) for one in (nom, *(name for name, _ in beside))):
            raise ValueError(f"{nom!r} is not the name of a file")
        if os.path.lexists(inbox / nom):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), nom)
        versement.sync()
        for name, data in beside:
            with self.open_versement() as companion:
                companion.write(data)
                companion.sync()
                _lay(companion.path, inbox / name)
        _lay(versement.path, inbox / nom)
        acts.sync_folder(inbox)

    def sweep_versements(self) -> None:
        """Remove what interruptions left; what somebody is at, in whatever process, stays."""
        for left in (*self._versements.iterdir(), *self.root.glob(f"depots/*/in/.{_PREFIX}*{_SUFFIX}")):
            try:
                with open(left, "rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    acts.unlink(left, missing_ok=True)
            except (BlockingIOError, FileNotFoundError):
                continue


def _name() -> str:
    return f"{_PREFIX}{secrets.token_hex(16)}{_SUFFIX}"


@contextmanager
def _create(path: Path) -> Iterator[BinaryIO]:
    """A new file that nobody else has, locked until it is closed."""
    while True:
        with open(path, "xb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists():  # else a sweep came between the two lines above
                yield file
                return


def _lay(source: Path, target: Path) -> None:
    """Rename into a deposit folder; by a copy under a passing name where that is another file system."""
    try:
        acts.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        aside = target.with_name(f".{source.name}")
        with open(source, "rb") as reader, _create(aside) as writer:
            while chunk := reader.read(CHUNK):
                acts.write(writer, chunk)
            acts.sync(writer)
            acts.rename(aside, target)
