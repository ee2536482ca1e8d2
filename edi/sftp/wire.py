"""SFTP version 3 (draft-ietf-secsh-filexfer-02) over one SSH channel: requests out, answers in.

Requests are numbered and may overlap: many are asked before the first answer is read, so that a small file
costs no round trip of its own. Names are bytes and stay bytes. Nothing here knows a path's meaning.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import paramiko

from edi import acts
from edi.sftp.failures import (
    ConnectionLost,
    ProtocolBroken,
    RemoteDenied,
    RemoteFailed,
    RemoteMissing,
    RemoteUnsupported,
)

INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT = 1, 2, 3, 4, 5, 6, 7, 8
OPENDIR, READDIR, REMOVE, REALPATH, STAT, RENAME, EXTENDED = 11, 12, 13, 16, 17, 18, 200
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED_REPLY = 101, 102, 103, 104, 105, 201
OK, EOF, NO_SUCH_FILE, DENIED, UNSUPPORTED = 0, 1, 2, 3, 8
TO_READ, TO_WRITE, CREATE, TRUNCATE = 0x01, 0x02, 0x08, 0x10

READS, WRITES = 128, 32  # of one file under way at once: 32 and 8 MiB at the most; a sync must not stop us
_LONGEST = 1 << 20  # bytes of one answer; we never ask for half as much
_EVERYTHING = 1 << 26  # bytes: taking less would make paramiko move the rest each time
_TOGETHER = 16  # requests that leave in one piece
_FAILURES: Mapping[int, type[RemoteFailed]] = {
    NO_SUCH_FILE: RemoteMissing,
    DENIED: RemoteDenied,
    UNSUPPORTED: RemoteUnsupported,
}
_SENTENCES = {
    NO_SUCH_FILE: "le serveur ne connaît pas « {what} »",
    DENIED: "le serveur refuse l'accès à « {what} »",
    UNSUPPORTED: "le serveur ne connaît pas l'opération demandée sur « {what} »",
}


class Channel(Protocol):
    """What is needed of an SSH channel."""

    def recv(self, size: int) -> bytes: ...
    def sendall(self, data: bytes) -> None: ...


class Attributes(NamedTuple):
    """What a server says of a file; None for what it does not say."""

    size: int | None = None  # bytes
    mode: int | None = None  # st_mode
    mtime: int | None = None  # seconds, by the server's clock


class Fields:
    """The fields of an answer, read one after the other. Raises ProtocolBroken past its end."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._body):
            raise ProtocolBroken("une réponse du serveur est tronquée")
        piece, self._at = self._body[self._at : end], end
        return piece

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._body)

    def number(self) -> int:
        return int.from_bytes(self._take(4), "big")

    def long(self) -> int:
        return int.from_bytes(self._take(8), "big")

    def text(self) -> bytes:
        return self._take(self.number())

    def attributes(self) -> Attributes:
        flags = self.number()
        size = self.long() if flags & 1 else None
        if flags & 2:
            self._take(8)  # owner and group
        mode = self.number() if flags & 4 else None
        mtime = None
        if flags & 8:
            self._take(4)
            mtime = self.number()
        if flags & 0x80000000:
            for _ in range(self.number()):
                self.text(), self.text()
        return Attributes(size, mode, mtime)


class Answer(NamedTuple):
    """One answer of the server."""

    kind: int
    body: bytes

    @property
    def status(self) -> int | None:
        return int.from_bytes(self.body[:4], "big") if self.kind == STATUS else None

    def data(self, what: bytes) -> bytes:
        """The bytes of a file that it brings. Raises the RemoteFailed that its status means."""
        if self.kind != DATA:
            self.expect(DATA, what)
        return self.body

    def expect(self, kind: int, what: bytes) -> Fields:
        """Its fields. Raises the RemoteFailed that its status means; ``what`` names the thing in question."""
        if self.kind == kind and (kind != STATUS or self.status == OK):
            return Fields(self.body)
        shown = what.decode("utf-8", "backslashreplace")
        if self.status is None:
            raise ProtocolBroken(f"réponse inattendue du serveur à propos de « {shown} »")
        reason = _SENTENCES.get(self.status)
        if reason is not None:
            raise _FAILURES[self.status](reason.format(what=shown))
        said = Fields(self.body[4:]).text().decode("utf-8", "replace") if len(self.body) > 8 else ""
        raise ProtocolBroken(f"le serveur a échoué sur « {shown} » ({said[:200] or self.status})")


def text(value: bytes) -> bytes:
    """A string as the protocol writes it."""
    return struct.pack(">I", len(value)) + value


def flags(value: int) -> bytes:
    """How a file is to be opened, as the protocol writes it; without attributes."""
    return value.to_bytes(4, "big") + b"\0\0\0\0"


class Wire:
    """Requests and answers of one session."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._out, self._in = bytearray(), bytearray()
        self._number = self._waiting = 0
        self._cut: Exception | None = None  # why nothing can be sent any more
        self._out += struct.pack(">IBI", 5, INIT, 3)
        self.extensions = self._greet()

    def _greet(self) -> Mapping[bytes, bytes]:
        kind, _version, body = self._read()
        if kind != VERSION:
            raise ProtocolBroken("le serveur ne parle pas SFTP")
        fields, found = Fields(body), {}
        while not fields.is_over:
            name = fields.text()
            found[name] = fields.text()
        return found

    def ask(self, kind: int, body: bytes) -> int:
        """Put a request in line; it leaves with some others, or when an answer is waited for. Its number."""
        self._number = (self._number + 1) & 0xFFFFFFFF
        self._out += struct.pack(">IBI", len(body) + 5, kind, self._number)
        self._out += body
        self._waiting += 1
        if self._waiting >= _TOGETHER:  # or the server would idle while we work through what it sent
            self.flush()
        return self._number

    def flush(self) -> None:
        """Send what stands in line. A line that is cut is told by the next answer, after those that came."""
        if not self._out or self._cut is not None:
            return
        data, self._out, self._waiting = bytes(self._out), bytearray(), 0
        try:
            acts.point("remote-call", self._channel)
            self._channel.sendall(data)
        except (OSError, EOFError, paramiko.SSHException) as error:
            self._cut = error

    def next_answer(self) -> tuple[int, Answer]:
        """The number and the answer of whichever request is answered first. Raises ConnectionLost."""
        kind, number, body = self._read()
        return number, Answer(kind, body)

    def call(self, kind: int, body: bytes) -> Answer:
        """Ask one thing and wait for its answer; nothing else may be under way."""
        asked = self.ask(kind, body)
        number, answer = self.next_answer()
        if number != asked:
            raise ProtocolBroken("le serveur répond à une question qui n'a pas été posée")
        return answer

    def _read(self) -> tuple[int, int, bytes]:
        """Kind, number and fields of one packet."""
        self._fill(4)
        size = int.from_bytes(self._in[:4], "big")
        if not 5 <= size <= _LONGEST:
            raise ProtocolBroken(f"réponse de {size} octets : le serveur ne parle pas SFTP")
        self._fill(4 + size)
        kind = self._in[4]
        with memoryview(self._in) as view:
            number = int.from_bytes(view[5:9], "big")
            # The bytes of a file are copied once: their length says where they begin and end.
            start, end = 9, 4 + size
            if kind == DATA and size >= 9:
                start, end = 13, 13 + int.from_bytes(view[9:13], "big")
                if end > 4 + size:
                    raise ProtocolBroken("une réponse du serveur est tronquée")
            body = bytes(view[start:end])
        del self._in[: 4 + size]
        return kind, number, body

    def _fill(self, size: int) -> None:
        """Have at least ``size`` bytes at hand; what stands in line is sent before we wait."""
        while len(self._in) < size:
            self.flush()
            try:
                data = self._channel.recv(_EVERYTHING)
            except TimeoutError as error:
                raise ConnectionLost("le serveur ne répond plus") from error
            except (OSError, EOFError, paramiko.SSHException) as error:
                raise ConnectionLost(f"connexion coupée ({str(error) or 'canal fermé'})") from error
            if not data:
                raise ConnectionLost("le serveur a coupé la connexion") from self._cut
            self._in += data
