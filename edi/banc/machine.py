"""The machine that is measured: its processors, its disk, its software."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from edi import __version__, acts

_BLOCK = 4096  # bytes written before each sync, about as much as a commit


class Machine(NamedTuple):
    """What figures depend on."""

    processeur: str
    coeurs: int
    memoire: int  # bytes; 0 when the system does not tell
    fsync: float  # seconds, median, on the disk of the workspace
    python: str
    navette: str
    saxon: str
    charge: float  # processes that wanted a processor in the last minute, as the measures began


def describe(dossier: Path, syncs: int = 40) -> Machine:
    """This machine, and the disk of that folder."""
    return Machine(
        _processor(),
        os.cpu_count() or 1,
        _memory(),
        measure_fsync(dossier, syncs),
        platform.python_version(),
        __version__,
        version("saxonche"),
        os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
    )


def measure_fsync(dossier: Path, many: int) -> float:
    """Seconds of one fsync after a small write; the median of ``many``."""
    aside = dossier / ".fsync"
    times = []
    with aside.open("wb") as file:
        for _ in range(many):
            file.write(b"\0" * _BLOCK)
            file.flush()
            began = time.perf_counter()
            acts.sync_descriptor(file.fileno())
            times.append(time.perf_counter() - began)
    aside.unlink()
    return median(times)


def _processor() -> str:
    """The model as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0
