"""A reste du lot: what Navette puts beside the files to be mended, and how a lot that bears it is known.

A déposant unpacks the archive, mends the invoices and packs everything again under a new flux id. What we put
there is then left out of the lot; the mark names the flux that the files come from. It is looked for in a zip
alone, whose directory tells it at once; in any other form the numbers of the invoices tell it
(``store.suivis.find_mended``).
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from edi.inbound.zip import find_member

DOSSIER = "_navette"  # the folder of what is not an invoice
MARQUE, CONSTATS, LISEZMOI = "reste.json", "findings.csv", "LISEZMOI.txt"
_OURS = frozenset({MARQUE, CONSTATS, LISEZMOI})
_MOST = 4096  # bytes of a mark


class Marque(NamedTuple):
    """The flux that a reste comes from."""

    reference: str
    sha256: str


def is_companion(nom: str) -> bool:
    """True for a file that Navette itself puts into a reste, wherever the déposant has packed its folder."""
    parts = PurePosixPath(nom).parts
    return len(parts) > 1 and parts[-2] == DOSSIER and parts[-1] in _OURS


def write_marque(marque: Marque) -> bytes:
    """The mark as it lies in the archive."""
    told = {"version": 1, "reste_de": marque.reference, "sha256": marque.sha256}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def read_marque(path: Path, entrees: int) -> Marque | None:
    """The mark of a zip that may be hostile; None when it bears none, or none that is ours.

    ``entrees``: how many entries an archive may have.
    """
    data = find_member(path, _is_marque, _MOST, entrees)
    try:
        return None if data is None else _understand(data)
    except ValueError:
        return None


def _is_marque(nom: str) -> bool:
    return is_companion(nom) and nom.endswith(f"/{MARQUE}")


def _understand(data: bytes) -> Marque | None:
    """Raises ValueError when it is no JSON."""
    told = json.loads(data)
    if not isinstance(told, dict):
        return None
    reference, sha256 = told.get("reste_de"), told.get("sha256")
    return Marque(reference, sha256) if isinstance(reference, str) and isinstance(sha256, str) else None
