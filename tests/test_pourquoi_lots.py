"""Of every story of tests/lots: judged again under what was valid then, each flux says what was recorded."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from test_lots import HISTOIRES, LOTS, Histoire

from edi import wiring
from edi.cli.pourquoi import make_pourquoi
from edi.espace import Espace
from edi.pourquoi.explication import agrees, explain, explain_flux
from edi.store import flux as flux_store

SAMPLE = set(HISTOIRES[::20]) | {
    "antivirus-muet-puis-retabli",
    "doublon-ne-touche-pas-l-original",
    "facturx-modifie-apres-sa-signature",
    "mandat-signe-la-veille-du-rejeu",
    "rejeu-puis-redepot-recoit-un-rappel",
    "suspendue-deux-fois-puis-rejetee",
    "vie-recyclee-deux-fois-dans-les-deux-formats",
    "virus-dans-un-fichier-du-lot",
    "virus-dans-une-piece-jointe",
}


def disagreements(espace: Espace) -> list[tuple[object, ...]]:
    """What a replay and the record do not share, and what could not be replayed."""
    with espace.engine.begin() as conn:
        _, deliveries = flux_store.search(conn, limit=1000)
    found: list[tuple[object, ...]] = []
    with closing(wiring.make_engine(espace.settings)) as engine:
        pourquoi = make_pourquoi(espace, engine)
        for flux in deliveries:
            if flux.nature != "factures" or flux.rappel_de is not None or not flux.sha256:
                continue
            reponse = pourquoi.answer(flux)
            invoices, du_flux = list(explain(reponse, espace.settings.fuseau)), explain_flux(reponse)
            found += [
                (flux.nom, one.decidee.facture.numero, d.finding.code, d.enregistre)
                for one in invoices
                for d in one.differences
            ]
            found += [
                (flux.nom, one.fichier, d.finding.code, d.enregistre)
                for one in du_flux
                for d in one.differences
            ]
            found += [
                (flux.nom, one.decidee.facture.numero, "not replayed") for one in invoices if not one.rejouee
            ]
            if not agrees(invoices, du_flux):
                found.append((flux.nom, "does not agree"))
    return found


@pytest.mark.parametrize(
    "nom", [pytest.param(nom, marks=[] if nom in SAMPLE else pytest.mark.slow) for nom in HISTOIRES]
)
def test_a_replay_agrees_with_what_was_recorded(nom: str, tmp_path: Path) -> None:
    espace = Histoire(LOTS / nom, tmp_path).play()

    assert disagreements(espace) == []
