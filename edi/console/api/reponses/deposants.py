"""Déposants: what is agreed with each, what it sends, what is expected of it, its channels."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field

from edi.console.api.reponses.flux import FluxBref
from edi.console.api.reponses.plateforme import Attendent, JourneeDite
from edi.console.api.valeurs import Instant, Valeur
from edi.console.pages.deposants import Ligne
from edi.model.plateforme import AttenduVu, CanalVu
from edi.store.deposants import Passees
from edi.store.mesures import Queue


class CanalDit(Valeur):
    """Le canal d'un serveur."""

    nom: str
    adresse: str
    sens: dict[str, str] = Field(description="Par code appli : ce qui s'y fait.")
    allure: str = Field(description="bon, route, attente, mauvais, neutre.")
    etat: str = Field(description="Où il en est, en une phrase.")
    reussi_le: Instant | None
    prochain_essai: Instant | None
    incident: str
    a_deposer: int
    a_ranger: int

    @classmethod
    def of(cls, one: CanalVu) -> Self:
        same = cls.model_fields.keys() - {"sens", "allure", "etat"}
        values = {name: getattr(one, name) for name in same}
        return cls(sens=dict(one.sens), allure=one.allure.value, etat=one.dit, **values)


class Mois(Valeur):
    """Ce qui a été décidé de ses factures en trente jours."""

    recues: int
    acceptees: int
    rejetees: int
    premier_passage: float | None = Field(description="Part acceptée d'emblée, de 0 à 1.")

    @classmethod
    def of(cls, one: Passees) -> Self:
        return cls(
            recues=one.recues,
            acceptees=one.acceptees,
            rejetees=one.rejetees,
            premier_passage=one.premier_passage,
        )


class DeposantDit(Valeur):
    """Un déposant."""

    code: str = Field(description="Code appli.")
    nom: str
    actif: bool
    raccordement: str
    contrat: str = Field(description="Quand un fichier de lui est complet.")
    dernier: FluxBref | None
    repondu_le: Instant | None = Field(description="Dernière réponse émise.")
    attendent: list[Attendent]
    mois: Mois | None
    canaux: list[CanalDit]

    @classmethod
    def of(cls, one: Ligne, **more: object) -> Self:
        return cls(
            code=one.vu.code,
            nom=one.vu.nom,
            actif=one.vu.actif,
            raccordement=one.vu.raccordement,
            contrat=one.vu.contrat,
            dernier=FluxBref.of(one.dernier) if one.dernier else None,
            repondu_le=one.repondu_le,
            attendent=[_waits(each) for each in one.attend],
            mois=Mois.of(one.passees) if one.passees else None,
            canaux=[CanalDit.of(each) for each in one.canaux],
            **more,
        )


def _waits(one: Queue) -> Attendent:
    return Attendent(etape=one.etape, nombre=one.nombre, depuis=one.depuis)


class Fenetre(Valeur):
    """Une fenêtre passée, et ce qu'elle a apporté."""

    jour: date
    recu: str
    constat: str = Field(description="Vide : comme attendu.")


class AttenduDit(Valeur):
    """Ce qui est attendu d'un déposant, et si cela vient."""

    regle: str
    allure: str = Field(description="bon, route, attente, mauvais, neutre.")
    etat: str
    derniere: str
    prochaine: Instant | None
    fenetres: list[Fenetre]

    @classmethod
    def of(cls, one: AttenduVu, **more: object) -> Self:
        windows = [Fenetre(jour=w.jour, recu=w.recu, constat=w.constat) for w in one.fenetres]
        return cls(
            regle=one.regle,
            allure=one.allure.value,
            etat=one.dit,
            derniere=one.derniere,
            prochaine=one.prochaine,
            fenetres=windows,
            **more,
        )


class AttenduDuDeposant(AttenduDit):
    """Ce qui est attendu d'un déposant."""

    deposant: str = Field(description="Code appli.")


class DeposantEntier(DeposantDit):
    """Un déposant, ce qui est convenu avec lui, et un mois."""

    reglages: dict[str, str]
    attendus: list[AttenduDit]
    interfaces: list[str] = Field(description="Celles par lesquelles il a déposé.")
    journees: list[JourneeDite] = Field(description="Trente jours, aujourd'hui compris.")
