"""How long one invoice takes on an idle system: a real ``edi serve``, asked from outside.

From the rename that gives a deposit its final name in ``in`` to the instant at which its CSO is in ``out``.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edi.banc.espace import Ecarte
from edi.banc.jeux import APPLI, PAR_NOM, spec_of
from edi.espace import CONFIG, Espace
from edi.samples import make_lot

_LOOK = 0.002  # seconds between two looks at ``out``
_APART = (0.05, 0.25)  # seconds of rest between two deposits, drawn at random
_PATIENCE = 120.0
_WARM = 3
_GRAINE = 20261127


def measure(
    espace: Espace, numero: int, nombre: int, told: Callable[[], object] = lambda: None
) -> tuple[float, ...]:
    """Seconds for each of ``nombre`` small invoices, one at a time, with one warm worker, in their order.

    ``numero``: of the last lot that was made in this workspace. Nobody else may be at work there. Raises
    Ecarte when the server ends, or does not answer.
    """
    found = []
    draw = random.Random(_GRAINE)  # noqa: S311 - rests, not secrets
    with serving(espace) as serveur:
        for rank in range(1, _WARM + nombre + 1):
            taken = _deposit(espace, numero + rank, serveur)
            if rank > _WARM:
                found.append(taken)
                told()
            time.sleep(draw.uniform(*_APART))
    return tuple(found)


@contextmanager
def serving(espace: Espace) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own, with one worker, for as long as it is needed."""
    config = espace.root / CONFIG
    kept = config.read_text("utf-8")
    config.write_text(kept.replace('mode = "in_process"', 'mode = "local"\ntravailleurs = 1'), "utf-8")
    command = [sys.executable, "-m", "edi", "-e", str(espace.root), "serve"]
    serveur = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_environ())
    try:
        yield serveur
    finally:
        serveur.terminate()
        try:
            serveur.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            serveur.kill()
            serveur.wait()
        config.write_text(kept, "utf-8")


def _environ() -> dict[str, str]:
    """That of this process, with the package that it has itself."""
    here = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (here, known)))}


def _deposit(espace: Espace, numero: int, serveur: subprocess.Popen[bytes]) -> float:
    """One invoice, until its CSO is there; seconds."""
    inbox, outbox = (espace.spool.inbox(APPLI, folder) for folder in ("in", "out"))
    spec = spec_of(PAR_NOM["ubl"], 1, numero, espace.today())
    lot = make_lot(spec)
    (inbox / f".{lot.nom}.part").write_bytes(lot.data)
    before = _answers(outbox)
    began = time.perf_counter()
    (inbox / f".{lot.nom}.part").rename(inbox / lot.nom)
    while _answers(outbox) == before:
        if serveur.poll() is not None:
            raise Ecarte("edi serve s'est arrêté")
        if time.perf_counter() - began > _PATIENCE:
            raise Ecarte("edi serve n'a pas répondu en deux minutes")
        time.sleep(_LOOK)
    return time.perf_counter() - began


def _answers(outbox: Path) -> int:
    return sum(nom.startswith("CSO") for nom in os.listdir(outbox))
