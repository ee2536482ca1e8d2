"""Deposits made by hand."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from edi.console.api.reponses.constats import Constat
from edi.console.api.valeurs import Instant, Valeur
from edi.console.pages.deposer import ESSAI, group_findings, outcome_of
from edi.model import DepotManuel, EssaiManuel

_CONSTATS = 500  # findings of a trial that are told


class DepotDit(Valeur):
    """Un dépôt fait à la main, et le flux qu'il est devenu."""

    id: int
    deposant: str = Field(description="Code appli.")
    nom: str = Field(description="Nom du flux, donné par Navette.")
    genre: str = Field(description="STRUCTURE, MIXTE, FACTURX, LOT, PDF.")
    interface: str
    origine: str = Field(description="Nom du fichier chez qui le dépose.")
    sha256: str
    taille: int = Field(description="Octets.")
    signe: bool = Field(description="PDF signé.")
    raison: str
    par: str
    le: Instant
    pose_le: Instant | None = Field(description="Posé dans « in » ; null : pas encore.")
    flux_id: int | None
    statut: str | None = Field(description="Du flux ; null : pas encore pris.")

    @classmethod
    def of(cls, one: DepotManuel) -> Self:
        same = cls.model_fields.keys() - {"deposant", "genre", "statut"}
        values = {name: getattr(one, name) for name in same}
        statut = one.statut.name if one.statut else None
        return cls(deposant=one.appli, genre=one.genre.name, statut=statut, **values)


class ConstatDEssai(Constat):
    """Un constat d'un essai à blanc ; « facture_id » y est toujours null : rien n'est enregistré."""

    ou: str = Field(description="« Le dépôt entier », « Fichier … », « Facture … ».")


class EssaiDit(Valeur):
    """Ce qui serait dit d'un dépôt, qui n'a pas été fait."""

    genre: str = Field(description="STRUCTURE, MIXTE, FACTURX, LOT, PDF.")
    interface: str
    origine: str = Field(description="Nom du fichier chez qui le dépose.")
    signe: bool = Field(description="PDF signé.")
    issue: Literal["INTEGRE", "INTEGRE_PARTIEL", "REJETE", "IRRECEVABLE", "EN_ATTENTE"] = Field(
        description="Le statut que prendrait le flux."
    )
    phrase: str
    incident: str = Field(description="Pourquoi il n'a pas pu être jugé ; vide : il l'a été.")
    acceptees: int
    rejetees: int
    en_attente: int
    constats: list[ConstatDEssai] = Field(description="Les cinq cents premiers, ce qui bloque d'abord.")
    autres: int = Field(description="Constats qui ne sont pas dits.")

    @classmethod
    def of(cls, one: EssaiManuel) -> Self:
        statut, _, phrase = ESSAI[outcome_of(one)]
        found = [
            ConstatDEssai.of(finding, group.fichier, None, ou=group.ou)
            for group in group_findings(one.lot)
            for finding in group.constats
        ]
        return cls(
            genre=one.genre.name,
            interface=one.interface,
            origine=one.origine,
            signe=one.signe,
            issue=statut.name,
            phrase=f"{phrase}.",
            incident=one.incident,
            acceptees=one.lot.acceptees,
            rejetees=one.lot.rejetees,
            en_attente=one.lot.en_attente,
            constats=found[:_CONSTATS],
            autres=len(found[_CONSTATS:]),
        )
