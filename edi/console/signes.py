"""Which tone a statut is shown in. A tone is a colour and a shape; the word always stands beside it."""

from __future__ import annotations

from edi.model import EtatMandat, FactureStatut, FluxStatut, Gravite, Issue, Severity
from edi.model.plateforme import Allure

BON, PARTIEL, MAUVAIS, ATTENTE, ROUTE, NEUTRE = "bon", "partiel", "mauvais", "attente", "route", "neutre"

_TONS = {
    FluxStatut.RECU: ROUTE,
    FluxStatut.EN_COURS: ROUTE,
    FluxStatut.EN_ATTENTE: ATTENTE,
    FluxStatut.INTEGRE: BON,
    FluxStatut.INTEGRE_PARTIEL: PARTIEL,
    FluxStatut.REJETE: MAUVAIS,
    FluxStatut.IRRECEVABLE: MAUVAIS,
    FluxStatut.RAPPEL: NEUTRE,
    FactureStatut.DEPOSEE: ROUTE,
    FactureStatut.EN_COURS_ACHEMINEMENT: ROUTE,
    FactureStatut.MISE_A_DISPOSITION: BON,
    FactureStatut.A_RECYCLER: MAUVAIS,
    FactureStatut.REJETEE: MAUVAIS,
    FactureStatut.SUSPENDUE: ATTENTE,
    FactureStatut.SERVICE_FAIT: BON,
    FactureStatut.MANDATEE: BON,
    FactureStatut.MISE_A_DISPOSITION_COMPTABLE: BON,
    FactureStatut.COMPTABILISEE: BON,
    FactureStatut.MISE_EN_PAIEMENT: BON,
    FactureStatut.COMPLETEE: ROUTE,
    FactureStatut.NON_CONFORME: MAUVAIS,
    Severity.WARNING: NEUTRE,
    Severity.HOLD: ATTENTE,
    Severity.ERROR: MAUVAIS,
    Severity.FATAL: MAUVAIS,
    Gravite.CRITIQUE: MAUVAIS,
    Gravite.ATTENTION: ATTENTE,
    Issue.EN_COURS: ROUTE,
    Issue.REUSSI: BON,
    Issue.AVEC_DEFAUTS: PARTIEL,
    Issue.ECHOUE: MAUVAIS,
    Issue.RATTRAPE: NEUTRE,
    Issue.SUSPENDU: ATTENTE,
}


# Of statuts whose label does not fit a column.
_BREFS = {
    FluxStatut.EN_COURS: "En jugement",
    FluxStatut.EN_ATTENTE: "En attente",
    FluxStatut.INTEGRE_PARTIEL: "Intégré en partie",
    FluxStatut.RAPPEL: "Rappel",
    FactureStatut.EN_COURS_ACHEMINEMENT: "En acheminement",
    FactureStatut.MISE_A_DISPOSITION: "Mise à disposition",
    FactureStatut.MISE_A_DISPOSITION_COMPTABLE: "Chez le comptable",
    FactureStatut.NON_CONFORME: "Rejetée au dépôt",
    FactureStatut.REJETEE: "Rejetée par l'ordonnateur",
}
_GRAVITES = {
    Severity.WARNING: "Avertissement",
    Severity.HOLD: "En attente",
    Severity.ERROR: "Rejette la facture",
    Severity.FATAL: "Rejette le fichier",
}


def brief(statut: FluxStatut | FactureStatut) -> str:
    """The words of a statut that fit a column; its label stands on its own page."""
    if statut in _BREFS:
        return _BREFS[statut]
    return statut.court if isinstance(statut, FactureStatut) else statut.libelle


_MANDATS = {
    EtatMandat.SOUSCRIT: NEUTRE,
    EtatMandat.EN_COURS_DE_VALIDATION: ROUTE,
    EtatMandat.ACTIF: BON,
    EtatMandat.REVOQUE: MAUVAIS,
}


def ton_mandat(etat: EtatMandat | None) -> str:
    """The tone of a mandat; None: its day has not come."""
    return ATTENTE if etat is None else _MANDATS[etat]


def gravite(severity: Severity) -> str:
    """What a finding does, in words."""
    return _GRAVITES[severity]


def ton(value: FluxStatut | FactureStatut | Severity | Gravite | Issue | Allure | None) -> str:
    """The tone of a statut, a severity, a gravity...; of an invoice that has no statut yet: it waits."""
    if isinstance(value, Allure):
        return value.value
    return ATTENTE if value is None else _TONS[value]
