"""What waits because it cannot be judged, and what two persons say of it."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from edi.console.api.valeurs import Instant, Valeur
from edi.model import Severity
from edi.model.jugements_main import Doute, Indecise, JugementMain


class DouteDit(Valeur):
    """Un constat d'une facture indécise."""

    code: str
    source: str = Field(description="Jeu de règles et version ; « edi » : règle de Navette.")
    chemin: str
    trouve: str
    gravite: str
    message: str

    @classmethod
    def of(cls, one: Doute) -> Self:
        return cls(
            code=one.code,
            source=one.source,
            chemin=one.location,
            trouve=one.value,
            gravite=Severity(one.severity).name,
            message=one.message,
        )


class IndeciseDite(Valeur):
    """Une facture qui attend, ou un fichier illisible (rang 0)."""

    id: int = Field(description="À rappeler pour proposer un jugement : « indecise ».")
    flux_id: int
    fichier: str
    rang: int
    numero: str
    fournisseur: str
    jugeable: bool = Field(description="Peut être jugée à la main, à deux.")
    retiennent: list[DouteDit] = Field(description="Ce qui la fait attendre.")
    bloquent: list[DouteDit] = Field(description="Ce qui la rejette de toute façon.")

    @classmethod
    def of(cls, one: Indecise) -> Self:
        return cls(
            id=one.id,
            flux_id=one.flux_id,
            fichier=one.fichier,
            rang=one.rang,
            numero=one.numero,
            fournisseur=one.fournisseur,
            jugeable=one.jugeable,
            retiennent=[DouteDit.of(each) for each in one.retiennent],
            bloquent=[DouteDit.of(each) for each in one.bloquent],
        )


class JugementDit(Valeur):
    """Ce qu'une personne propose d'une facture indécise, et ce qu'une autre répond."""

    id: int
    flux_id: int
    fichier: str
    rang: int
    numero: str
    doutes: list[DouteDit] = Field(description="Les constats dont il est question, et nul autre.")
    issue: str = Field(description="acceptee, rejetee.")
    motif: str
    raison: str
    propose_par: str
    propose_le: Instant
    confirme: bool | None = Field(description="null : personne n'a répondu.")
    repondu_par: str
    repondu_le: Instant | None
    reponse: str

    @classmethod
    def of(cls, one: JugementMain) -> Self:
        same = cls.model_fields.keys() - {"doutes"}
        values = {name: getattr(one, name) for name in same}
        return cls(doutes=[DouteDit.of(each) for each in one.doutes], **values)


class MotifDit(Valeur):
    """Un motif de rejet du cycle de vie."""

    code: str
    libelle: str
