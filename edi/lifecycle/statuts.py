"""Which statut may follow which: one table for the life of a flux, one for the life of an invoice.

Sources: facts §4.1 (flux) and §4.3 (factures); what a destinataire may do to an invoice stands
in one set, for its order is the destinataire's own.
"""

from __future__ import annotations

from datetime import datetime

from edi.model import FactureStatut as F
from edi.model import FluxStatut as X

FLUX_TRANSITIONS: dict[X | None, frozenset[X]] = {
    None: frozenset({X.RECU}),
    X.RECU: frozenset({X.EN_COURS, X.EN_ATTENTE}),
    X.EN_COURS: frozenset({X.INTEGRE, X.INTEGRE_PARTIEL, X.REJETE, X.IRRECEVABLE, X.RAPPEL, X.EN_ATTENTE}),
    X.EN_ATTENTE: frozenset({X.EN_COURS}),
    X.INTEGRE: frozenset(),
    X.INTEGRE_PARTIEL: frozenset(),
    X.REJETE: frozenset(),
    X.IRRECEVABLE: frozenset(),
    X.RAPPEL: frozenset(),
}

FLUX_TERMINAL = frozenset(statut for statut in X if not FLUX_TRANSITIONS[statut])
FLUX_ACCEPTED = frozenset({X.INTEGRE, X.INTEGRE_PARTIEL})

# What judging again may change of what was rejected at deposit, and of its flux; nothing else may.
FLUX_REPLAY: dict[X | None, frozenset[X]] = {
    X.REJETE: frozenset({X.INTEGRE_PARTIEL, X.INTEGRE}),
    X.INTEGRE_PARTIEL: frozenset({X.INTEGRE}),
}
FACTURE_REPLAY: dict[F | None, frozenset[F]] = {
    F.NON_CONFORME: frozenset({F.DEPOSEE}),
    F.DEPOSEE: frozenset({F.EN_COURS_ACHEMINEMENT, F.MISE_A_DISPOSITION}),
}

# What a destinataire decides comes in any order, and late: it is logged whatever came before, as long as the
# invoice was handed over to it. Which of them is the statut of the invoice, ``project`` says.
TREATMENT = frozenset(
    {
        F.A_RECYCLER,
        F.REJETEE,
        F.SUSPENDUE,
        F.SERVICE_FAIT,
        F.MANDATEE,
        F.MISE_A_DISPOSITION_COMPTABLE,
        F.COMPTABILISEE,
        F.MISE_EN_PAIEMENT,
    }
)
_BEFORE_TREATMENT = frozenset({F.DEPOSEE, F.EN_COURS_ACHEMINEMENT, F.MISE_A_DISPOSITION})
FINAL = frozenset({F.REJETEE, F.MISE_EN_PAIEMENT})

FACTURE_TRANSITIONS: dict[F | None, frozenset[F]] = {
    None: frozenset({F.DEPOSEE, F.NON_CONFORME}),
    F.DEPOSEE: frozenset({F.EN_COURS_ACHEMINEMENT, F.MISE_A_DISPOSITION}),
    F.EN_COURS_ACHEMINEMENT: TREATMENT | {F.MISE_A_DISPOSITION},
    F.MISE_A_DISPOSITION: TREATMENT,
    **dict.fromkeys((*sorted(TREATMENT, key=lambda s: s.id_statut), F.COMPLETEE), TREATMENT),
    F.SUSPENDUE: TREATMENT | {F.COMPLETEE},
    F.A_RECYCLER: TREATMENT | {F.DEPOSEE},
    F.NON_CONFORME: frozenset(),
}


def project(before: F, since: datetime, after: F, at: datetime) -> F:
    """Which of two statuts an invoice shows: a final one over others, else the one taken later.

    ``since`` and ``at``: when each was taken, by whoever took it.
    """
    if before in _BEFORE_TREATMENT:
        return after
    return after if (after in FINAL, at) >= (before in FINAL, since) else before
