"""make differential: the subject against the official sheets, on as many documents as are asked for."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from differential.plan import tasks
from differential.run import Run, run
from differential.seeds import CORPUS, NO_CORPUS
from differential.sheets import feuilles
from differential.subjects import COMPILED
from differential.tally import cover


def main(argv: list[str]) -> int:
    args = _read(argv)
    chosen = [one for one in feuilles() if not args.sheets or one.name in args.sheets]
    number = args.seed if args.seed is not None else time.time_ns() % 10**9
    print(f"subject {args.subject}, seed {number}, sheets {' '.join(one.name for one in chosen)}", flush=True)
    if not CORPUS.is_dir():
        print(f"without the corpus: {NO_CORPUS}")
    started, folder = time.monotonic(), Path(args.folder)

    def progress(done: Run) -> None:
        if time.monotonic() - progress.told > 15:  # type: ignore[attr-defined]
            progress.told = time.monotonic()  # type: ignore[attr-defined]
            print(f"{done.runs} runs, {len(done.differences)} differences", flush=True)

    progress.told = started  # type: ignore[attr-defined]
    todo = tasks(chosen, number, own=not CORPUS.is_dir())
    done = run(
        todo, args.subject, runs=args.runs, workers=args.workers, folder=folder, progress=progress
    )
    print(done.told())
    for feuille in chosen if args.never else ():
        for rank in cover(feuille, done.tallies[feuille.name].broken).never:
            print(f"never seen failing: {feuille.name} {rank}")
    print(f"{time.monotonic() - started:.0f} s, seed {number}, differences in {folder}")
    return 1 if done.differences or done.lost else 0


def _read(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make differential")
    parser.add_argument("--runs", type=int, default=50_000, help="documents times sheets")
    parser.add_argument("--seed", type=int, help="of what is drawn; a new one each time unless told")
    parser.add_argument("--sheets", nargs="*", default=[])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--subject", default=COMPILED, help="compiled, or rewritten")
    parser.add_argument("--folder", default="/tmp/differential", help="where what differs is kept")
    parser.add_argument("--never", action="store_true", help="name the rules that were not seen failing")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
