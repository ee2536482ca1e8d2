"""Judging again: how far it is, what it says of each invoice."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from edi.console.api.reponses.factures import FactureBreve
from edi.console.api.valeurs import Instant, Valeur
from edi.model import RejeuLance, Trouve
from edi.store.rejeux import Ligne


class RejeuDit(Valeur):
    """Un rejeu, et où il en est."""

    id: int
    cible: str = Field(description="Ce qui est rejugé.")
    par: str
    raison: str = Field(description="D'une acceptation ; vide : à blanc.")
    a_blanc: bool = Field(description="Rien ne change : ce que le registre et les règles diraient.")
    demande_le: Instant
    avance_le: Instant = Field(description="Dernier signe de vie.")
    fini_le: Instant | None
    issue: str = Field(description="EN_COURS, FAIT, INTERROMPU, ECHOUE.")
    en_cours: bool
    incident: str
    total: int
    faites: int
    acceptees: int
    rejetees: int
    non_jugees: int

    @classmethod
    def of(cls, one: RejeuLance, under_way: bool, **more: object) -> Self:
        other = {"a_blanc", "issue", "en_cours", *more}
        values = {name: getattr(one, name) for name in cls.model_fields.keys() - other}
        return cls(a_blanc=not one.valider, issue=one.issue.name, en_cours=under_way, **values, **more)


class CodeCompare(Valeur):
    """Dans combien de factures un constat bloquant disparaît, reste, apparaît."""

    code: str
    tombe: int
    reste: int
    vient: int


class RaisonDite(Valeur):
    """Pourquoi des factures n'ont pas été rejugées."""

    raison: str
    factures: int


class RejeuEntier(RejeuDit):
    """Un rejeu ; ses factures, une fois terminé : /rejeux/{id}/factures."""

    codes: list[CodeCompare] = Field(description="Le plus fréquent d'abord ; une fois terminé.")
    raisons: list[RaisonDite]
    retours: list[str] = Field(description="Les vingt premiers flux retour que l'acceptation a réservés.")


class TrouveDit(Valeur):
    """Ce qui est trouvé dans une facture."""

    code: str
    bloque: bool
    message: str
    a_faire: str

    @classmethod
    def of(cls, one: Trouve) -> Self:
        return cls(code=one.code, bloque=one.bloque, message=one.message, a_faire=one.fix)


class FactureRejouee(Valeur):
    """Ce qu'est devenue une facture d'un rejeu."""

    facture: FactureBreve
    flux: str = Field(description="Référence du flux.")
    change: str = Field(description="acceptee, rejetee (encore), non_jugee.")
    raison: str = Field(description="Pourquoi elle n'a pas été jugée.")
    avant: list[TrouveDit]
    apres: list[TrouveDit]

    @classmethod
    def of(cls, one: Ligne) -> Self:
        return cls(
            facture=FactureBreve.of(one.facture),
            flux=one.flux,
            change=one.rejouee.change,
            raison=one.rejouee.raison,
            avant=[TrouveDit.of(each) for each in one.rejouee.avant],
            apres=[TrouveDit.of(each) for each in one.rejouee.apres],
        )
