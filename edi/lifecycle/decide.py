"""What the findings of a lot come to: statuts. Pure; nothing is found here and nothing is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from edi.model import (
    Facture,
    FactureJugee,
    FactureStatut,
    FluxStatut,
    LotJuge,
    Nature,
    Outcome,
    Severity,
)

_FLUX = {
    Outcome.ACCEPTED: FluxStatut.INTEGRE,
    Outcome.PARTIAL: FluxStatut.INTEGRE_PARTIEL,
    Outcome.REJECTED: FluxStatut.REJETE,
    Outcome.IRRECEVABLE: FluxStatut.IRRECEVABLE,
    Outcome.UNDECIDED: FluxStatut.EN_ATTENTE,
}


class Decision(NamedTuple):
    """The statut of the flux, and for each of its invoices the statuts it takes, in order; none: it waits."""

    flux: FluxStatut
    factures: tuple[tuple[FactureStatut, ...], ...]


def decide(lot: LotJuge, remises: Callable[[Facture], bool] = lambda facture: False) -> Decision:
    """A flux waits while any of its invoices does; the others wait only when the flux itself is held.

    ``remises`` tells the invoices that a file will hand over: they are on their way until it lies there.
    """
    statut = _FLUX[lot.outcome]
    if any(finding.severity == Severity.HOLD for finding in lot.findings):
        return Decision(statut, tuple(() for _ in lot.factures))
    if lot.outcome is Outcome.IRRECEVABLE:
        return Decision(statut, tuple((FactureStatut.NON_CONFORME,) for _ in lot.factures))
    return Decision(statut, tuple(decide_facture(jugee, remises(jugee.facture)) for jugee in lot.factures))


def decide_facture(jugee: FactureJugee, remise: bool = False) -> tuple[FactureStatut, ...]:
    """Déposée, then at the destinataire's disposal or on its way; or rejected at deposit, or nothing yet.

    A recycled invoice goes the same way once more; a completed one is complétée, and goes nowhere else.
    """
    if jugee.verdict.outcome is Outcome.UNDECIDED:
        return ()
    if jugee.verdict.accepted:
        if jugee.reprise is not None and jugee.reprise.nature is Nature.COMPLEMENT:
            return (FactureStatut.COMPLETEE,)
        arrivee = FactureStatut.EN_COURS_ACHEMINEMENT if remise else FactureStatut.MISE_A_DISPOSITION
        return (FactureStatut.DEPOSEE, arrivee)
    return (FactureStatut.NON_CONFORME,)
