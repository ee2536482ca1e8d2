"""End to end: ``python benchmarks/bout_en_bout.py [--court] [--docs]``, from the root.

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

import evolution
import structlog
from pages_de_docs import replace_section, table

from edi.banc.graphe import write_svg
from edi.banc.mesures import COURT, PLEIN, Resultats, compute_ratios
from edi.banc.tableau import make_tableaux
from edi.cli.bench import measure, show
from edi.cli.commandes import settle_collector

ROOT = Path(__file__).resolve().parents[1]


def git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write_docs(found: Resultats, command: str) -> None:
    """The tables and the drawing, beside the command that made them."""
    parts = [f"`{command}`, {datetime.now(UTC):%d/%m/%Y %H:%M} UTC."]
    for one in make_tableaux(found):
        parts.append(f"{one.titre}\n\n{table([cell.strip() for cell in one.colonnes], one.lignes)}")
    parts.append("![What an invoice costs, stage by stage](bout-en-bout.svg)")
    replace_section(ROOT / "benchmarks" / "README.md", "bout en bout", "\n\n".join(parts))
    (ROOT / "benchmarks" / "bout-en-bout.svg").write_text(write_svg(found) + "\n", encoding="utf-8")


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--court", action="store_true", help="less than a minute, with less certainty")
    words.add_argument("--sans-histoire", action="store_true", help="keep nothing")
    words.add_argument("--docs", action="store_true", help="write the tables into benchmarks/README.md")
    chosen = words.parse_args()
    settle_collector()  # as the command does
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = measure(COURT if chosen.court else PLEIN)
    show(found)
    command = f"python benchmarks/{' '.join([Path(__file__).name, *sys.argv[1:]])}"
    if chosen.docs:
        write_docs(found, command)
    if chosen.sans_histoire:
        return 0
    commit = git("rev-parse", "--short=12", "HEAD")
    # What is generated here does not change what is measured.
    changed = git("status", "--porcelain", "--", "edi", "schemas", "pyproject.toml")
    kept = evolution.Passage(
        commit,
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{found.machine.processeur}, {found.machine.coeurs} CPU",
        round(found.machine.charge, 1),
        command,
        bool(changed),
        compute_ratios(found),
    )
    folder = ROOT / "benchmarks" / "history"
    folder.mkdir(exist_ok=True)
    (folder / f"{commit}.json").write_text(json.dumps(kept._asdict(), ensure_ascii=False, indent=1) + "\n")
    evolution.rewrite(folder)
    print(f"\nGardé : benchmarks/history/{commit}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
