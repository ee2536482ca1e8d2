"""An invoice beside the accepted one before it."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from edi.changements.comparaison import Comparaison
from edi.changements.valeurs import Changement
from edi.console.api.reponses.factures import FactureBreve
from edi.console.api.valeurs import Valeur
from edi.model import FactureDeposee


class ChangementDit(Valeur):
    """Ce qui n'est pas pareil dans deux factures ; les valeurs sont des textes à lire."""

    sujet: str
    avant: str = Field(description="Vide : elle n'en dit rien.")
    apres: str
    termes: list[str] = Field(description="Termes BT et BG.")
    chemin: str = Field(description="XPath dans la seconde.")
    constats: list[int] = Field(description="Rangs, à partir de 1, dans /factures/{id}/constats.")

    @classmethod
    def of(cls, one: Changement) -> Self:
        return cls(
            sujet=one.sujet,
            avant=one.avant,
            apres=one.apres,
            termes=[*one.termes],
            chemin=one.chemin,
            constats=[*one.constats],
        )


class ChangementsDits(Valeur):
    """Une facture, et la dernière acceptée du même fournisseur avant elle."""

    precedente: FactureBreve
    meme_destinataire: bool
    changements: list[ChangementDit] = Field(description="Le plus parlant d'abord.")
    chiffres: list[ChangementDit] = Field(description="Totaux, nombre de lignes.")

    @classmethod
    def of(cls, before: FactureDeposee, same: bool, found: Comparaison) -> Self:
        return cls(
            precedente=FactureBreve.of(before),
            meme_destinataire=same,
            changements=[ChangementDit.of(one) for one in found.changements],
            chiffres=[ChangementDit.of(one) for one in found.chiffres],
        )
