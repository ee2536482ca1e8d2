"""The lives of a flux and of an invoice, as statuts with their codes and labels."""

from __future__ import annotations

from enum import Enum

REJEU = "REJEU"  # in the history, the motif of what judging again accepted


class FluxStatut(Enum):
    """Life of a flux: API code, IdStatut of ``CPPFluxStatuts`` ('' when none is sent), label."""

    RECU = ("IN_RECU", "", "Reçu")
    EN_COURS = ("IN_EN_COURS_TRAITEMENT_CPP", "", "En cours de traitement")
    EN_ATTENTE = ("IN_EN_ATTENTE_RETRAITEMENT_CPP", "", "En attente de retraitement")
    INTEGRE = ("IN_INTEGRE", "90", "Intégré")
    INTEGRE_PARTIEL = ("IN_INTEGRE_PARTIEL", "96", "Intégré partiellement")
    REJETE = ("IN_REJETE", "93", "Rejeté")
    IRRECEVABLE = ("QP_IRRECEVABLE", "93", "Irrecevable")
    RAPPEL = ("RAPPEL", "", "Rappel d'un flux déjà répondu")

    @property
    def api(self) -> str:
        return self.value[0]

    @property
    def id_statut(self) -> str:
        return self.value[1]

    @property
    def libelle(self) -> str:
        return self.value[2]

    @property
    def en_cours(self) -> bool:
        """True for a statut that another one must follow."""
        return self in (FluxStatut.RECU, FluxStatut.EN_COURS, FluxStatut.EN_ATTENTE)


class FactureStatut(Enum):
    """Life of an invoice: IdStatut of ``CPPFactureStatuts`` (facts §4.3), label."""

    DEPOSEE = ("01", "Déposée")
    EN_COURS_ACHEMINEMENT = ("02", "En cours d'acheminement vers le destinataire", "En cours d'acheminement")
    MISE_A_DISPOSITION = ("03", "Mise à disposition du destinataire")
    A_RECYCLER = ("04", "Rejetée par l'ordonnateur pour erreur de données d'acheminement", "À recycler")
    REJETEE = ("05", "Rejetée par l'ordonnateur pour autre motif", "Rejetée")
    SUSPENDUE = ("06", "Suspendue")
    SERVICE_FAIT = ("07", "Service fait")
    MANDATEE = ("08", "Mandatée")
    MISE_A_DISPOSITION_COMPTABLE = ("09", "Mise à disposition du comptable")
    COMPTABILISEE = ("10", "Comptabilisée")
    MISE_EN_PAIEMENT = ("11", "Mise en paiement")
    COMPLETEE = ("12", "Complétée")
    NON_CONFORME = ("37", "Non conforme : rejetée au dépôt")

    @property
    def id_statut(self) -> str:
        return str(self.value[0])

    @property
    def libelle(self) -> str:
        return str(self.value[1])

    @property
    def court(self) -> str:
        """The label in 40 characters, as ``ComplementStatut`` holds it."""
        return str(self.value[-1])
