"""A PDF as it is shown: its pages, and the text that each one holds."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from edi.console.api.valeurs import Valeur
from edi.model import Liasse


class FeuilletDit(Valeur):
    """Une page d'un PDF ; son image : la même adresse, suivie de son numéro."""

    page: int = Field(description="À partir de 1.")
    largeur: int = Field(description="De son image, en pixels.")
    hauteur: int
    texte: str


class PdfDit(Valeur):
    """Un PDF mis en pages par Navette."""

    nom: str
    pages: int = Field(description="Qu'il a.")
    feuillets: list[FeuilletDit] = Field(description="Les premières pages, celles qui se montrent.")

    @classmethod
    def of(cls, nom: str, one: Liasse) -> Self:
        told = [FeuilletDit(page=rank, **each._asdict()) for rank, each in enumerate(one.feuillets, 1)]
        return cls(nom=nom, pages=one.pages, feuillets=told)
