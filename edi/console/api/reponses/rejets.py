"""What is rejected, grouped by cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from pydantic import Field

from edi.console.api.reponses.constats import SuiteDite
from edi.console.api.reponses.factures import FactureBreve
from edi.console.api.valeurs import Instant, Montant, Valeur
from edi.console.pages.rejets import Ligne, Regle, tell_trend
from edi.store.causes import Groupe, Rejetee


class MontantDit(Valeur):
    """Un montant d'une devise."""

    devise: str
    montant: Montant


def amounts(sums: Iterable[tuple[str, Decimal]]) -> list[MontantDit]:
    """Amounts by currency."""
    return [MontantDit(devise=devise, montant=amount) for devise, amount in sums]


class GroupeDit(Valeur):
    """Des factures rejetées qui ont quelque chose en commun."""

    factures: int
    montants: list[MontantDit] = Field(description="TTC.")
    premier_le: Instant = Field(description="Reçue, dans la fenêtre regardée.")
    dernier_le: Instant
    aujourdhui: int
    avant: int = Field(description="Sur les sept jours avant aujourd'hui.")
    tendance: str = Field(description="« en hausse », « apparu aujourd'hui », ou vide.")

    @classmethod
    def of(cls, one: Groupe, minuit: datetime, **more: object) -> Self:
        return cls(
            factures=one.factures,
            montants=amounts(one.montants),
            premier_le=one.premier_le,
            dernier_le=one.dernier_le,
            aujourdhui=one.aujourdhui,
            avant=one.avant,
            tendance=tell_trend(one, minuit),
            **more,
        )


class GroupeNomme(GroupeDit):
    """Les rejets d'une cause qui ont même signature et même fournisseur."""

    signature: str = Field(description="Ce qui les distingue au sein de leur code.")
    fournisseur: str
    nom: str = Field(description="Du fournisseur.")


class Tete(Valeur):
    """Un des plus grands groupes d'une cause."""

    signature: str
    fournisseur: str
    nom: str = Field(description="Du fournisseur.")
    factures: int


class RegleExpliquee(Valeur):
    """Une règle qui rejette, expliquée."""

    code: str
    famille: str
    message: str
    a_faire: str
    source: str
    suite: SuiteDite

    @classmethod
    def told(cls, one: Regle, **more: object) -> Self:
        said = one.explication
        return cls(
            code=one.code,
            famille=said.famille,
            message=said.phrase,
            a_faire=said.remede,
            source=said.source,
            suite=SuiteDite.of(one.suite),
            **more,
        )


class CauseRejet(RegleExpliquee):
    """Une cause de rejet."""

    ensemble: GroupeDit
    tetes: list[Tete] = Field(description="Ses trois plus grands groupes.")
    autres: int = Field(description="Groupes qui ne sont pas dits.")

    @classmethod
    def of(cls, one: Ligne, noms: Mapping[str, str], minuit: datetime) -> Self:
        tetes = [Tete(nom=noms.get(each.fournisseur, ""), **each._asdict()) for each in one.tetes]
        ensemble = GroupeDit.of(one.groupe, minuit)
        return cls.told(one.regle, ensemble=ensemble, tetes=tetes, autres=one.autres)


class Rejets(Valeur):
    """Tout ce qui est rejeté et n'est pas revenu corrigé, par cause."""

    depuis: date = Field(description="Premier jour de réception regardé.")
    factures: int
    montants: list[MontantDit]
    causes: list[CauseRejet] = Field(description="La plus nombreuse d'abord.")


class FactureRejetee(FactureBreve):
    """Une facture rejetée, et pourquoi."""

    deposant: str = Field(description="Code appli.")
    flux: str = Field(description="Référence du flux.")
    recu_le: Instant
    code: str
    signature: str

    @classmethod
    def rejected(cls, one: Rejetee) -> Self:
        return cls.of(
            one.facture, deposant=one.appli, flux=one.flux, recu_le=one.recu_le, **one.cause._asdict()
        )


class CauseEntiere(RegleExpliquee):
    """Une cause de rejet ; ses factures : /rejets/{code}/factures."""

    ensemble: GroupeDit | None = Field(description="null : rien n'est rejeté pour cela dans la fenêtre.")
    groupes: list[GroupeNomme] = Field(description="Les trente plus grands.")
    autres: int = Field(description="Groupes qui ne sont pas dits.")
    premiere: FactureRejetee | None = Field(description="La première jamais rejetée ainsi.")
    derniere_acceptee: FactureBreve | None = Field(
        description="La dernière du même fournisseur acceptée avant elle."
    )
