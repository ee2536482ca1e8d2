"""The same deposits judged by one engine or another, and what the world sees of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.engine import JudgementEngine
from edi.espace import Espace
from edi.model import Flux, FluxStatut
from edi.pipeline import etapes
from edi.samples import REFORME, LotSpec
from edi.store import flux as flux_store

# Faults of ours, which cost no start of Saxon in each process that judges.
LOTS = (
    LotSpec(REFORME, 20, numero_flux=1, fautes={1: "fournisseur-inconnu", 15: "service-inconnu"}),
    LotSpec(REFORME, 8, numero_flux=2, graine=2, archive="zip", fautes={3: "numero-trop-long"}),
)

Seen = Callable[[int], None]  # told how many invoices have been judged in all


class Issue(NamedTuple):
    """What the world sees, and what we remember."""

    statuts: list[tuple[str, FluxStatut]]
    reponses: dict[str, bytes]


def make_world(root: Path) -> Espace:
    espace = make_espace(root)
    for spec in LOTS:
        deposit(espace, spec)
    return espace


def run(espace: Espace, engine: JudgementEngine, seen: Seen = lambda done: None) -> list[Flux]:
    """One pass of the application on an engine."""
    app, before = App(espace), dict[int, int]()

    def listen(flux: Flux, done: int) -> None:
        before[flux.id] = done
        seen(sum(before.values()))

    app.pipeline = replace(app.pipeline, engine=engine, listen=listen)
    return app.run_once()


def issue_of(espace: Espace) -> Issue:
    with espace.engine.begin() as conn:
        _, found = flux_store.search(conn)
    return Issue([(flux.nom, flux.statut) for flux in reversed(found)], answers(espace))


def try_again_at_once(patch: pytest.MonkeyPatch) -> None:
    """What waits for the cluster is due at the next pass: the clock of a test stands still."""
    patch.setattr(etapes, "AWAY", timedelta(0))
