"""What is kept from being judged for a while."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import Field

from edi.console.api.valeurs import Instant, Valeur
from edi.model.retenues import Retenue


class RetenueDite(Valeur):
    """Un flux, ou tout ce qu'un déposant dépose désormais, retenu jusqu'à un terme."""

    id: int
    deposant: str = Field(description="Code appli.")
    flux_id: int | None = Field(description="null : tout ce que ce déposant dépose depuis.")
    raison: str
    par: str
    pose_le: Instant
    jusqu: Instant = Field(description="Elle prend fin d'elle-même.")
    levee_le: Instant | None = Field(description="Levée avant son terme.")
    levee_par: str
    levee_raison: str
    retenus: list[int] = Field(description="Les vingt premiers flux qu'elle fait attendre.")

    @classmethod
    def of(cls, one: Retenue, held: Iterable[int]) -> Self:
        same = cls.model_fields.keys() - {"deposant", "retenus"}
        values = {name: getattr(one, name) for name in same}
        return cls(deposant=one.appli, retenus=[*held], **values)
