"""One pass of the real application in a process of its own, ended or refused at any of its acts.

The process is forked from a small server of the standard library that has made the imports once: what is
tried with it is tried hundreds of times, and a worker of pytest has grown far too large to be forked.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import structlog
from sqlalchemy.exc import OperationalError
from workspace import later

from edi import acts
from edi.app import App
from edi.espace import open_espace

_PRELOAD = ["pytest", "edi.cli", "edi.app", "edi.samples", "xmlschema", "facturx"]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(_PRELOAD)


# -- what may happen at an act ----------------------------------------------------------------------------


def kill(act: str, subject: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Refuse:
    """The system refuses the act; where half is taken of what is written, that half lies on the disk."""

    number: int
    half: bool = False

    def __call__(self, act: str, subject: object) -> None:
        if self.half and act == "write":
            file, data = cast(tuple[BinaryIO, bytes], subject)
            file.write(data[: len(data) // 2])
            file.flush()
        if act == "commit":
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))
        raise OSError(self.number, os.strerror(self.number), str(subject))


FULL, BROKEN, HALF = Refuse(errno.ENOSPC), Refuse(errno.EIO), Refuse(errno.ENOSPC, half=True)


def cut(act: str, subject: object) -> None:
    """The line breaks just before these requests leave."""
    cast(Any, subject).get_transport().close()


@dataclass
class At:
    """Does something at the n-th act of the process, from 1, or at the n-th of one kind."""

    point: int
    do: acts.Observer
    kind: str = ""
    seen: int = field(default=0)

    def __call__(self, act: str, subject: object) -> None:
        if self.kind not in ("", act):
            return
        self.seen += 1
        if self.seen == self.point:
            self.do(act, subject)


@dataclass(frozen=True)
class Note:
    """Writes down the name of each act."""

    path: Path

    def __call__(self, act: str, subject: object) -> None:
        with self.path.open("a", encoding="ascii") as told:
            told.write(f"{act}\n")

    def read(self) -> list[str]:
        """The acts that were noted, in order; forgotten afterwards."""
        noted = self.path.read_text("ascii").split()
        self.path.unlink()
        return noted


# -- the process ------------------------------------------------------------------------------------------


def run_in_child(
    root: Path, observer: acts.Observer | None = None, hours: int = 0, *, jobs: bool = False
) -> int:
    """One pass, its clock put forward; the exit code of the process, or minus the signal that ended it.

    ``jobs``: the runs of the night that are due, instead of a pass.
    """
    child = _CONTEXT.Process(target=_run, args=(root, observer, hours, jobs))
    child.start()
    child.join(120)
    assert child.exitcode is not None, "the pass did not end"
    return child.exitcode


def _run(root: Path, observer: acts.Observer | None, hours: int, jobs: bool) -> None:
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=nowhere))
        espace = later(open_espace(root), hours)
        with acts.observed(observer or (lambda act, subject: None)):
            App(espace).run_jobs(()) if jobs else App(espace).run_once()
