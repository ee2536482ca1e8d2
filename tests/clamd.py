"""A small server that speaks clamd's protocol, clamd itself where it is installed, and something to find."""

from __future__ import annotations

import shutil
import socketserver
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lxml import etree

from edi.inbound.readers.pieces import contents, unwrap
from edi.samples.pieces import encode, write_zip

# The harmless file that every antivirus must find, in two parts so that none finds it in this source.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STAND" + b"ARD-ANTIVIRUS-TEST-FILE!$H+H*"


def infect(data: bytes, place: str) -> bytes:
    """A sample with something to find: in its own bytes ("document"), or in one it holds ("piece")."""
    if place == "document":
        comment = b"%% " + EICAR + b"\n" if data.startswith(b"%PDF") else b"<!-- " + EICAR + b" -->"
        return data + comment
    tree = etree.fromstring(data).getroottree()
    element = next(contents(tree))
    attached = unwrap(element.text or "", 10**7)[-1] + b"\n% " + EICAR
    element.text = encode(write_zip((("piece.pdf", attached),)))
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


class Clamd(socketserver.BaseRequestHandler):
    """zINSTREAM as clamd speaks it: reads the stream to its end, answers, hangs up."""

    def handle(self) -> None:
        received: list[bytes] = []
        assert self._read(10) == b"zINSTREAM\0"
        while size := struct.unpack("!I", self._read(4))[0]:
            received.append(self._read(size))
            if sum(map(len, received)) > self.server.limit:  # type: ignore[attr-defined]
                self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.chunks = received  # type: ignore[attr-defined]
        self.request.sendall(self.server.answer(b"".join(received)))  # type: ignore[attr-defined]

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.request.recv(size - len(data))
            assert part
            data += part
        return data


def honest(data: bytes) -> bytes:
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in data else b"stream: OK\0"


class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some of these tests are about."""


class Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    handle_error = Tcp.handle_error  # type: ignore[assignment]


def start_server(
    server: socketserver.BaseServer, answer: Callable[[bytes], bytes] = honest, limit: int = 10**9
) -> None:
    """Let it answer from a thread of its own; whoever made it shuts it down."""
    server.answer, server.limit = answer, limit  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@contextmanager
def listening(answer: Callable[[bytes], bytes] = honest) -> Iterator[str]:
    """The address of a server that is there for a while."""
    with Tcp(("127.0.0.1", 0), Clamd) as server:
        start_server(server, answer)
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@contextmanager
def real_clamd(folder: Path, *settings: str) -> Iterator[str]:
    """The socket of a clamd of our own, which knows one signature; the test is skipped without it."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("clamd is not installed (Debian: clamav-daemon)")
    (folder / "db").mkdir()
    (folder / "db" / "essai.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    at = folder / "clamd.sock"
    lines = ["Foreground yes", f"DatabaseDirectory {folder / 'db'}", f"LocalSocket {at}", *settings]
    (folder / "clamd.conf").write_text("\n".join(lines) + "\n")
    with (folder / "clamd.log").open("wb") as told:
        daemon = subprocess.Popen([program, "-c", str(folder / "clamd.conf")], stdout=told, stderr=told)
    try:
        deadline = time.monotonic() + 60
        while not at.is_socket():
            assert daemon.poll() is None, (folder / "clamd.log").read_text()
            assert time.monotonic() < deadline, "clamd does not start"
            time.sleep(0.05)
        yield str(at)
    finally:
        daemon.terminate()
        daemon.wait(30)
