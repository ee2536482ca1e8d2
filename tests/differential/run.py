"""A run of the rig over worker processes: ``make differential``, or its short form in the tests."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from differential.cases import Case
from differential.recipes import write_case
from differential.tally import Tallies, add_all, print_tallies
from differential.worker import Difference, Report, Task, judge

CHUNK = 20  # tasks handed over at once
_DEADLINE = 600.0  # seconds for a chunk; what is minimised takes most
_CHUNKS_PER_WORKER = 150  # then a fresh process takes its place


@dataclass
class Run:
    """What a run has found so far."""

    tallies: Tallies = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    unmade: int = 0
    refused: int = 0
    lost: list[tuple[Case, str]] = field(default_factory=list)  # first case of a chunk that a worker died on
    interrupted: bool = False
    compilers: set[str] = field(default_factory=set)  # more than one where sources changed during the run

    @property
    def runs(self) -> int:
        return sum(tally.runs for tally in self.tallies.values())

    def add(self, report: Report) -> None:
        add_all(self.tallies, report.tallies)
        self.differences += report.differences
        self.unmade += report.unmade
        self.refused += len(report.refused)
        self.compilers.add(report.compiler)

    def told(self) -> str:
        lines = [print_tallies(self.tallies)]
        lines += [
            f"cases that could not be made: {self.unmade}, documents that no parser takes: {self.refused}"
        ]
        lines += [f"LOST from {case.origin} {case.seed}: {why}" for case, why in self.lost]
        return "\n".join(lines)


def run(
    tasks: Iterable[Task],
    subject: str,
    *,
    runs: int | None,
    workers: int,
    folder: Path,
    progress: Callable[[Run], None] = lambda _: None,
) -> Run:
    """Judge tasks until ``runs`` runs are done, or all of them; each difference is written to ``folder``.

    An interruption from the keyboard ends it early: what was counted so far is told.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done, chunks = Run(), _chunks(tasks)
    context = multiprocessing.get_context("spawn")  # a forked child would inherit a Saxon
    with ProcessPool(workers, max_tasks=_CHUNKS_PER_WORKER, context=context) as pool:
        waiting: list[tuple[list[Task], Future[Report]]] = []
        try:
            while True:
                enough = runs is not None and done.runs >= runs
                while not enough and len(waiting) < 2 * workers and (chunk := next(chunks, None)):
                    args = [chunk, subject, str(folder / "saxon.log")]
                    waiting.append((chunk, pool.schedule(judge, args=args, timeout=_DEADLINE)))
                if not waiting:
                    return done
                _take(done, folder, *waiting.pop(0))
                progress(done)
        except KeyboardInterrupt:
            pool.stop()
            done.interrupted = True
            return done


def _take(done: Run, folder: Path, chunk: list[Task], future: Future[Report]) -> None:
    """Add what a worker reports, or that it died."""
    try:
        report = future.result()
    except (TimeoutError, ProcessExpired) as error:
        done.lost.append((chunk[0].case, str(error)))
        return
    for difference in report.differences:
        write_difference(folder, len(done.differences), difference)
        done.differences.append(difference)
    done.add(report._replace(differences=[]))


def _chunks(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    left = iter(tasks)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def write_difference(folder: Path, rank: int, difference: Difference) -> None:
    """The recipe and what differs; and the smallest document where it was looked for."""
    minimal, outcome = difference.minimal, difference.outcome
    place = folder / f"{rank:05d}-{outcome.part.sheet.name}"
    place.mkdir(exist_ok=True)
    case = minimal.case if minimal else difference.case
    (place / "case.toml").write_text(f"# {difference.case.origin}{write_case(case)}", "utf-8")
    (place / "difference.txt").write_text(tell_difference(difference), "utf-8")
    if minimal:
        (place / "document.xml").write_bytes(minimal.data)


def tell_difference(difference: Difference) -> str:
    outcome = difference.minimal.outcome if difference.minimal else difference.outcome
    lines = [f"{outcome.part.sheet.name} keep={outcome.part.keep} drop={outcome.part.drop}", outcome.cause]
    lines += [f"- {tuple(failed)}" for failed in outcome.missing]
    lines += [f"+ {tuple(failed)}" for failed in outcome.extra]
    return "\n".join(filter(None, lines)) + "\n"
