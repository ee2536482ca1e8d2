"""The annuaire and the mandats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Self

from pydantic import Field

from edi.console.api.reponses.factures import IdentifiantDit
from edi.console.api.valeurs import Instant, Valeur
from edi.model import EtatMandat, EvenementMandat, Mandat, Service, Structure

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


class StructureEntiere(StructureBreve):
    """Une structure et ses services."""

    services: list[ServiceDit]

    @classmethod
    def whole(cls, one: Structure, services: Iterable[Service]) -> Self:
        names = ServiceDit.model_fields
        told = [ServiceDit(**{name: getattr(each, name) for name in names}) for each in services]
        return cls.of(one, services=told)


class MandatBref(Valeur):
    """Un mandat de facturation."""

    id: int
    mandant: IdentifiantDit = Field(description="Le fournisseur.")
    mandataire: str = Field(description="Code appli du déposant.")
    etat: str | None = Field(description=f"Aujourd'hui ; null : pas encore souscrit. {ETATS}")
    cree_le: date
    soumis_le: date | None = Field(description="Envoyé à la signature.")
    signe_le: date | None
    revoque_le: date | None
    signataire: str

    @classmethod
    def of(cls, one: Mandat, today: date, **more: object) -> Self:
        etat = one.etat_le(today)
        return cls(
            id=one.id,
            mandant=IdentifiantDit.of(one.mandant),
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
    par: str
    signataire: str


class MandatEntier(MandatBref):
    """Un mandat et son historique."""

    historique: list[EvenementDit]

    @classmethod
    def whole(cls, one: Mandat, today: date, history: Iterable[EvenementMandat]) -> Self:
        told = [
            EvenementDit(
                acte=each.acte.name,
                jour=each.jour,
                saisi_le=each.saisie.le,
                par=each.saisie.par,
                signataire=each.signataire,
            )
            for each in history
        ]
        return cls.of(one, today, historique=told)
