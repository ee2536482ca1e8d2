"""Packs of rules, the catalogue of codes, rules that are doubted."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field

from edi.console.api.valeurs import Instant, Valeur
from edi.model.regles import JeuVu, RegleVue, VersionVue
from edi.store.disjoncteurs import Declenchement


class VersionDite(Valeur):
    """Une version d'un jeu de règles."""

    version: str
    etat: str = Field(description="CANDIDAT, A_VENIR, EN_VIGUEUR, REMPLACE.")
    depuis: date | None = Field(description="Premier jour des factures qu'elle juge.")
    jusqu_a: date | None
    origine: str
    sha256: list[str]
    absence: str = Field(description="Pourquoi elle ne peut pas servir ici ; vide : elle le peut.")

    @classmethod
    def of(cls, one: VersionVue) -> Self:
        return cls(
            version=one.version,
            etat=one.etat.name,
            depuis=one.depuis,
            jusqu_a=one.jusqu_a,
            origine=one.origine,
            sha256=[*one.sha256],
            absence=one.absence,
        )


class JeuDit(Valeur):
    """Un jeu de règles, et ses versions."""

    id: str
    libelle: str
    documents: list[str] = Field(description="Ce qu'il juge.")
    versions: list[VersionDite] = Field(description="La plus ancienne d'abord, les candidats à la fin.")

    @classmethod
    def of(cls, one: JeuVu) -> Self:
        versions = [VersionDite.of(each) for each in one.versions]
        return cls(id=one.id, libelle=one.libelle, documents=[*one.scenarios], versions=versions)


class RegleDite(Valeur):
    """Une règle du catalogue."""

    code: str
    gravite: str = Field(description="WARNING, HOLD, ERROR, FATAL.")
    motif: str
    titre: str
    attendu: str
    a_faire: str
    terme: str
    origine: str = Field(description="« Navette », ou les jeux qui la portent.")
    citation: str
    officielle: bool

    @classmethod
    def of(cls, one: RegleVue) -> Self:
        same = cls.model_fields.keys() - {"gravite", "a_faire"}
        values = {name: getattr(one, name) for name in same}
        return cls(gravite=one.severity.name, a_faire=one.fix, **values)


class RegleEnDoute(Valeur):
    """Une règle qui refuse trop pour être crue : ce qu'elle seule refuse attend."""

    id: int
    code: str
    jeu: str
    refusees: int = Field(description="Factures refusées dans la fenêtre.")
    jugees: int
    fournisseurs: int
    deposants: int
    refusees_avant: int
    jugees_avant: int
    declenche_le: Instant
    avis: str = Field(description="juste, fautive ; vide : personne n'a rien dit.")
    par: str
    leve_le: Instant | None

    @classmethod
    def of(cls, one: Declenchement) -> Self:
        return cls(
            id=one.id,
            code=one.regle.code,
            jeu=one.regle.source,
            **one.mesure._asdict(),
            declenche_le=one.declenche_le,
            avis=one.avis,
            par=one.par,
            leve_le=one.leve_le,
        )
