"""Real ``edi serve`` processes on one workspace and one PostgreSQL: started, killed, waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.lifecycle.statuts import FLUX_TERMINAL
from edi.model import FluxStatut
from edi.store.database import reading
from edi.store.tables import facture, facture_statut, flux, flux_statut

TERMINAL = [statut.name for statut in FLUX_TERMINAL]
PATIENCE = 240.0  # seconds, on a machine that others use


COORDONNE = "Ce processus coordonne"


class Noeud:
    """One ``edi serve``; its log tells when it leads."""

    def __init__(self, root: Path, nom: str, **environ: str) -> None:
        self.journal = root / f"{nom}.log"
        with open(self.journal, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edi", "-e", str(root), "serve"],
                env={**os.environ, **environ},
                stdout=log,
                stderr=log,
            )

    @property
    def says(self) -> str:
        return self.journal.read_text("utf-8", "replace")

    def leads(self) -> bool:
        assert self.process.poll() is None, self.says
        return COORDONNE in self.says

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(60)


@contextmanager
def ended_at_last(*noeuds: Noeud) -> Iterator[None]:
    """Whatever the test comes to, no process of its outlives it."""
    try:
        yield
    finally:
        for noeud in noeuds:
            if noeud.process.poll() is None:
                noeud.process.kill()
                noeud.process.wait(20)


def wait_until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.02)
    raise AssertionError(f"in vain: {what}")


def is_treating(espace: Espace) -> bool:
    """Is a flux on its way between being claimed and being decided?"""
    return any((espace.spool.root / "queue" / "active").iterdir())


def is_judging(espace: Espace) -> bool:
    """Is a flux EN_COURS, after another was decided?"""
    with reading(espace.engine) as conn:
        statuts = set(conn.execute(select(flux.c.statut)).scalars())
    return FluxStatut.EN_COURS.name in statuts and not statuts.isdisjoint(TERMINAL)


def decided(espace: Espace) -> int:
    """How many deliveries are decided; 0 as well while the server is away."""
    try:
        with reading(espace.engine) as conn:
            return sum(statut in TERMINAL for statut in conn.execute(select(flux.c.statut)).scalars())
    except OperationalError:
        return 0


def outcome_of(root: Path) -> dict[str, Any]:
    """What the world can see, and what we remember of it."""
    espace = open_espace(root)
    depots = espace.spool.root / "depots"
    named = (facture.c.numero, facture.c.fichier)
    changed = select(*named, facture_statut.c.apres)
    changed = changed.join(facture, facture.c.id == facture_statut.c.facture_id)
    with reading(espace.engine) as conn:
        wanted = (flux.c.nom, flux.c.statut, flux.c.acceptees, flux.c.rejetees, flux.c.sha256)
        told = {
            "answers": {str(p.relative_to(depots)): p.read_bytes() for p in sorted(depots.glob("*/out/*"))},
            "flux": sorted(tuple(row) for row in conn.execute(select(*wanted))),
            "factures": sorted(tuple(row) for row in conn.execute(select(*named, facture.c.statut))),
            "histoire": sorted(tuple(row) for row in conn.execute(changed)),
        }
        decisions = conn.execute(select(flux_statut.c.flux_id).where(flux_statut.c.apres.in_(TERMINAL)))
        twice = [one for one, many in Counter(decisions.scalars()).items() if many > 1]
    told["decided twice"] = twice
    told["ecarts"] = audit(espace.engine, espace.spool, real_now(), complet=True).ecarts
    told["left"] = [p.name for p in (*depots.glob("*/in/*"), *(espace.spool.root / "queue").glob("*/*"))]
    espace.engine.dispose()
    return told
