"""What memory lots take: ``python benchmarks/memoire.py [MB...] [KIND...]``, all kinds of 10 and 1000 MB.

The measuring is ``tests/memoire.py``: it says what stands in the columns.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from memoire import CAS, MO, measure


def main() -> None:
    wanted = [int(one) for one in sys.argv[1:] if one.isdigit()] or [10, 1000]
    some = [cas for cas in CAS if cas.nom in sys.argv[1:]] or CAS
    print(f"{'lot':16} {'MB':>5} {'invoices':>8} {'accepted':>8} {'coordinator':>11} {'s':>6}  workers")
    for cas in some:
        for mo in wanted:
            with tempfile.TemporaryDirectory() as folder:
                one = measure(cas, mo * MO, Path(folder) / "espace")
            print(
                f"{cas.nom:16} {mo:5} {one.recues:8} {one.acceptees:8} {one.coordinateur:8} MB"
                f" {one.secondes:6.1f}  {', '.join(map(str, one.ouvriers)) or 'none'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
