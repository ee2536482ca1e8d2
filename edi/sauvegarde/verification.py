"""Reading a backup again, every byte of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from edi.sauvegarde import manifeste
from edi.sauvegarde.copie import digest_of
from edi.sauvegarde.manifeste import Manifeste

Listen = Callable[[str, int, int], None]


def verify(snapshot: Path, found: Manifeste, listen: Listen = lambda what, done, of: None) -> list[str]:
    """What is missing or not what it was, in French; nothing for a backup that is whole."""
    faults: list[str] = []
    for rank, one in enumerate(found.fichiers, 1):
        faults += _look(snapshot / one.chemin, one.sha256, one.chemin)
        listen("fichiers", rank, len(found.fichiers))
    if faults:
        return faults
    shas = manifeste.read_stock(snapshot)
    for rank, (sha256, path) in enumerate(blobs(snapshot, shas), 1):
        faults += _look(path, sha256, f"{manifeste.STOCK}/{sha256[:2]}/{sha256}")
        listen("octets reçus", rank, len(shas))
    if len(shas) != found.blobs:
        faults.append(f"{manifeste.STOCK_LISTE} : {len(shas)} lignes, {found.blobs} attendues")
    return faults


def blobs(snapshot: Path, shas: list[str]) -> Iterator[tuple[str, Path]]:
    """Where the received bytes of a backup lie: beside it, in the stock that all share."""
    for sha256 in shas:
        yield sha256, snapshot.parent / manifeste.STOCK / sha256[:2] / sha256


def _look(path: Path, sha256: str, shown: str) -> Iterator[str]:
    if not path.is_file():
        yield f"{shown} : absent"
    elif digest_of(path) != sha256:
        yield f"{shown} : n'est plus le fichier sauvegardé"
