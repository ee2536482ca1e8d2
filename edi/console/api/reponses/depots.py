"""Deposits made by hand."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from edi.console.api.valeurs import Instant, Valeur
from edi.model import DepotManuel


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
