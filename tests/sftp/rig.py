"""Real SSH servers for tests: Debian's sshd where there is one, asyncssh in this process; a line that breaks.

Both are stopped by whoever started them; both serve real folders of this machine under their own paths.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from edi.model import Dossier, Serveur

SSHD = Path("/usr/sbin/sshd")
USER = pwd.getpwuid(os.getuid()).pw_name
PASSWORD = "dépôt-Ω"


@dataclass
class Server:
    """A server at work, and what a client must know of it."""

    port: int
    root: Path  # the folder that tests work in, on this machine and by its name there
    host_key: str  # "ssh-ed25519 AAAA..."
    key: Path  # a private key that is let in
    kind: str

    def serveur(self, *dossiers: Dossier, **changes: Any) -> Serveur:
        """Its configuration, quick for tests."""
        given = {"nom": "partenaire", "hote": "127.0.0.1", "port": self.port, "utilisateur": USER}
        quick = {"empreinte": self.host_key, "cle": str(self.key), "pas": 0.02, "delai": 60.0}
        return Serveur(**{**given, **quick, "dossiers": dossiers, **changes})

    def folder(self, name: str) -> Path:
        made = self.root / name
        made.mkdir(parents=True, exist_ok=True)
        return made


def make_key(path: Path, kind: str = "ssh-ed25519", passphrase: str | None = None, **sizes: int) -> str:
    """A new private key in a file; its public line."""
    key = asyncssh.generate_private_key(kind, **sizes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few rounds are for tests only: they make it quick
        key.write_private_key(path, passphrase=passphrase, rounds=4)
    path.chmod(0o600)
    return key.export_public_key().decode().strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sshd(folder: Path, *, host_key: Path | None = None, subsystem: str = "internal-sftp") -> Iterator[Server]:
    """A real OpenSSH server with a configuration of its own, on a free port of the loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    host = host_key or folder / "host"
    public = host.with_suffix(".pub").read_text() if host_key else make_key(host)
    host.with_suffix(".pub").write_text(public)
    (folder / "authorized").write_text(make_key(folder / "client") + "\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # Debian's sshd wants it, and only root can make it
    port = free_port()
    lines = [
        "ListenAddress 127.0.0.1",
        f"Port {port}",
        f"HostKey {host}",
        f"AuthorizedKeysFile {folder / 'authorized'}",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "PidFile none",
        "MaxStartups 100",
        f"Subsystem sftp {subsystem}",
    ]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    with (folder / "sshd.log").open("wb") as journal:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=journal)
    try:
        _wait_for(port, lambda: process.poll() is None)
        yield Server(port, folder / "fichiers", public, folder / "client", "sshd")
    finally:
        process.terminate()
        process.wait(10)


class Policy(asyncssh.SSHServer):
    """Lets in one key, or one password."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == PASSWORD


@contextmanager
def asyncssh_server(
    folder: Path,
    sftp: Callable[[asyncssh.SSHServerChannel], asyncssh.SFTPServer] = asyncssh.SFTPServer,
    host_key: Path | None = None,
) -> Iterator[Server]:
    """The same in this process, in a thread of its own; ``sftp`` may misbehave."""
    folder.mkdir(parents=True, exist_ok=True)
    host = host_key or folder / "host"
    public = host.with_suffix(".pub").read_text() if host_key else make_key(host)
    host.with_suffix(".pub").write_text(public)
    (folder / "authorized").write_text(make_key(folder / "client") + "\n")
    loop = asyncio.new_event_loop()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[str(host)],
            authorized_client_keys=str(folder / "authorized"),
            server_factory=Policy,
            sftp_factory=sftp,
        )

    acceptor = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield Server(acceptor.get_port(), folder / "fichiers", public, folder / "client", "asyncssh")
    finally:

        async def stop() -> None:
            acceptor.close()
            await acceptor.wait_closed()

        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def _wait_for(port: int, alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and alive():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError("the server did not start")


class Line:
    """A line to a server that is cut, in both directions, once that many bytes have come down, or gone up."""

    def __init__(self, target: int, *, down: int | None = None, up: int | None = None) -> None:
        self.down, self.up = down, up
        self.passed = {"down": 0, "up": 0}
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._pairs.append((near, far))
                for source, sink, way in ((far, near, "down"), (near, far, "up")):
                    threading.Thread(target=self._carry, args=(source, sink, way), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        limit = self.down if way == "down" else self.up
        with suppress(OSError):
            while data := source.recv(65536):
                if limit is not None and self.passed[way] + len(data) > limit:
                    sink.sendall(data[: max(0, limit - self.passed[way])])
                    self.passed[way] = limit
                    break
                self.passed[way] += len(data)
                sink.sendall(data)
        self._cut()

    def _cut(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
