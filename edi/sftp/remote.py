"""What may be done on a server: list, look, fetch, put aside then rename, move, remove.

Paths are bytes: a folder of the configuration, joined to a name by :func:`join`. Names that a server sends
are data; :attr:`RemoteEntry.nom` is None for those that could lead anywhere or that no screen can show.
"""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import paramiko

from edi.sftp import wire
from edi.sftp.failures import ProtocolBroken, RemoteFailed, RemoteMissing
from edi.sftp.fetching import Fetch, Fetching
from edi.sftp.wire import WRITES, Attributes, Wire, flags, text

POSIX_RENAME, FSYNC, LIMITS = b"posix-rename@openssh.com", b"fsync@openssh.com", b"limits@openssh.com"
_CHUNK = 32_768  # bytes of one read or write, where the server does not say that it takes more
_MOST_CHUNK = 255 * 1024  # what OpenSSH takes
_MOST_ENTRIES = 1_000_000  # of one folder: past that somebody plays with us
_LONGEST_NAME = 255  # bytes


class RemoteEntry(NamedTuple):
    """One line of a remote folder."""

    raw: bytes  # the name as sent
    size: int
    mtime: int  # seconds, by the server's clock
    kind: str  # "file", "folder", "link", "other"

    @property
    def nom(self) -> str | None:
        """The name, when it can only mean a file of that folder and can be shown; None otherwise."""
        try:
            nom = self.raw.decode("utf-8")
        except UnicodeDecodeError:
            return None
        plain = 0 < len(self.raw) <= _LONGEST_NAME and nom not in (".", "..") and "/" not in nom
        return nom if plain and nom.isprintable() else None


def join(folder: str, name: str | bytes) -> bytes:
    """A remote path. ``name`` was judged by :attr:`RemoteEntry.nom`, or is ours."""
    base = folder.encode("utf-8")
    return base.rstrip(b"/") + b"/" + (name if isinstance(name, bytes) else name.encode("utf-8"))


class Remote:
    """A server, at work. Every method may raise RemoteFailed; after a ConnectionLost it is of no more use."""

    def __init__(self, transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        self._transport = transport
        self._wire = Wire(channel)
        self._read_chunk, self._write_chunk = self._ask_limits()

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask_limits(self) -> tuple[int, int]:
        if LIMITS not in self._wire.extensions:
            return _CHUNK, _CHUNK
        fields = self._wire.call(wire.EXTENDED, text(LIMITS)).expect(wire.EXTENDED_REPLY, LIMITS)
        fields.long()
        return tuple(min(fields.long() or _CHUNK, _MOST_CHUNK) for _ in range(2))  # type: ignore[return-value]

    # -- looking ------------------------------------------------------------------------------------------

    def list(self, folder: str) -> list[RemoteEntry]:
        """What lies in a folder, in the server's order, without ``.`` and ``..``."""
        path = folder.encode("utf-8")
        handle = self._wire.call(wire.OPENDIR, text(path)).expect(wire.HANDLE, path).text()
        found: list[RemoteEntry] = []
        while (answer := self._wire.call(wire.READDIR, text(handle))).status != wire.EOF:
            fields = answer.expect(wire.NAME, path)
            for _ in range(fields.number()):
                name, _ignored, seen = fields.text(), fields.text(), fields.attributes()
                if name not in (b".", b".."):
                    found.append(_entry(name, seen))
            if len(found) > _MOST_ENTRIES:
                raise ProtocolBroken(f"le dossier « {folder} » n'a pas de fin")
        self._wire.call(wire.CLOSE, text(handle))
        return found

    def stat(self, path: bytes) -> RemoteEntry | None:
        """What a path leads to; None when there is nothing."""
        try:
            seen = self._wire.call(wire.STAT, text(path)).expect(wire.ATTRS, path).attributes()
        except RemoteMissing:
            return None
        return _entry(path.rpartition(b"/")[2], seen)

    # -- fetching -----------------------------------------------------------------------------------------

    def read(self, path: bytes, size: int, offset: int = 0) -> bytes:
        """The bytes from ``offset`` to ``size`` of a small file."""
        pieces: list[bytes] = []
        for _, failure in self.fetch([Fetch(path, size, -1, pieces.append, offset)]):
            if failure is not None:
                raise failure
        return b"".join(pieces)

    def fetch(self, wanted: Iterable[Fetch]) -> Iterator[tuple[int, RemoteFailed | None]]:
        """Fetch files side by side; the rank of each as it ends, and why it failed if it did.

        A file is whole when ``take`` was given ``size`` bytes, and the server still says that size and mtime
        after the last of them: one that grew meanwhile is a ContentRefused (mtime -1: it may change). Raises
        ConnectionLost, and whatever a ``take`` raises; the connection is then of no more use.
        """
        return Fetching(self._wire, self._read_chunk).run(wanted)

    # -- putting ------------------------------------------------------------------------------------------

    def put(self, path: bytes, data: bytes) -> None:
        """Write a file under that very name, synced where the server can; then look at its size."""
        asked = text(path) + flags(wire.TO_WRITE | wire.CREATE | wire.TRUNCATE)
        handle = self._wire.call(wire.OPEN, asked).expect(wire.HANDLE, path).text()
        try:
            self._write(path, handle, data)
            if FSYNC in self._wire.extensions:
                self._call_status(wire.EXTENDED, text(FSYNC) + text(handle), path)
        finally:
            closed = self._wire.call(wire.CLOSE, text(handle))
        closed.expect(wire.STATUS, path)
        seen = self.stat(path)
        if seen is None or seen.size != len(data):
            told = "absent" if seen is None else f"de {seen.size} octets"
            shown = path.decode("utf-8", "backslashreplace")
            raise ProtocolBroken(f"« {shown} » est {told} sur le serveur après l'envoi de {len(data)} octets")

    def _write(self, path: bytes, handle: bytes, data: bytes) -> None:
        pieces = deque(range(0, len(data), self._write_chunk))
        failure: RemoteFailed | None = None
        under_way = 0
        while under_way or (pieces and failure is None):
            while pieces and failure is None and under_way < WRITES:
                offset = pieces.popleft()
                piece = data[offset : offset + self._write_chunk]
                self._wire.ask(wire.WRITE, text(handle) + offset.to_bytes(8, "big") + text(piece))
                under_way += 1
            _, answer = self._wire.next_answer()
            under_way -= 1
            try:
                answer.expect(wire.STATUS, path)
            except RemoteFailed as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def rename(self, source: bytes, target: bytes, *, replace: bool) -> None:
        """Give a file another name. ``replace``: in one step over whatever bears it, where the server can.

        Without ``replace`` most servers refuse a name that is taken, as a ProtocolBroken.
        """
        if replace and POSIX_RENAME in self._wire.extensions:
            self._call_status(wire.EXTENDED, text(POSIX_RENAME) + text(source) + text(target), source)
            return
        if replace and self.stat(target) is not None:
            self.remove(target)
        self._call_status(wire.RENAME, text(source) + text(target), source)

    def remove(self, path: bytes) -> None:
        """Raises RemoteMissing when it is gone already."""
        self._call_status(wire.REMOVE, text(path), path)

    def _call_status(self, kind: int, body: bytes, path: bytes) -> None:
        self._wire.call(kind, body).expect(wire.STATUS, path)


def _entry(name: bytes, seen: Attributes) -> RemoteEntry:
    mode = seen.mode
    kind = "file" if mode is None or stat.S_ISREG(mode) or not stat.S_IFMT(mode) else "other"
    if mode is not None and stat.S_ISDIR(mode):
        kind = "folder"
    elif mode is not None and stat.S_ISLNK(mode):
        kind = "link"
    elif seen.size is None:
        kind = "other"  # nothing could be checked
    return RemoteEntry(name, seen.size or 0, seen.mtime or 0, kind)
