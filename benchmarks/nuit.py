"""A night of 500 suppliers with failures, simulated: ``python benchmarks/nuit.py [--factures N] [--docs]``.

It works from the model of benchmarks/capacite.json (``python benchmarks/capacite.py --docs``). Every night
is drawn from the seed that its row shows, and held to the invariants: no invoice lost, nothing left,
Little's law.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from nuit_simulee.monde import scenarios
from nuit_simulee.plateforme import Plateforme
from nuit_simulee.recit import COLONNES, as_row, find_broken, tell, write_svg
from pages_de_docs import replace_section, table

from edi.capacite.modele import from_json

ROOT = Path(__file__).resolve().parents[1]
DESSIN = "![Factures présentes au long de chaque nuit](nuit-simulee.svg)"


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--factures", type=int, default=1_000_000)
    words.add_argument("--fournisseurs", type=int, default=500)
    words.add_argument("--coordinateurs", type=int, default=1)
    words.add_argument("--travailleurs", type=int, default=2, help="of each coordinator")
    words.add_argument("--graine", type=int, default=2026)
    words.add_argument("--docs", action="store_true", help="write docs/capacite.md and docs/nuit-simulee.svg")
    chosen = words.parse_args()
    kept = ROOT / "benchmarks" / "capacite.json"
    if not kept.exists():
        print("no model: run python benchmarks/capacite.py --docs first", file=sys.stderr)
        return 2
    modele = from_json(json.loads(kept.read_text("utf-8"))["modele"])
    common = {name: value for name, value in vars(chosen).items() if name != "docs"}
    nights, rows, broken = [], [], []
    for scenario in scenarios(**common):
        began = time.perf_counter()
        nuit = Plateforme(scenario, modele)
        nuit.run()
        broken += find_broken(nuit)
        nights.append(nuit)
        rows.append(as_row(tell(nuit)))
        print(f"{scenario.nom}: {time.perf_counter() - began:.1f} s", file=sys.stderr)
    told = table(COLONNES, rows)
    print(told)
    print("\n".join(broken) or "Invariants: no invoice lost, queue empty, Little's law holds.")
    if chosen.docs:
        command = f"python benchmarks/{' '.join([Path(__file__).name, *sys.argv[1:]])}"
        replace_section(ROOT / "docs" / "capacite.md", "nuit", f"`{command}`\n\n{told}\n\n{DESSIN}")
        (ROOT / "docs" / "nuit-simulee.svg").write_text(write_svg(nights), encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
