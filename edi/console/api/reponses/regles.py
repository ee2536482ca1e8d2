"""Packs of rules, the catalogue of codes, rules that are doubted."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field

from edi.console.api.valeurs import Instant, Valeur
from edi.model.regles import Comparaison, Difference, JeuVu, LigneComparee, RegleVue, VersionVue
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
    def of(cls, one: VersionVue, **more: object) -> Self:
        return cls(
            version=one.version,
            etat=one.etat.name,
            depuis=one.depuis,
            jusqu_a=one.jusqu_a,
            origine=one.origine,
            sha256=[*one.sha256],
            absence=one.absence,
            **more,
        )


class FeuilleDite(Valeur):
    """Un fichier officiel d'une version."""

    nom: str
    sha256: str


class ErreurXPath(Valeur):
    """Ce que devient une facture dont une règle ne peut pas être évaluée."""

    code: str = Field(description="Code d'erreur XPath, ou « toute autre erreur ».")
    suite: str


class RegleChangee(Valeur):
    """Ce qu'une version change aux règles d'un code."""

    code: str = Field(description="Vide : ses règles ne portent pas de code.")
    nature: Literal["nouvelle", "disparue", "modifiée"]
    texte: str = Field(description="La phrase officielle.")
    titre: str = Field(description="En français ; vide : aucune fiche ne connaît ce code.")


class DifferenceDite(Valeur):
    """Une version à côté de celle en vigueur : ce qui change de ses règles."""

    avant: str = Field(description="La version en vigueur.")
    regles: int = Field(description="Que contient la version.")
    changements: list[RegleChangee]
    sans_texte: list[str] = Field(description="Codes qui n'ont pas de texte français.")

    @classmethod
    def of(cls, one: Difference) -> Self:
        return cls(
            avant=one.avant,
            regles=one.regles,
            changements=[RegleChangee(**each._asdict()) for each in one.changements],
            sans_texte=[*one.sans_texte],
        )


class FournisseurCompare(Valeur):
    """Les verdicts d'un fournisseur qu'une version changerait, en factures."""

    fournisseur: str
    nom: str
    jugees: int
    rejetees: int = Field(description="Qui étaient acceptées.")
    acceptees: int = Field(description="Qui étaient rejetées.")
    autres: int = Field(description="Indécises sous l'une des deux.")
    non_jugees: int = Field(description="Dont le document ne se relit plus.")
    apparus: dict[str, int] = Field(description="Par code d'un constat.")
    disparus: dict[str, int]

    @classmethod
    def of(cls, one: LigneComparee) -> Self:
        same = one._asdict() | {"apparus": dict(one.apparus), "disparus": dict(one.disparus)}
        return cls(**same)


class ComparaisonDite(Valeur):
    """Ce qu'une version changerait à des factures reçues, d'après « edi rules compare »."""

    contre: str = Field(description="La version en vigueur alors.")
    du: date | None = Field(description="Factures datées de ce jour et d'après.")
    au: date | None = Field(description="Factures d'avant ce jour.")
    le: Instant
    par: str
    fournisseurs: list[FournisseurCompare] = Field(description="Ceux qui changent le plus d'abord.")

    @classmethod
    def of(cls, one: Comparaison) -> Self:
        return cls(
            contre=one.contre,
            du=one.du,
            au=one.au,
            le=one.le,
            par=one.par,
            fournisseurs=[FournisseurCompare.of(each) for each in one.lignes],
        )


class VersionEntiere(VersionDite):
    """Une version d'un jeu, et ce qu'elle changerait."""

    jeu: str
    feuilles: list[FeuilleDite]
    erreurs: list[ErreurXPath]
    difference: DifferenceDite | None = Field(
        description="null : elle juge déjà, ou aucune version en vigueur ne peut lui être comparée."
    )
    comparaison: ComparaisonDite | None = Field(description="null : elle n'a pas encore été comparée.")

    @classmethod
    def whole(cls, one: VersionVue, difference: Difference | None, found: Comparaison | None) -> Self:
        return cls.of(
            one,
            jeu=one.jeu,
            feuilles=[FeuilleDite(nom=nom, sha256=sha256) for nom, sha256 in one.feuilles],
            erreurs=[ErreurXPath(code=code, suite=suite) for code, suite in one.dynamique],
            difference=DifferenceDite.of(difference) if difference else None,
            comparaison=ComparaisonDite.of(found) if found else None,
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
