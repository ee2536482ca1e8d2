"""Prints the seconds that a new worker takes, from its imports to its first verdict; see rules.py."""

import sys
import time
from datetime import date
from pathlib import Path

begun = time.perf_counter()
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edi.judge import Demande, judge  # noqa: E402
from edi.model import Limites, Politique  # noqa: E402
from edi.model.confiance import EtatFeuille  # noqa: E402
from edi.validators.schematron.confiance import Confiance  # noqa: E402
from edi.validators.schematron.packs import PACKS  # noqa: E402

sheets = {part.sheet.sha256 for group in PACKS.values() for pack in group for part in pack.parts}
confiance = Confiance(dict.fromkeys(sheets, EtatFeuille.ETABLI), 0.0)
found = judge(
    "facture",
    Path(sys.argv[1]).read_bytes(),
    Demande("", date(2026, 11, 2), Politique(), Limites(), confiance=confiance),
)
assert found.executions, "the official rules were not run"
print(time.perf_counter() - begun)
