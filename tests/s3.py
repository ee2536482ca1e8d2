"""A real server that speaks S3 (``rclone serve s3``) over a folder; it can be ended and come back."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SEAU = "navette"
CLE, SECRET = "cle-d-essai", "secret-d-essai"
_PATIENCE = 30.0  # seconds


class Serveur:
    """One bucket; what it holds lies in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / SEAU
        self.folder.mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def adresse(self) -> str:
        return f"s3://{SEAU}/factures"

    @property
    def options(self) -> dict[str, Any]:
        patience = {"connect_timeout": 2, "read_timeout": 5, "retries": {"max_attempts": 1}}
        return {
            "endpoint_url": f"http://127.0.0.1:{self.port}",
            "key": CLE,
            "secret": SECRET,
            "config_kwargs": patience,
        }

    @property
    def section(self) -> str:
        """The section of the configuration that names it."""
        retries = "{ max_attempts = 1 }"
        patience = f"{{ connect_timeout = 2, read_timeout = 5, retries = {retries} }}"
        return (
            f'\n[entrepot]\nadresse = "{self.adresse}"\n[entrepot.options]\n'
            f'endpoint_url = "http://127.0.0.1:{self.port}"\nkey = "{CLE}"\nsecret = "{SECRET}"\n'
            f"config_kwargs = {patience}\n"
        )

    def start(self) -> None:
        where = f"127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [
                _rclone(),
                "serve",
                "s3",
                "--addr",
                where,
                "--auth-key",
                f"{CLE},{SECRET}",
                str(self.folder.parent),
            ],
            env={**os.environ, "RCLONE_CONFIG": os.devnull},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError(f"nobody answers at {where}")

    def alter(self, data: bytes | None) -> str:
        """Change the bytes of the one object it has behind its back, or remove it; the key's last part."""
        self.end()  # it remembers sizes
        (kept,) = self.folder.glob("factures/??/*")
        if data is None:
            kept.unlink()
        else:
            kept.write_bytes(data)
        self.start()
        return kept.name

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def objets(self, folder: str = "*") -> dict[str, bytes]:
        """What it holds, by the last part of its key."""
        return {path.name: path.read_bytes() for path in self.folder.glob(f"factures/{folder}/*")}


@contextmanager
def serving(folder: Path) -> Iterator[Serveur]:
    serveur = Serveur(folder)
    try:
        yield serveur
    finally:
        serveur.end()


def _rclone() -> str:
    beside = Path(sys.executable).with_name("rclone")
    found = str(beside) if beside.is_file() else shutil.which("rclone")
    assert found, "rclone comes with the packages of the tests: make venv"
    return found
