"""A deposit made by hand: what somebody hands in through a page, and the flux that it becomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from edi.model.findings import Finding
from edi.model.gestes import GesteRefuse
from edi.model.lot import LotJuge
from edi.model.statuts import FluxStatut

MARQUE = "M"  # in a flux id, where the recommended form has the first of its fifteen digits
_ID = re.compile(rf"[A-Z]{{3}}[0-9]{{7}}{MARQUE}([0-9]{{14}})")


def read_number(idflux: str) -> int | None:
    """The number of the deposit that a flux id is of; None when its déposant numbered it."""
    found = _ID.fullmatch(idflux)
    return int(found[1]) if found else None


class GenreDepot(Enum):
    """What a file that was handed in is, by its bytes."""

    STRUCTURE = "XML structuré"
    MIXTE = "XML mixte"
    FACTURX = "Factur-X"
    LOT = "Lot de factures"
    PDF = "PDF et données saisies"

    @property
    def libelle(self) -> str:
        return self.value


class Versement(Protocol):
    """A file that was handed in, and lies aside."""

    @property
    def path(self) -> Path: ...
    @property
    def taille(self) -> int: ...  # bytes
    @property
    def sha256(self) -> str: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def sync(self) -> None: ...


@dataclass(frozen=True, slots=True)
class DepotVoulu:
    """What somebody asks for: for whom, what its file is called over there, and what was typed beside it."""

    appli: str
    origine: str  # the file's name as its sender calls it: told, never a path
    saisi: Mapping[str, str] = field(default_factory=dict)  # the minimum data of a PDF, as they were typed
    raison: str = ""  # why it is deposited by hand


@dataclass(frozen=True, slots=True)
class EssaiManuel:
    """What a deposit would be told, which was not made."""

    genre: GenreDepot
    interface: str
    signe: bool  # a PDF that bears a signature
    origine: str  # name of the file over there, unprintable characters escaped
    lot: LotJuge
    incident: str = ""  # why it could not be judged, in French; '' when it was


@dataclass(frozen=True, slots=True)
class DepotManuel:
    """A deposit that was made by hand."""

    id: int
    appli: str
    nom: str  # of the flux, given by us
    genre: GenreDepot
    interface: str
    origine: str  # name of the file over there, unprintable characters escaped
    sha256: str  # of what was handed in
    taille: int
    signe: bool
    raison: str
    par: str
    le: datetime
    pose_le: datetime | None = None  # None: it was not put into ``in``, or nobody lived to say so
    flux_id: int | None = None  # the flux that it has become
    statut: FluxStatut | None = None


class ChampsRefuses(GesteRefuse):
    """A form that cannot be followed; ``fautes`` says by field, in French, what is wrong with it."""

    def __init__(self, fautes: Mapping[str, str]) -> None:
        super().__init__("Le formulaire est à compléter.")
        self.fautes = dict(fautes)


class FichierRefuse(GesteRefuse):
    """A file of which no deposit can be made; ``finding`` says it as a judgement would, where it can."""

    def __init__(self, phrase: str, finding: Finding | None = None) -> None:
        super().__init__(phrase)
        self.finding = finding
