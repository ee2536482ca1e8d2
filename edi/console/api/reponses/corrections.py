"""What people said of the annuaire, and that imports do not undo for a while."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field

from edi.console.api.valeurs import Valeur
from edi.model.corrections import Maintien


class CorrectionDite(Valeur):
    """Une correction maintenue : refaite après chaque import jusqu'à un jour."""

    id: int
    service: str = Field(description="Code ; vide : la structure elle-même.")
    champs: dict[str, bool | date | str | None]
    ajout: bool = Field(description="Le service n'était pas dans l'annuaire.")
    jusqu_au: date
    par: str
    raison: str

    @classmethod
    def of(cls, one: Maintien) -> Self:
        same = cls.model_fields.keys() - {"id", "champs"}
        values = {name: getattr(one, name) for name in same}
        return cls(id=one.import_id, champs=dict(one.champs), **values)
