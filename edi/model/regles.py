"""The official rules as they are told: versions of packs, what another one changes, what each code means."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from edi.model.findings import Severity


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


class EtatVersion(Enum):
    """What a version of a pack does today."""

    CANDIDAT = "candidat"
    A_VENIR = "à venir"
    EN_VIGUEUR = "en vigueur"
    REMPLACE = "remplacé"


@dataclass(frozen=True, slots=True)
class VersionVue:
    """One version of a pack."""

    jeu: str
    version: str
    etat: EtatVersion
    depuis: date | None  # the first day of the invoices that it judges; None: always, or not said yet
    jusqu_a: date | None
    origine: str  # who brought it; French
    feuilles: tuple[tuple[str, str], ...]  # name of each official file, sha256
    sha256: tuple[str, ...]  # of all its files, as verdicts keep them
    dynamique: tuple[tuple[str, str], ...]  # code of XPath, what becomes of the invoice; French
    absence: str  # why it cannot be used here; '' it can


@dataclass(frozen=True, slots=True)
class JeuVu:
    """A pack, with every version that is known."""

    id: str
    libelle: str
    scenarios: tuple[str, ...]  # the documents that it judges; French
    versions: tuple[VersionVue, ...]  # oldest first, candidates last

    @property
    def en_vigueur(self) -> VersionVue | None:
        """The version that judges an invoice of today."""
        return next((one for one in self.versions if one.etat is EtatVersion.EN_VIGUEUR), None)

    @property
    def a_regarder(self) -> tuple[VersionVue, ...]:
        """Those that an operator installed and that judge nothing yet."""
        waiting = (EtatVersion.CANDIDAT, EtatVersion.A_VENIR)
        return tuple(one for one in self.versions if one.etat in waiting)


class Changement(NamedTuple):
    """What a version does to the asserts of one code."""

    code: str  # '' for reports, and for asserts that the sheet leaves without id
    nature: str  # "nouvelle", "disparue", "modifiée"
    texte: str  # the official sentence
    titre: str  # the French one; '' no card knows the code


@dataclass(frozen=True, slots=True)
class Difference:
    """A version beside the one in force."""

    avant: str
    regles: int  # of the version
    changements: tuple[Changement, ...]
    sans_texte: tuple[str, ...]  # codes that are told by their code alone


@dataclass(frozen=True, slots=True)
class RegleVue:
    """One rule as whoever meets its code is told of it."""

    code: str
    severity: Severity
    motif: str
    titre: str  # what a finding of it says, « … » for each value
    attendu: str
    fix: str
    terme: str
    origine: str  # "Navette", or the packs that hold it
    citation: str  # of the text that asks for it; an official rule: its own sentence
    officielle: bool
    recherche: str = field(init=False, repr=False)  # what it is found by

    def __post_init__(self) -> None:
        told = (self.code, self.titre, self.fix, self.terme, self.motif, self.citation)
        object.__setattr__(self, "recherche", fold_words(" ".join(told)))


def fold_words(text: str) -> str:
    """A text without regard to case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
