"""A cluster on this machine: a scheduler and workers as real processes, which tests may end or stop."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from edi import wiring
from edi.engine import Effectif, JudgementEngine
from edi.settings import Settings
from edi.settings.sections import Moteur

ROOT = Path(__file__).resolve().parents[2]
SILENCE = 5.0  # seconds without news after which a worker is given up: the least that Dask knows
PATIENCE = 240.0  # for processes to start, on a machine that has other things to do


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"in {PATIENCE:.0f} s, never: {what}"
        time.sleep(0.05)


@dataclass
class Grappe:
    """The processes of one cluster."""

    folder: Path  # of their logs
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()  # of every command
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _scheduler: subprocess.Popen[bytes] | None = None

    @property
    def adresse(self) -> str:
        return f"dask://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        where = f"127.0.0.1:{self.port}"
        self._scheduler = self._start("scheduler", "--ecoute", where, "--silence", str(SILENCE))

    def kill_scheduler(self) -> None:
        assert self._scheduler is not None
        self._scheduler.kill()
        self._scheduler.wait(PATIENCE)

    def start_workers(self, many: int, *options: str, source: Path = ROOT) -> subprocess.Popen[bytes]:
        """One machine with so many workers, of the program that lies in ``source``."""
        asked = ("--travailleurs", str(many), *options)
        return self._start("worker", self.adresse, *asked, source=source)

    def _start(self, *arguments: str, source: Path = ROOT) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self._started)}-{arguments[0]}.log").open("wb")
        paths = os.pathsep.join((str(source), str(ROOT / "tests"), str(ROOT / "tests" / "cluster")))
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "edi", *arguments, *self.options],
                cwd=source,
                env={**os.environ, "PYTHONPATH": paths},
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return process

    def close(self) -> None:
        """End everything that was started, and what that started."""
        for process in self._started:
            end(process)


def workers_of(machine: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The worker processes of a machine, each under its nanny."""
    return [child for child in psutil.Process(machine.pid).children() if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return any("spawn_main" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def end(machine: subprocess.Popen[bytes]) -> None:
    """The power cut of a machine: it and all that it started."""
    if machine.poll() is not None:
        return
    family = psutil.Process(machine.pid).children(recursive=True)
    machine.kill()
    for process in family:
        if process.is_running():
            process.send_signal(signal.SIGKILL)
    machine.wait(PATIENCE)


def make_engine(adresse: str, **reglages: float) -> JudgementEngine:
    """The engine of a server so configured; it is patient, for a machine that has other things to do."""
    moteur = Moteur(mode=adresse, **{"delai": PATIENCE, "attente": PATIENCE, **reglages})
    return wiring.make_engine(Settings(moteur=moteur))


def wait_for(engine: JudgementEngine, effectif: Effectif) -> None:
    """Until the engine sees these workers; it is in touch already."""
    wait_until(lambda: engine.effectif == effectif, f"{effectif}")


@contextmanager
def started(folder: Path, workers: int) -> Iterator[tuple[Grappe, subprocess.Popen[bytes] | None]]:
    """A cluster with one machine of so many workers."""
    with ExitStack() as after:
        grappe = Grappe(folder)
        after.callback(grappe.close)
        grappe.start_scheduler()
        yield grappe, grappe.start_workers(workers) if workers else None


def copy_program(folder: Path) -> Path:
    """Another installation of this program, which may then be altered."""
    for part in ("edi", "schemas", "config"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
