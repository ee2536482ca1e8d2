"""The platform as a whole: what waits, what was received, a month of days; alerts, nights, quarantine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Self

from pydantic import Field

from edi.console.api.reponses.flux import FluxBref
from edi.console.api.valeurs import Instant, Montant, Valeur
from edi.model import Alerte, EtapeFaite, Passage
from edi.store import quarantaines
from edi.store.accueil import Journee


class Attendent(Valeur):
    """Ce qui attend à une étape."""

    etape: str = Field(description="RECEPTION, RECU, EN_COURS, EN_ATTENTE, EMISSION, LIVRAISON.")
    nombre: int
    depuis: Instant | None = Field(description="Du plus ancien.")


class Recus(Valeur):
    """Les flux reçus aujourd'hui qui ont ce statut."""

    statut: str
    nombre: int


class Bloquees(Valeur):
    """Des factures qui n'avancent pas, d'une devise, reçues depuis trente jours."""

    nature: str
    acteur: str = Field(description="Qui doit agir.")
    devise: str
    factures: int
    montant: Montant


class Conservation(Valeur):
    """Reçu - décidé - en cours : 0, ou quelque chose est perdu."""

    flux_perdus: int
    factures_perdues: int


class JourneeDite(Valeur):
    """Ce qui a été décidé des lots d'un jour."""

    jour: date
    recues: int
    acceptees: int
    rejetees: int
    rejugees: int = Field(description="Des acceptées : celles qui avaient d'abord été rejetées.")
    premier_passage: float | None = Field(description="Part acceptée d'emblée, de 0 à 1.")

    @classmethod
    def of(cls, one: Journee) -> Self:
        return cls(
            jour=one.jour,
            recues=one.recues,
            acceptees=one.acceptees,
            rejetees=one.rejetees,
            rejugees=one.rejugees,
            premier_passage=one.premier_passage,
        )


class Plateforme(Valeur):
    """Où en est la plateforme, ou ce que le jeton en voit."""

    vu_le: Instant
    etapes: list[Attendent]
    recus: list[Recus]
    bloquees: list[Bloquees]
    conservation: Conservation | None = Field(description="null : pour qui ne voit pas tout.")
    alertes: int | None = Field(description="Alertes ouvertes ; null : pour qui ne voit pas tout.")
    journees: list[JourneeDite] = Field(description="Trente jours, aujourd'hui compris.")


class AlerteDite(Valeur):
    """Une alerte."""

    id: int
    regle: str
    gravite: str = Field(description="CRITIQUE ou ATTENTION.")
    acteur: str = Field(description="Qui doit agir.")
    phrase: str
    remede: str
    depuis: Instant
    ouverte_le: Instant | None = Field(description="Dite pour la première fois ; null : pas encore.")
    acquittee_par: str
    acquittee_jusqu: Instant | None
    acquittee_raison: str
    absente_depuis: Instant | None = Field(description="Ne se voit plus depuis : à confirmer.")
    resolue_le: Instant | None

    @classmethod
    def of(cls, one: Alerte) -> Self:
        return cls(
            id=one.id,
            regle=one.regle,
            gravite=one.gravite.name,
            acteur=one.qui.value,
            phrase=one.phrase,
            remede=one.remede,
            depuis=one.depuis,
            ouverte_le=one.ouverte_le,
            acquittee_par=one.acquittee_par,
            acquittee_jusqu=one.acquittee_jusqu,
            acquittee_raison=one.acquittee_raison,
            absente_depuis=one.absente_depuis,
            resolue_le=one.resolue_le,
        )


class EtapePassee(Valeur):
    """Une étape d'un passage."""

    etape: str
    issue: str
    debut: Instant
    fin: Instant | None
    comptes: dict[str, int]
    incidents: list[str]

    @classmethod
    def of(cls, one: EtapeFaite) -> Self:
        return cls(
            etape=one.etape.name,
            issue=one.issue.name,
            debut=one.debut,
            fin=one.fin,
            comptes=dict(one.comptes),
            incidents=[*one.incidents],
        )


class PassageDit(Valeur):
    """Une échéance d'une tâche de nuit, ou un passage à la main, et ce qu'il en est."""

    id: int
    tache: str
    jour: date
    echeance: Instant
    genre: str = Field(description="PREVU, RATTRAPAGE, MANUEL.")
    issue: str = Field(description="EN_COURS, REUSSI, AVEC_DEFAUTS, ECHOUE, RATTRAPE, SUSPENDU.")
    debut: Instant | None
    fin: Instant | None
    rapport: str
    etapes: list[EtapePassee]

    @classmethod
    def of(cls, one: Passage, **more: object) -> Self:
        return cls(
            id=one.id,
            tache=one.tache,
            jour=one.jour,
            echeance=one.echeance,
            genre=one.genre.name,
            issue=one.issue.name,
            debut=one.debut,
            fin=one.fin,
            rapport=one.rapport,
            etapes=[EtapePassee.of(each) for each in one.etapes],
            **more,
        )


class PassageEntier(PassageDit):
    """Un passage, et son rapport ; en fichier : /passages/{id}/rapport.html, /passages/{id}/rapport.txt."""

    texte: str | None = Field(description="Le texte de son rapport ; null : aucun n'est gardé.")
    processus: str
    reprises: int = Field(description="Fois où il a été repris après une interruption.")
    doubles: int = Field(description="Autres départs, renvoyés.")
    chevauche: Instant | None = Field(description="L'échéance suivante, venue avant sa fin.")
    rattrape_par: int | None = Field(description="Le passage qui l'a rattrapé.")
    rattrape: list[date] = Field(description="Les jours des échéances manquées qu'il rattrape.")

    @classmethod
    def whole(cls, one: Passage, texte: str | None, rattrapes: Iterable[Passage]) -> Self:
        return cls.of(
            one,
            texte=texte,
            processus=one.processus,
            reprises=one.reprises,
            doubles=one.doubles,
            chevauche=one.chevauche,
            rattrape_par=one.rattrape_par,
            rattrape=[each.jour for each in rattrapes],
        )


class Quarantaine(Valeur):
    """Un dépôt jamais complet, mis en quarantaine."""

    flux: FluxBref
    attendait: str = Field(description="Ce qui manquait.")
    echeance: Instant | None = Field(description="Jusqu'à quand il a été attendu.")
    issue: str = Field(description="reprise, abandon ; vide : à traiter.")
    raison: str
    par: str
    le: Instant | None
    nouveau: int | None = Field(description="Le flux sous lequel il a été repris.")

    @classmethod
    def of(cls, one: quarantaines.Quarantaine, named: bool) -> Self:
        return cls(
            flux=FluxBref.of(one.flux),
            attendait=one.attend.libelle,
            echeance=one.echeance,
            issue=one.issue,
            raison=one.raison if named else "",
            par=one.par if named else "",
            le=one.le,
            nouveau=one.nouveau,
        )
