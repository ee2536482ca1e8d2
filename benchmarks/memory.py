"""The memory of one worker that judges documents one after the other, measured inside it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import chains

STATUS = Path("/proc/self/status")  # of Linux


def resident() -> int:
    """Resident memory of this process, in MB."""
    for line in STATUS.read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise LookupError("VmRSS")


def measure(marks: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """How many documents were judged, and the memory then: at 0, after 3 (sheets compiled), at each mark."""
    here, there = multiprocessing.get_context("spawn").Pipe(duplex=False)
    worker = multiprocessing.get_context("spawn").Process(target=_work, args=(there, marks))
    worker.start()
    there.close()
    try:
        while True:
            yield here.recv()
    except EOFError:
        worker.join()


def _work(told: Connection, marks: tuple[int, ...]) -> None:
    documents = [data for group in zip(*map(chains.invoices, chains.FORMATS), strict=True) for data in group]
    told.send((0, resident()))
    for count in range(1, max(marks) + 1):
        chains.judge_whole(documents[count % len(documents)])
        if count in (len(chains.FORMATS), *marks):
            told.send((count, resident()))
    told.close()
