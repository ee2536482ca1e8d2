"""The jobs of the night, as an operator writes them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, time
from fnmatch import fnmatchcase
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from edi import model
from edi.settings.sections import Adresse, Section

_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_ETAPES = tuple(etape.value for etape in model.Etape)

Heure = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Jour = Literal["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
# Codes of the package ``holidays`` for parts of France that have days of their own.
Territoire = Literal[
    "", "57", "6AE", "971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "PM", "TF", "WF"
]


class Nuit(Section):
    """One job."""

    nom: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    deposants: Annotated[list[str], Field(min_length=1)] = ["*"]
    debut: Heure = "22:00"
    fin: Heure = "05:00"
    jours: Annotated[list[Jour], Field(min_length=1)] = list(_JOURS)  # type: ignore[arg-type]
    feries: Literal["executer", "sauter", "decaler"] = "executer"
    territoire: Territoire = ""
    fermetures: list[date] = []
    etapes: Annotated[
        list[Literal["collecte", "traitement", "emission", "releve", "rapport"]], Field(min_length=1)
    ] = list(_ETAPES)  # type: ignore[arg-type]
    rattrapage: Literal["aussitot", "fenetre"] = "aussitot"
    rapport_a: list[Adresse] = []
    rapport_envoi: Literal["toujours", "a-faire", "jamais"] = "toujours"

    @field_validator("etapes")
    @classmethod
    def _in_order(cls, value: list[str]) -> list[str]:
        if value != [etape for etape in _ETAPES if etape in value]:
            raise ValueError(f"les étapes se font dans cet ordre, chacune une fois : {', '.join(_ETAPES)}")
        return value

    def missing(self, codes: Collection[str]) -> list[str]:
        """What it names and nobody bears."""
        return [motif for motif in self.deposants if motif != "*" and not _named(motif, codes)]

    def as_tache(self, codes: Collection[str], fuseau: ZoneInfo) -> model.Tache:
        """The job, with the codes of the partners that it names."""
        return model.Tache(
            nom=self.nom,
            deposants=tuple(sorted({code for motif in self.deposants for code in _named(motif, codes)})),
            debut=time.fromisoformat(self.debut),
            fin=time.fromisoformat(self.fin),
            fuseau=fuseau,
            jours=frozenset(map(_JOURS.index, self.jours)),
            feries=model.Feries(self.feries),
            territoire=self.territoire,
            fermetures=frozenset(self.fermetures),
            etapes=tuple(map(model.Etape, self.etapes)),
            rattrapage=model.Rattrapage(self.rattrapage),
            rapport_a=tuple(self.rapport_a),
            rapport_envoi=self.rapport_envoi,
        )


def _named(motif: str, codes: Collection[str]) -> list[str]:
    return [code for code in codes if fnmatchcase(code, motif)]
