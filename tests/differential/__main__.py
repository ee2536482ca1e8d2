"""make differential: the subject against the official sheets, on as many documents as are asked for."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import gettempdir

from differential.plan import tasks
from differential.recipes import name_of
from differential.record import NotProven, proofs_of, record
from differential.run import Run, run
from differential.seeds import CORPUS, NO_CORPUS
from differential.sheets import Feuille, feuilles, rules_of
from differential.subjects import COMPILED
from differential.tally import Tally, cover

MOTEUR = Path(__file__).resolve().parents[2] / "schemas" / "moteur.toml"
_BETWEEN = 20.0  # seconds between two lines of progress


def main(argv: list[str]) -> int:
    args = _read(argv)
    chosen = [one for one in feuilles() if not args.sheets or one.name in args.sheets]
    number = args.seed if args.seed is not None else time.time_ns() % 10**9
    print(f"subject {args.subject}, seed {number}, sheets {' '.join(one.name for one in chosen)}", flush=True)
    if not CORPUS.is_dir():
        print(f"without the corpus: {NO_CORPUS}")
    started = time.monotonic()
    folder = Path(args.folder or Path(gettempdir(), f"differential-{number}"))
    done = run(
        tasks(chosen, number, own=not CORPUS.is_dir(), known_cases=not args.drawn),
        args.subject,
        runs=args.runs,
        workers=args.workers,
        folder=folder,
        progress=_Progress(),
    )
    print(done.told())
    if args.never:
        _tell_never(chosen, done)
    print(f"{time.monotonic() - started:.0f} s, seed {number}; what differs is in {folder}")
    return 1 if done.differences or done.lost or done.interrupted else _record(args, chosen, done)


class _Progress:
    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, done: Run) -> None:
        if time.monotonic() - self._told > _BETWEEN:
            self._told = time.monotonic()
            print(f"{done.runs} runs, {len(done.differences)} differences", flush=True)


def _tell_never(chosen: list[Feuille], done: Run) -> None:
    for feuille in chosen:
        tally = done.tallies.get(feuille.name, Tally())  # of few runs, none may have been of it
        for rank in cover(feuille, tally.broken).never:
            print(f"never seen failing: {feuille.name} {rank} {name_of(rules_of(feuille)[rank])}")


def _record(args: argparse.Namespace, chosen: list[Feuille], done: Run) -> int:
    """Only a run of the compiled sheets proves anything of them."""
    if not args.record:
        return 0
    try:
        if args.subject != COMPILED:
            raise NotProven(f"the subject was {args.subject}, not {COMPILED}")
        if len(done.compilers) != 1:
            raise NotProven("the compiler changed during the run")
        today = date.fromtimestamp(time.time())
        record(MOTEUR, proofs_of(chosen, done.tallies, done.compilers.pop(), today))
    except NotProven as refused:
        print(f"not recorded: {refused}")
        return 1
    print(f"recorded in {MOTEUR.name}")
    return 0


def _read(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make differential", description=__doc__)
    parser.add_argument("--runs", type=int, default=50_000, help="documents times sheets")
    parser.add_argument("--seed", type=int, help="of what is drawn; a new one each time unless told")
    parser.add_argument("--sheets", nargs="*", default=[])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--subject", default=COMPILED, help="compiled, or rewritten")
    parser.add_argument(
        "--folder", default="", help="where what differs is kept; a temporary one unless told"
    )
    parser.add_argument("--drawn", action="store_true", help="leave out seeds, examples and recipes")
    parser.add_argument("--never", action="store_true", help="name the rules that were not seen failing")
    parser.add_argument(
        "--record", action="store_true", help="write schemas/moteur.toml when nothing differed"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
