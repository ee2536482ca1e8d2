"""End to end: ``python benchmarks/bout_en_bout.py [--court] [--sans-histoire]``, from the root.

It is ``edi bench``, whose ratios are kept: one file a commit in ``benchmarks/history``, and a page and a
drawing that show how they went. Only ratios: the next reader has another machine, another load and disk.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import histoire
import structlog

from edi.banc.mesures import COURT, PLEIN, compute_ratios
from edi.cli.bench import measure, show

ROOT = Path(__file__).resolve().parents[1]


def git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--court", action="store_true", help="less than a minute, with less certainty")
    words.add_argument("--sans-histoire", action="store_true", help="keep nothing")
    chosen = words.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = measure(COURT if chosen.court else PLEIN)
    show(found)
    if chosen.sans_histoire:
        return 0
    commit = git("rev-parse", "--short=12", "HEAD")
    # What is generated here does not change what is measured.
    changed = git("status", "--porcelain", "--", "edi", "schemas", "pyproject.toml")
    kept = histoire.Passage(
        commit,
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{found.machine.processeur}, {found.machine.coeurs} CPU",
        round(found.machine.charge, 1),
        f"python benchmarks/{' '.join([Path(__file__).name, *sys.argv[1:]])}",
        bool(changed),
        compute_ratios(found),
    )
    folder = ROOT / "benchmarks" / "history"
    folder.mkdir(exist_ok=True)
    (folder / f"{commit}.json").write_text(json.dumps(kept._asdict(), ensure_ascii=False, indent=1) + "\n")
    histoire.rewrite(folder)
    print(f"\nGardé : benchmarks/history/{commit}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
