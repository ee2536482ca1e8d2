"""The console over a real socket: by ``edi serve`` beside its work, and by ``edi console`` alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from console import add_user
from workspace import deposit, make_espace

from edi.espace import Espace
from edi.samples import LotSpec
from edi.store import comptes
from edi.store.database import reading


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    made = make_espace(tmp_path_factory.mktemp("serveur") / "e")
    add_user(made, "marie")
    return made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(espace: Espace, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, ended by SIGTERM as systemd does."""
    command = [sys.executable, "-m", "edi", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=espace.root, env={**os.environ, **environ}, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def ask(port: int, path: str) -> tuple[int, str]:
    """The answer to a stranger, once there is one."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("arguments", [("serve",), ("console",)])
def test_a_command_shows_the_console_until_it_is_ended(espace: Espace, arguments: tuple[str, ...]) -> None:
    port = free_port()
    with running(espace, *arguments, EDI_CONSOLE__ADRESSE=f"127.0.0.1:{port}"):
        assert ask(port, "/health/live") == (200, "vivant\n")
        code, page = ask(port, "/flux/1")

    assert (code, "Connexion" in page) == (200, True)  # after the redirection


def test_a_page_that_waits_for_news_does_not_keep_the_command_from_ending(espace: Espace) -> None:
    port = free_port()
    with running(espace, "console", "--adresse", f"127.0.0.1:{port}"):
        assert ask(port, "/health/live")[0] == 200
        with socket.create_connection(("127.0.0.1", port)) as waiting:
            waiting.sendall(b"GET /nouvelles HTTP/1.1\r\nHost: x\r\n")  # and never its end


def test_a_taken_address_stops_the_console_and_not_the_work(espace: Espace, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        adresse = f"127.0.0.1:{taken.getsockname()[1]}"
        alone = subprocess.run(
            [sys.executable, "-m", "edi", "console", "--adresse", adresse],
            cwd=espace.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        with running(espace, "serve", EDI_CONSOLE__ADRESSE=adresse):
            deposit(espace, LotSpec("ubl", 1, numero_flux=1, archive="xml"))
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not decided(espace):
                time.sleep(0.1)

    assert (alone.returncode, "impossible d'écouter sur" in alone.stderr) == (2, True)
    assert decided(espace) == 1
    assert "console_not_served" in (espace.root / "logs" / "edi.jsonl").read_text("utf-8")


def decided(espace: Espace) -> int:
    with reading(espace.engine) as conn:
        return sum(one.decides for one in comptes.by_appli(conn))


@pytest.mark.parametrize("adresse", ["n'importe quoi", "127.0.0.1:99999", "203.0.113.7:80", ":::"])
def test_an_address_that_is_none_is_told_in_one_line(espace: Espace, adresse: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edi", "console", "--adresse", adresse],
        cwd=espace.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
