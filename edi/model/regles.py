"""The official rules as they are told: versions of packs, what another one changes, what each code means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


class LigneComparee(NamedTuple):
    """What another version of a pack changes for one fournisseur, counted in invoices."""

    fournisseur: str
    nom: str
    jugees: int
    rejetees: int  # that were accepted
    acceptees: int  # that were rejected
    autres: int  # undecided under one of both
    non_jugees: int  # whose document could not be judged again
    apparus: Mapping[str, int]  # by code of a finding
    disparus: Mapping[str, int]

    @property
    def change(self) -> bool:
        """True when a verdict would change."""
        return bool(self.rejetees or self.acceptees or self.autres)


@dataclass(frozen=True, slots=True)
class Comparaison:
    """What a version would change for invoices that were received, as it was found at an instant."""

    jeu: str
    version: str
    sha256: tuple[str, ...]  # of its files
    contre: str  # the version in force then
    du: date | None
    au: date | None
    le: datetime
    par: str
    lignes: tuple[LigneComparee, ...]  # one a fournisseur, those that change most first
