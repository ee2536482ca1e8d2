"""How the compiled form of an official sheet is trusted: its state, and what its runs came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple


class EtatFeuille(Enum):
    """How a sheet is run; the value is what operators read."""

    OFFICIEL = "officielle seule"  # in Saxon, as the configuration asks for it
    ECARTE = "écartée"  # the same, since the compiled form found something else; until somebody has looked
    OMBRE = "à l'essai"  # both run on every document, the official one decides
    JEUNE = "jeune"  # the compiled form decides; what has a failed assert, and the sample, go to both
    ETABLI = "établie"  # the compiled form decides; the sample goes to both

    @property
    def compile(self) -> bool:
        """Whether the compiled form runs at all."""
        return self not in (EtatFeuille.OFFICIEL, EtatFeuille.ECARTE)


class Voie(Enum):
    """Which form of a sheet ran on a document."""

    OFFICIELLE = "officielle"
    COMPILEE = "compilée"
    DOUBLE = "double"  # both; the official one decided

    @property
    def compile(self) -> bool:
        """Whether the compiled form has judged."""
        return self is not Voie.OFFICIELLE


class Execution(NamedTuple):
    """One sheet, run on one document; it quotes nothing of the document but rules and places."""

    feuille: str  # sha256
    nom: str
    voie: Voie
    repli: str = ""  # why the compiled form could not judge, and the official one ran instead
    ecart: str = ""  # in what the two forms differ


@dataclass(frozen=True, slots=True)
class Compte:
    """What some runs of one sheet came to."""

    nom: str
    documents: int = 0  # that its compiled form judged, alone or beside the official one
    doubles: int = 0  # that both forms judged
    ecarts: int = 0  # of those, where they differ
    replis: Mapping[str, int] | None = None  # that the compiled form could not judge, by reason
    dernier_ecart: str = ""


def add_up(executions: Iterable[Execution]) -> dict[str, Compte]:
    """What runs come to, by sha256 of the sheet; one whose compiled form was not asked counts for nothing."""
    found: dict[str, Compte] = {}
    for one in executions:
        if not (one.voie.compile or one.repli):
            continue
        before = found.get(one.feuille, Compte(one.nom))
        replis = dict(before.replis or {})
        if one.repli:
            replis[one.repli] = replis.get(one.repli, 0) + 1
        found[one.feuille] = Compte(
            one.nom,
            before.documents + (not one.repli),
            before.doubles + (one.voie is Voie.DOUBLE),
            before.ecarts + bool(one.ecart),
            replis,
            one.ecart or before.dernier_ecart,
        )
    return found


@dataclass(frozen=True, slots=True)
class FeuilleSuivie:
    """A sheet under one compiler, as it stands."""

    feuille: str  # sha256
    compilateur: str  # digest of the compiler's sources
    nom: str
    etat: EtatFeuille
    depuis: datetime  # it has been in this state
    documents: int  # judged by the compiled form, since ever
    documents_etat: int  # the same, since it has been in this state
    replis: int
    doubles: int
    ecarts: int
    dernier_ecart: str
    ecart_le: datetime | None


class Jalons(NamedTuple):
    """After how many documents without any difference a sheet is trusted further."""

    ombre: int = 1_000  # from OMBRE to JEUNE
    jeunesse: int = 10_000  # from JEUNE to ETABLI


class ReglagesMoteur(NamedTuple):
    """What the operator wants of the compiled form."""

    officiel: bool = False  # it is never asked
    echantillon: float = 0.01  # of the documents, which both forms judge
    jalons: Jalons = Jalons()


def next_state(etat: EtatFeuille, documents: int, ecarts: int, jalons: Jalons) -> EtatFeuille:
    """The state of a sheet after ``documents`` in its present one, of which ``ecarts`` have just differed."""
    if not etat.compile:
        return etat
    if ecarts:
        return EtatFeuille.ECARTE
    if etat is EtatFeuille.OMBRE and documents >= jalons.ombre:
        return EtatFeuille.JEUNE
    if etat is EtatFeuille.JEUNE and documents >= jalons.jeunesse:
        return EtatFeuille.ETABLI
    return etat
