"""What the findings of a lot come to: statuts. Pure; nothing is found here and nothing is told."""

from __future__ import annotations

from typing import NamedTuple

from edi.model import FactureJugee, FactureStatut, FluxStatut, LotJuge, Outcome, Severity

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


def decide(lot: LotJuge) -> Decision:
    """A flux waits while any of its invoices does; the others wait only when the flux itself is held."""
    statut = _FLUX[lot.outcome]
    if any(finding.severity == Severity.HOLD for finding in lot.findings):
        return Decision(statut, tuple(() for _ in lot.factures))
    if lot.outcome is Outcome.IRRECEVABLE:
        return Decision(statut, tuple((FactureStatut.NON_CONFORME,) for _ in lot.factures))
    return Decision(statut, tuple(decide_facture(jugee) for jugee in lot.factures))


def decide_facture(jugee: FactureJugee) -> tuple[FactureStatut, ...]:
    """Déposée then put at the destinataire's disposal, or rejected at deposit, or nothing yet."""
    if jugee.verdict.outcome is Outcome.UNDECIDED:
        return ()
    if jugee.verdict.accepted:
        return (FactureStatut.DEPOSEE, FactureStatut.MISE_A_DISPOSITION)
    return (FactureStatut.NON_CONFORME,)
