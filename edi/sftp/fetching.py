"""Fetching files side by side over one line: many reads under way at once; each file is looked at again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from edi.sftp import wire
from edi.sftp.failures import ConnectionLost, ContentRefused, ProtocolBroken, RemoteFailed
from edi.sftp.wire import READS, Wire, flags, text

_FILES = 64  # files under way at once


class Fetch(NamedTuple):
    """One file to fetch from ``offset`` on; ``take`` is given its bytes in order."""

    path: bytes
    size: int  # bytes, as listed
    mtime: int  # seconds, as listed; -1: it may change
    take: Callable[[bytes], object]
    offset: int = 0


class Fetching:
    """Some files being fetched. The line is used by nothing else until the last of them has ended."""

    def __init__(self, line: Wire, chunk: int) -> None:
        self._wire, self._chunk = line, chunk  # bytes of one read
        self._asked: dict[int, tuple[_Reading, int, int, int]] = {}  # number -> reading, kind, offset, size

    def run(self, wanted: Iterable[Fetch]) -> Iterator[tuple[int, RemoteFailed | None]]:
        """The rank of each file as it ends, and why it failed if it did. Raises ConnectionLost."""
        waiting = deque(_Reading(rank, f, asked=f.offset, given=f.offset) for rank, f in enumerate(wanted))
        files = 0
        while waiting or self._asked:
            while waiting and files < _FILES:
                reading = waiting.popleft()
                self._ask(reading, wire.OPEN, text(reading.fetch.path) + flags(wire.TO_READ))
                files += 1
            reading = self._hear()
            if not reading.under_way:
                files -= 1
                yield reading.rank, reading.failure

    def _ask(self, reading: _Reading, kind: int, body: bytes, offset: int = 0, size: int = 0) -> None:
        self._asked[self._wire.ask(kind, body)] = (reading, kind, offset, size)
        reading.under_way += 1

    def _ask_for(self, reading: _Reading, offset: int, size: int) -> None:
        span = offset.to_bytes(8, "big") + size.to_bytes(4, "big")
        self._ask(reading, wire.READ, text(reading.handle) + span, offset, size)

    def _hear(self) -> _Reading:
        """Take in one answer and ask for what follows from it; the file it was about."""
        number, answer = self._wire.next_answer()
        if number not in self._asked:
            raise ProtocolBroken("le serveur répond à une question qui n'a pas été posée")
        reading, kind, offset, size = self._asked.pop(number)
        reading.under_way -= 1
        try:
            rest = reading.hear(kind, answer, offset, size)
            if rest is not None:
                self._ask_for(reading, *rest)
        except ConnectionLost:
            raise
        except RemoteFailed as failure:
            reading.failure = reading.failure or failure
        if reading.handle and kind != wire.CLOSE:
            self._go_on(reading)
        return reading

    def _go_on(self, reading: _Reading) -> None:
        """Ask for more of a file; when all was given, look at it once more, then close it."""
        fetch = reading.fetch
        while reading.failure is None and reading.asked < fetch.size and reading.under_way < READS:
            size = min(self._chunk, fetch.size - reading.asked)
            self._ask_for(reading, reading.asked, size)
            reading.asked += size
        if reading.failure is None and reading.given == fetch.size and not reading.looked:
            reading.looked = True
            self._ask(reading, wire.FSTAT, text(reading.handle))
        if not reading.under_way:
            self._ask(reading, wire.CLOSE, text(reading.handle))


@dataclass(slots=True)
class _Reading:
    """A file under way."""

    rank: int
    fetch: Fetch
    handle: bytes = b""
    asked: int = 0  # everything before this offset was asked for
    given: int = 0  # everything before this offset was handed on
    under_way: int = 0
    ready: dict[int, bytes] = field(default_factory=dict)  # arrived before their turn
    failure: RemoteFailed | None = None
    looked: bool = False  # its size and mtime were asked for again

    def hear(self, kind: int, answer: wire.Answer, offset: int, size: int) -> tuple[int, int] | None:
        """Take in one answer; the (offset, size) that a short read left out. Raises RemoteFailed."""
        fetch = self.fetch
        if kind == wire.OPEN:
            self.handle = answer.expect(wire.HANDLE, fetch.path).text()
        elif kind == wire.FSTAT:
            seen = answer.expect(wire.ATTRS, fetch.path).attributes()
            if fetch.mtime != -1 and (seen.size, seen.mtime or 0) != (fetch.size, fetch.mtime):
                raise _changed(fetch)
        elif kind == wire.READ:
            if answer.status == wire.EOF:
                raise _changed(fetch)
            data = answer.data(fetch.path)
            if not data or len(data) > size:
                raise ProtocolBroken("le serveur rend plus ou moins d'octets que demandé")
            self._take(offset, data)
            if len(data) < size:
                return offset + len(data), size - len(data)
        return None

    def _take(self, offset: int, data: bytes) -> None:
        """Hand on what has its turn."""
        self.ready[offset] = data
        while self.failure is None and (piece := self.ready.pop(self.given, None)) is not None:
            self.fetch.take(piece)
            self.given += len(piece)


def _changed(fetch: Fetch) -> ContentRefused:
    shown = fetch.path.decode("utf-8", "backslashreplace")
    return ContentRefused(f"« {shown} » a changé pendant sa lecture", "Il sera repris une fois immobile.")
