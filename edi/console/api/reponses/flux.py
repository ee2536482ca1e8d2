"""A flux, its life, its answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import Field

from edi.console.api.reponses.constats import Jeu, SuiteDite
from edi.console.api.reponses.depots import DepotDit
from edi.console.api.valeurs import Instant, Valeur
from edi.model import DepotManuel, Emission, Flux, FluxStatut, Livraison, PackApplique
from edi.model.retenues import Retenue
from edi.outbound.statut import totals
from edi.outbound.suites import suite_flux
from edi.store.etats import Etat
from edi.store.flux import Etape
from edi.store.recherches import Cause

STATUTS = ", ".join(f"{one.name} ({one.libelle})" for one in FluxStatut)


class CauseDite(Valeur):
    """Le constat bloquant le plus fréquent d'un flux."""

    code: str
    message: str
    fois: int
    autres: int = Field(description="Autres codes bloquants.")


class FluxBref(Valeur):
    """Un flux dans une liste."""

    id: int = Field(description="Numéro donné par Navette.")
    reference: str = Field(description="Identifiant du flux, ou nom du fichier s'il n'en porte pas.")
    deposant: str = Field(description="Code appli.")
    nom: str = Field(description="Nom du fichier déposé.")
    interface: str
    nature: str = Field(description="« factures », ou « statuts » pour ce qu'un destinataire envoie.")
    sha256: str
    taille: int = Field(description="Octets.")
    recu_le: Instant
    statut: str = Field(description=STATUTS)
    libelle: str
    definitif: bool
    recues: int | None = Field(description="Factures du lot ; null : pas encore comptées.")
    acceptees: int
    rejetees: int
    cause: CauseDite | None

    @classmethod
    def of(cls, flux: Flux, cause: Cause | None = None, **more: object) -> Self:
        return cls(
            id=flux.id,
            reference=flux.reference,
            deposant=flux.appli,
            nom=flux.nom,
            interface=flux.interface,
            nature=flux.nature,
            sha256=flux.sha256,
            taille=flux.taille,
            recu_le=flux.recu_le,
            statut=flux.statut.name,
            libelle=flux.statut.libelle,
            definitif=not flux.statut.en_cours,
            recues=flux.recues,
            acceptees=flux.acceptees,
            rejetees=flux.rejetees,
            cause=CauseDite(**cause._asdict()) if cause else None,
            **more,
        )


class Totaux(Valeur):
    """Reçues = acceptées + rejetées + en attente."""

    recues: int | None
    acceptees: int | None
    rejetees: int | None
    en_attente: int | None


class RetenueDuFlux(Valeur):
    """Ce qui retient un flux d'être jugé."""

    id: int
    jusqu: Instant = Field(description="Elle prend fin d'elle-même.")
    par: str
    raison: str


class FluxEntier(FluxBref):
    """Un flux."""

    depuis: Instant = Field(description="Depuis quand il a ce statut.")
    suite: SuiteDite
    totaux: Totaux
    incident: str = Field(description="Pourquoi il attend ; vide : il n'attend pas.")
    prochain_essai: Instant | None
    tentatives: int
    rappel_de: int | None = Field(description="Le flux dont la réponse est répétée.")
    reste_de: int | None = Field(description="Le flux dont il est le reste.")
    restes: list[int] = Field(description="Les flux où son reste est revenu.")
    factures_reprises: list[int] = Field(description="Factures d'un flux antérieur qu'il reprend.")
    packs: list[Jeu]
    retenue: RetenueDuFlux | None = Field(
        description="null : rien ne le retient, ou pour qui ne voit pas tout."
    )
    depot: DepotDit | None = Field(description="Le dépôt à la main dont il vient ; null : d'aucun.")

    @classmethod
    def whole(
        cls,
        etat: Etat,
        cause: Cause | None,
        packs: Iterable[PackApplique],
        retenue: Retenue | None,
        depot: DepotManuel | None,
    ) -> Self:
        flux, waits = etat.flux, etat.flux.statut.en_cours
        return cls.of(
            flux,
            cause,
            depuis=etat.depuis,
            suite=SuiteDite.of(suite_flux(flux, [finding for _, _, finding in etat.findings])),
            totaux=Totaux(**totals(etat)),
            incident=flux.incident if waits else "",
            prochain_essai=flux.prochain_essai if waits else None,
            tentatives=flux.tentatives,
            rappel_de=etat.rappel_de and etat.rappel_de.id,
            reste_de=etat.reste_de and etat.reste_de.id,
            restes=[one.id for one in etat.restes],
            factures_reprises=[facture.id for _, facture, _ in etat.reprises],
            packs=[Jeu.of(pack) for pack in sorted(packs)],
            retenue=RetenueDuFlux(id=retenue.id, jusqu=retenue.jusqu, par=retenue.par, raison=retenue.raison)
            if retenue
            else None,
            depot=DepotDit.of(depot) if depot else None,
        )


class EtapeDite(Valeur):
    """Un changement de statut d'un flux."""

    avant: str | None = Field(description="null : la réception.")
    statut: str
    libelle: str
    le: Instant
    motif: str
    retour: str = Field(description="Nom du flux retour qui le dit ; vide : aucun.")

    @classmethod
    def of(cls, one: Etape) -> Self:
        return cls(
            avant=one.avant and one.avant.name,
            statut=one.apres.name,
            libelle=one.apres.libelle,
            le=one.le,
            motif=one.motif,
            retour=one.dit_par,
        )


class Retour(Valeur):
    """Un flux retour ; ses octets : /flux/{flux_id}/retours/{id}."""

    id: int
    nom: str
    interface: str
    partenaire: str = Field(description="Code appli de qui le reçoit.")
    numero: int = Field(description="Numéro sans trou, par partenaire et interface.")
    cree_le: Instant
    emis_le: Instant | None = Field(description="null : pas encore parti.")
    sha256: str
    accuse: str = Field(description="IdStatut que son destinataire lui a donné ; vide : aucun.")
    livre_le: Instant | None = Field(description="Posé sur le serveur du partenaire ; null : non.")
    serveur: str = Field(description="Celui où il est posé ; vide : il n'est pas posé.")
    redemande_le: Instant | None = Field(description="À poser de nouveau, depuis ; null : non.")
    incident: str = Field(description="Pourquoi il n'est pas livré.")

    @classmethod
    def of(cls, one: Emission, sent: Livraison | None) -> Self:
        return cls(
            id=one.id,
            nom=one.nom,
            interface=one.interface,
            partenaire=one.appli,
            numero=one.numero,
            cree_le=one.cree_le,
            emis_le=one.emis_le,
            sha256=one.sha256,
            accuse=one.accuse,
            livre_le=sent.livre_le if sent else None,
            serveur=sent.serveur if sent else "",
            redemande_le=sent.redemandee_le if sent else None,
            incident=sent.incident if sent else "",
        )


class Renvoi(Valeur):
    """Un flux retour renvoyé."""

    vers: str = Field(description="Où il part : « son dossier out », « son serveur ».")
