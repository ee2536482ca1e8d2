"""Every act that outlives this process, by name: write, fsync, rename, unlink, commit, and calls to a server.

Each goes through :func:`point` just before it is done. Nothing listens there in production. Tests do: they
end the process at the first point, then at the second, and so on, or let the disk be full at each, and prove
that the next run comes to the same end. So an act that avoids this module is an act that nobody has tried to
interrupt.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

Observer = Callable[[str, object], None]  # told the name of an act and what it is about to touch

_CHUNK = 1 << 20  # bytes of a file that are copied at once
_MANY = 8  # files from which it pays to sync their whole file system at once
_SYNCFS = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)  # Linux; the os module has none

_observers: list[Observer] = []


def point(act: str, subject: object = None) -> None:
    """Say that an act is about to be done. What an observer raises is raised in the place of the act."""
    for observer in _observers:
        observer(act, subject)


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Let ``observer`` be told of every act of this process."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)


def write(file: BinaryIO, data: bytes) -> None:
    """Write all of ``data``."""
    point("write", (file, data))
    file.write(data)


def write_from(reader: BinaryIO, target: Path) -> tuple[str, int]:
    """Write a file from another and wait until it lies on the disk: (sha256, size in bytes)."""
    digest, size = hashlib.sha256(), 0
    with open(target, "wb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            write(writer, chunk)
            size += len(chunk)
        sync(writer)
    return digest.hexdigest(), size


def sync(file: BinaryIO) -> None:
    """Wait until what was written lies on the disk."""
    file.flush()
    sync_descriptor(file.fileno())


def sync_descriptor(descriptor: int) -> None:
    """The same for an open descriptor, of a file or of a folder."""
    point("fsync", descriptor)
    os.fsync(descriptor)


def sync_many(descriptors: Sequence[int]) -> None:
    """The same for files and folders of one file system: one by one, or all at once where they are many.

    syncfs(2) costs about as much as one fsync; it reports a failed write since Linux 5.8.
    """
    if len(descriptors) < _MANY or _SYNCFS is None:
        for descriptor in descriptors:
            sync_descriptor(descriptor)
        return
    point("syncfs", descriptors[0])
    if _SYNCFS(descriptors[0]) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def sync_folder(folder: Path) -> None:
    """Wait until the names of a folder lie on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        point("fsync-folder", folder)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Give a file or a folder another name, in one step."""
    point("rename", target)
    os.rename(source, target)


def unlink(path: Path, *, missing_ok: bool = False) -> None:
    point("unlink", path)
    path.unlink(missing_ok=missing_ok)


def make_folder(folder: Path) -> None:
    """Make one folder. Raises FileExistsError."""
    point("mkdir", folder)
    folder.mkdir()


def remove_folder(folder: Path) -> None:
    """Remove an empty folder."""
    point("rmdir", folder)
    folder.rmdir()


def write_whole(target: Path, data: bytes, aside: Path | None = None) -> None:
    """Write a file whole or not at all, and for good: aside, fsync, rename, fsync the folder."""
    write_many([(target, data, aside or target.with_name(f".{target.name}.part"))])


def write_many(files: Sequence[tuple[Path, bytes, Path]]) -> None:
    """Write files of one folder, each whole or not at all: all aside, one sync, renamed in order.

    Each is given as its final path, its bytes, and where it is written aside.
    """
    with ExitStack() as open_:
        writers = []
        for _, data, aside in files:
            writer = open_.enter_context(open(aside, "wb"))
            write(writer, data)
            writer.flush()
            writers.append(writer.fileno())
        sync_many(writers)
    for target, _, aside in files:
        rename(aside, target)
    if files:
        sync_folder(files[0][0].parent)
