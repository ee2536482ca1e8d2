"""Accounts of people, tokens of programs, whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from edi.console.api.valeurs import Instant, Valeur
from edi.console.droits import DROITS
from edi.model import Jeton, Utilisateur

NomRole = Literal["LECTURE", "OPERATEUR", "VALIDEUR", "ADMINISTRATEUR", "FOURNISSEUR"]


class CompteDit(Valeur):
    """Le compte d'une personne."""

    id: int
    identifiant: str
    nom: str
    role: NomRole
    deposants: list[str] = Field(description="Codes appli qu'un fournisseur voit ; vide pour les autres.")
    actif: bool = Field(description="false : fermé, il n'ouvre plus la console.")
    code: bool = Field(description="Un code à usage unique est demandé en plus du mot de passe.")
    cree_le: Instant

    @classmethod
    def of(cls, one: Utilisateur) -> Self:
        return cls(
            id=one.id,
            identifiant=one.login,
            nom=one.nom,
            role=one.role.name,
            deposants=sorted(one.deposants),
            actif=one.actif,
            code=one.double,
            cree_le=one.cree_le,
        )


class JetonDit(Valeur):
    """Le jeton d'un programme ; son secret n'est gardé nulle part."""

    id: int
    nom: str
    role: NomRole
    deposants: list[str] = Field(description="Codes appli qu'un fournisseur voit ; vide pour les autres.")
    cree_le: Instant
    cree_par: str
    expire_le: Instant
    utilise_le: Instant | None = Field(description="À la minute près ; null : jamais.")
    revoque_le: Instant | None
    revoque_par: str
    valable: bool = Field(description="false : expiré, ou révoqué.")

    @classmethod
    def of(cls, one: Jeton, at: datetime, **more: object) -> Self:
        others = {"role", "deposants", "valable", *more}
        values = {name: getattr(one, name) for name in cls.model_fields.keys() - others}
        return cls(
            role=one.role.name, deposants=sorted(one.deposants), valable=one.is_valid(at), **values, **more
        )


class JetonCree(JetonDit):
    """Un jeton qui vient d'être fait."""

    secret: str = Field(description="À montrer à chaque demande. N'est dit que cette fois.")


class Demandeur(Valeur):
    """Qui demande : le programme de ce jeton, ou la personne de cette séance."""

    identifiant: str = Field(description="Tel qu'il est écrit au journal : « jeton:erp ».")
    nom: str
    role: NomRole
    droits: list[str] = Field(description="VOIR_PLATEFORME, AGIR, VALIDER, GERER_COMPTES, DEPOSER.")
    deposants: list[str] = Field(description="Codes appli qu'il voit.")
    jeton: JetonDit | None = Field(description="null : une séance de navigateur.")

    @classmethod
    def of(cls, one: Utilisateur, deposants: list[str], jeton: JetonDit | None) -> Self:
        return cls(
            identifiant=one.login,
            nom=one.nom,
            role=one.role.name,
            droits=sorted(droit.name for droit in DROITS[one.role]),
            deposants=deposants,
            jeton=jeton,
        )
