"""A valid invoice of the reform for a worker to judge: it reads every kind of sheet that judging needs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import date

from edi.engine import JudgementEngine
from edi.exemples.bases import write_base
from edi.judge import Demande, judge_whole
from edi.model import FichierJuge, Limites, Outcome, Politique
from edi.validators.schematron.confiance import Confiance
from edi.validators.schematron.packs import Packs, PackUnavailable

_BASE = "ubl-facture"


def submit_sample(
    engine: JudgementEngine, read: Callable[[], Packs], jour: date, confiance: Confiance
) -> Future[FichierJuge]:
    """Let the engine judge the sample as it would a deposit of that day, under the rules that ``read`` gives.

    ``confiance``: which form of each official sheet is asked. Whatever keeps it from being judged comes back
    through the Future.
    """
    data = write_base(_BASE)
    try:
        packs = read()
    except PackUnavailable as error:
        refused: Future[FichierJuge] = Future()
        refused.set_exception(error)
        return refused
    demande = Demande("", jour, Politique(), Limites(), packs=packs, confiance=confiance)
    return engine.submit(judge_whole, f"{_BASE}.xml", data, demande, weight=len(data))


def find_blocking(fichier: FichierJuge) -> tuple[str, ...]:
    """The codes for which the sample is not accepted; none when it is."""
    if fichier.factures and all(one.verdict.outcome is Outcome.ACCEPTED for one in fichier.factures):
        return ()
    found = [*fichier.findings, *(f for one in fichier.factures for f in one.findings)]
    return tuple(sorted({f.code for f in found})) or ("aucune facture lue",)
