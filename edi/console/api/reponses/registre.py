"""The annuaire and the mandats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self

from pydantic import Field

from edi.annuaire.histoire import Etape
from edi.annuaire.obligations import tell_etat, tell_obligations
from edi.console.api.reponses.factures import IdentifiantDit
from edi.console.api.valeurs import Instant, Valeur
from edi.model import EtatMandat, EvenementMandat, Mandat, Service, Structure
from edi.store.repertoire import Trouve

ETATS = ", ".join(f"{one.name} ({one.value})" for one in EtatMandat)


class StructureBreve(Valeur):
    """Une structure de l'annuaire, et les obligations qu'elle déclare."""

    identifiant: IdentifiantDit
    nom: str
    code_postal: str
    ville: str
    pays: str
    active: bool
    emetteur_edi: bool
    recepteur_edi: bool
    gestion_engagement: bool = Field(description="Un numéro d'engagement est exigé.")
    gestion_service: bool = Field(description="Un code service est exigé.")
    gestion_service_engagement: bool = Field(description="L'un des deux est exigé.")
    statut_paiement: bool
    moa: bool
    moa_uniquement: bool
    privee: bool

    @classmethod
    def of(cls, one: Structure, **more: object) -> Self:
        same = cls.model_fields.keys() - {"identifiant"} - more.keys()
        values = {name: getattr(one, name) for name in same}
        return cls(identifiant=IdentifiantDit.of(one.identifiant), **values, **more)


class ServiceDit(Valeur):
    """Un service d'une structure."""

    code: str
    nom: str
    actif: bool
    engagement: bool = Field(description="Un numéro d'engagement est exigé.")
    debut: date | None = Field(description="Premier jour où il vaut.")
    fin: date | None = Field(description="Dernier jour où il vaut.")
    etat: str = Field(description="S'il peut être nommé aujourd'hui, en mots.")

    @classmethod
    def of(cls, one: Service, today: date, **more: object) -> Self:
        return cls(
            code=one.code,
            nom=one.nom,
            actif=one.actif,
            engagement=one.engagement,
            debut=one.debut,
            fin=one.fin,
            etat=tell_etat(one, today),
            **more,
        )


class ServiceTrouve(ServiceDit):
    """Un service, et la structure dont il est."""

    siret: str
    structure: str | None = Field(description="Nom ; null : l'annuaire n'a pas cette structure.")

    @classmethod
    def found(cls, one: Trouve, today: date) -> Self:
        nom = one.structure.nom if one.structure else None
        return cls.of(one.service, today, siret=one.service.siret, structure=nom)


class StructureEntiere(StructureBreve):
    """Une structure et ses services."""

    obligations: list[str] = Field(description="Ce qu'elle exige d'une facture, une phrase chacune.")
    services: list[ServiceDit]
    annuaire_du: Instant | None = Field(description="Du dernier import officiel ; null : aucun.")

    @classmethod
    def whole(cls, one: Structure, services: Iterable[Service], du: datetime | None, today: date) -> Self:
        return cls.of(
            one,
            obligations=[*tell_obligations(one)],
            services=[ServiceDit.of(each, today) for each in services],
            annuaire_du=du,
        )


class ChangementAnnuaire(Valeur):
    """Ce qui a changé, en mots."""

    service: str = Field(description="Code ; vide : la structure elle-même.")
    dit: str


class EtapeAnnuaire(Valeur):
    """Un import ou une correction qui a changé une structure, ou l'un de ses services."""

    le: Instant | None = Field(description="null : avant que l'histoire soit gardée.")
    nature: str = Field(
        description="structures, services (imports officiels), correction ; vide : on ne sait."
    )
    fichier: str
    par: str = Field(description="Vide pour qui ne voit pas toute la plateforme ; de même la raison.")
    raison: str
    changements: list[ChangementAnnuaire]

    @classmethod
    def of(cls, one: Etape, named: bool) -> Self:
        said = one.par
        return cls(
            le=said.le if said else None,
            nature=said.nature if said else "",
            fichier=said.fichier if said else "",
            par=said.par if said and named else "",
            raison=said.raison if said and named else "",
            changements=[ChangementAnnuaire(service=each.service, dit=each.dit) for each in one.changes],
        )


class Guerison(Valeur):
    """Ce que le registre d'aujourd'hui laisserait passer."""

    factures: int = Field(description="Rejetées, qu'un rejeu accepterait au moins.")


class MandatBref(Valeur):
    """Un mandat de facturation."""

    id: int
    mandant: IdentifiantDit = Field(description="Le fournisseur.")
    nom: str = Field(description="Du fournisseur dans l'annuaire ; vide : il n'y est pas.")
    mandataire: str = Field(description="Code appli du déposant.")
    etat: str | None = Field(description=f"Aujourd'hui ; null : pas encore souscrit. {ETATS}")
    cree_le: date
    soumis_le: date | None = Field(description="Envoyé à la signature.")
    signe_le: date | None
    revoque_le: date | None
    signataire: str

    @classmethod
    def of(cls, one: Mandat, today: date, nom: str, **more: object) -> Self:
        etat = one.etat_le(today)
        return cls(
            id=one.id,
            mandant=IdentifiantDit.of(one.mandant),
            nom=nom,
            mandataire=one.mandataire,
            etat=etat and etat.name,
            cree_le=one.cree_le,
            soumis_le=one.soumis_le,
            signe_le=one.signe_le,
            revoque_le=one.revoque_le,
            signataire=one.signataire,
            **more,
        )


class EvenementDit(Valeur):
    """Une ligne de l'historique d'un mandat."""

    acte: str = Field(description="SOUSCRIT, SOUMIS, SIGNE, REVOQUE.")
    jour: date = Field(description="Le jour à partir duquel il compte.")
    saisi_le: Instant
    par: str = Field(description="Vide pour qui ne voit pas toute la plateforme ; de même la raison.")
    raison: str
    signataire: str


class MandatEntier(MandatBref):
    """Un mandat et son historique."""

    historique: list[EvenementDit]

    @classmethod
    def whole(
        cls, one: Mandat, today: date, nom: str, history: Iterable[EvenementMandat], named: bool
    ) -> Self:
        told = [
            EvenementDit(
                acte=each.acte.name,
                jour=each.jour,
                saisi_le=each.saisie.le,
                par=each.saisie.par if named else "",
                raison=each.raison if named else "",
                signataire=each.signataire,
            )
            for each in history
        ]
        return cls.of(one, today, nom, historique=told)
