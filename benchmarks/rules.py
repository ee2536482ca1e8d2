"""What the official rules cost: ``python benchmarks/rules.py``, or with ``--court`` in less than a minute.

One run, one process, one thread, medians. Naive and ours take turns on the same documents, fifty in a row as
in a lot, so that whatever else the machine does weighs on both, and no invoice comes twice; see chains.py for
what each is. Times are of the processor, user and system: 1/time is invoices per second and per core.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.metadata import version
from itertools import cycle, islice, pairwise, repeat
from math import log2
from pathlib import Path
from statistics import median

import chains
import memory

from edi.validators.schematron import packs
from edi.validators.schematron.packs import PACKS

LINES, LINES_COURT = (100, 200, 500, 1000, 2000, 5000), (100, 200, 500, 1000)
MARKS, MARKS_COURT = (500, 1000, 2000, 5000), (100, 200, 500)
WIDTH = 40
GROUP = 50  # documents that one act gets in a row, as a worker gets those of a lot

Act = Callable[[bytes], object]


def take_turns(
    acts: Sequence[Act], documents: Iterable[bytes], seconds: float, least: int = 15, group: int = GROUP
) -> list[float]:
    """Seconds of a document for each act: the median, once warmed up. They take turns on each group."""
    times: list[list[float]] = [[] for _ in acts]
    waiting, number = iter(documents), 0
    for act, one in zip(acts, repeat(next(waiting))):
        act(one)
    end = time.perf_counter() + seconds
    while number < least or time.perf_counter() < end:
        some = list(islice(waiting, group))
        for act, taken in zip(acts, times, strict=True):
            taken += (_timed(act, one) for one in some)
        number += len(some)
    return list(map(median, times))


def _timed(act: Act, one: bytes) -> float:
    start = time.process_time()
    act(one)
    return time.process_time() - start


def rate(seconds: float) -> str:
    return f"{1 / seconds:10,.0f}/s"


def title(words: str, *columns: str) -> None:
    print(f"\n{words:{WIDTH}}" + "".join(f" {column:>12}" for column in columns))


def show_machine() -> None:
    names = ("saxonche", "factur-x", "lxml")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"Python {platform.python_version()}, {versions}; {os.cpu_count()} CPU, {platform.machine()}")
    counted = ", ".join(
        f"{len(data)} {name} ({sum(map(len, data)) // len(data):,} bytes)"
        for name in chains.FORMATS
        if (data := chains.invoices(name))
    )
    print(f"Our own invoices: {counted}")
    print(f"Public examples of EN 16931: {len(chains.public('ubl'))} UBL, {len(chains.public('cii'))} CII")
    print("Invoices per second and per core, medians; naive and ours in turn, each invoice once")


def compare_chains(seconds: float) -> None:
    title("parse and XSD alone", "ours")
    for name in chains.FORMATS:
        act = partial(chains.parse_and_validate, name)
        (taken,) = take_turns([act], chains.unseen(name), seconds / 2)
        print(f"{name + opening(name):{WIDTH}} {rate(taken)}")
    title("parse, XSD, EN 16931, BR-FR", "naive", "ours", "ratio", "judged whole")
    for name in chains.FORMATS:
        acts = [chains.chain_naively, chains.chain_ours, chains.judge_whole]
        naive, ours, whole = take_turns(acts, chains.unseen(name), 2 * seconds)
        print(
            f"{name + opening(name):{WIDTH}} {rate(naive)} {rate(ours)} {naive / ours:11.1f}x {rate(whole)}"
        )
    if data := [one for one in chains.public("ubl") if _is_of_the_reform(one)]:
        naive, ours = take_turns([chains.chain_naively, chains.chain_ours], cycle(data), 2 * seconds)
        print(
            f"{f'UBL, {len(data)} public examples':{WIDTH}} {rate(naive)} {rate(ours)} {naive / ours:11.1f}x"
        )


def opening(name: str) -> str:
    return ", taken out of its PDF" if name == "Factur-X" else ""


def _is_of_the_reform(data: bytes) -> bool:
    return bool(chains.open_and_validate(data).scenario.packs)


def compare_rules(seconds: float) -> None:
    title("rules alone, XML to failed asserts", "naive", "rewritten", "compiled", "ratio")
    acts = [chains.rules_naively, chains.rules_rewritten, chains.rules_compiled]
    for name in chains.FORMATS:
        naive, rewritten, ours = take_turns(acts, chains.unseen_by_rules(name), 2 * seconds)
        print(f"{name:{WIDTH}} {rate(naive)} {rate(rewritten)} {rate(ours)} {naive / ours:11.1f}x")


def compare_packs(seconds: float) -> None:
    title("one pack, XML to failed asserts", "naive", "rewritten", "compiled", "ratio")
    for versions in PACKS.values():
        pack = versions[-1]
        if pack.id.endswith("cdv") or packs.tell_absence(pack):
            continue
        data = chains.unseen("UBL" if pack.id.endswith("ubl") else "CII")
        forms = (chains.run_naively, chains.run_rewritten, chains.run_compiled)
        naive, rewritten, ours = take_turns([partial(form, [pack]) for form in forms], data, seconds)
        print(f"{pack.source:{WIDTH}} {rate(naive)} {rate(rewritten)} {rate(ours)} {naive / ours:11.1f}x")


def compare_lengths(lengths: Sequence[int], seconds: float) -> None:
    """Seconds by number of lines. A doubling is the ratio to the size before, for twice as many lines."""
    title("UBL, full chain, by length", "naive", "ours", "ratio", "doubling")
    first = chains.invoices("UBL", 1, 0)[0]
    known: list[float] = []
    for before, lines in pairwise((0, *lengths)):
        data = chains.grow(first, lines)
        naive, ours = take_turns([chains.chain_naively, chains.chain_ours], repeat(data), seconds, 3, 1)
        doubling = f"{(ours / known[-1]) ** (1 / log2(lines / before)):11.2f}x" if known else ""
        known.append(ours)
        size = f"{lines:,} lines, {len(data) // 1024:,} KB"
        print(f"{size:{WIDTH}} {naive:10.3f} s {ours:10.3f} s {naive / ours:11.1f}x {doubling}".rstrip())


def show_memory(marks: tuple[int, ...]) -> None:
    title("one worker, UBL, CII and Factur-X in turn", "resident")
    if not memory.STATUS.exists():
        print("not measured: this system has no /proc")
        return
    for count, megabytes in memory.measure(marks):
        print(
            f"{f'after {count:,} documents' if count else 'at its start':{WIDTH}} {megabytes:9,} MB",
            flush=True,
        )


def show_start() -> None:
    """A new process, from nothing to its first verdict, the modules of the sheets kept or not."""
    title("a new worker, to its first verdict", "seconds")
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "facture.xml"
        document.write_bytes(chains.invoices("UBL", 1)[0])
        for kept in ("modules to be made", "modules kept", "modules kept, again"):
            command = [sys.executable, str(Path(__file__).parent / "start.py"), str(document)]
            environment = {**os.environ, "EDI_CACHE": folder}
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            print(f"{kept:{WIDTH}} {float(done.stdout):10.3f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--court", action="store_true", help="less than a minute, with less certainty")
    court = options.parse_args().court
    show_machine()
    compare_chains(0.7 if court else 4.0)
    compare_rules(0.5 if court else 4.0)
    compare_packs(0.5 if court else 2.0)
    compare_lengths(LINES_COURT if court else LINES, 1.0 if court else 4.0)
    show_start()
    show_memory(MARKS_COURT if court else MARKS)


if __name__ == "__main__":
    main()
