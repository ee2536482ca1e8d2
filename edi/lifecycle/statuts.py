"""Which statut may follow which: one table for the life of a flux, one for the life of an invoice.

Sources: facts §4.1 (flux) and §4.3 (factures); what a destinataire may do next to an invoice is listed here
although only the statuts of the deposit are produced so far.
"""

from __future__ import annotations

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
    F.DEPOSEE: frozenset({F.MISE_A_DISPOSITION}),
}
REJEU = "REJEU"  # the motif in the history

# Once an invoice lies with its destinataire, treatment statuts come in the order the destinataire chooses.
_TREATMENT = frozenset(
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

FACTURE_TRANSITIONS: dict[F | None, frozenset[F]] = {
    None: frozenset({F.DEPOSEE, F.NON_CONFORME}),
    F.DEPOSEE: frozenset({F.EN_COURS_ACHEMINEMENT, F.MISE_A_DISPOSITION}),
    F.EN_COURS_ACHEMINEMENT: frozenset({F.MISE_A_DISPOSITION}),
    F.MISE_A_DISPOSITION: _TREATMENT,
    F.SERVICE_FAIT: _TREATMENT - {F.SERVICE_FAIT},
    F.MANDATEE: _TREATMENT - {F.MANDATEE},
    F.MISE_A_DISPOSITION_COMPTABLE: _TREATMENT - {F.MISE_A_DISPOSITION_COMPTABLE},
    F.COMPTABILISEE: _TREATMENT - {F.COMPTABILISEE},
    F.COMPLETEE: _TREATMENT,
    F.SUSPENDUE: frozenset({F.COMPLETEE}),
    F.A_RECYCLER: frozenset({F.DEPOSEE}),
    F.REJETEE: frozenset(),
    F.MISE_EN_PAIEMENT: frozenset(),
    F.NON_CONFORME: frozenset(),
}
