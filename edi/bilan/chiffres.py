"""The figures of one run, as they are kept with it: a report can be made again of them, identically."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from pydantic import TypeAdapter

from edi.model import Etape, Genre, Issue


class Somme(NamedTuple):
    """An amount of money."""

    devise: str
    montant: Decimal


Sommes = tuple[Somme, ...]  # one a currency, sorted


class Compte(NamedTuple):
    """Invoices: what was there and what came, what became of them. Both sides are equal."""

    reportees: int = 0  # pending at the report before
    recues: int = 0
    acceptees: int = 0
    rejetees: int = 0
    en_attente: int = 0

    @property
    def ecart(self) -> int:
        """0, or so many invoices that came and of which nothing is known."""
        return self.reportees + self.recues - self.acceptees - self.rejetees - self.en_attente

    @property
    def taux(self) -> float | None:
        """The part of the decided invoices that passed at once; None when none was decided."""
        decided = self.acceptees + self.rejetees
        return self.acceptees / decided if decided else None

    def plus(self, other: Compte) -> Compte:
        return Compte(*(one + more for one, more in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Ligne:
    """One fournisseur and who deposits for it.

    What nobody could read (a whole flux, a file, what is not judged yet) stands in the line of the déposant.
    """

    appli: str
    fournisseur: str  # its number, as its invoices tell it
    nom: str
    compte: Compte
    bloque: Sommes = ()  # TTC of its rejected invoices, without the avoirs
    irrecevables: int = 0  # deliveries of which nothing could be taken
    habituel: float | None = None  # the median of its rates in the runs before; None: too few of them
    passages: int = 0  # that it is the median of
    causes: tuple[str, ...] = ()  # codes, the most frequent first
    pourquoi: str = ""  # the message of one finding of the first of them


class Exemple(NamedTuple):
    """Where one cause can be seen."""

    numero: str  # of the invoice; '' for a file that holds none
    fichier: str
    flux: str
    appli: str
    fournisseur: str  # its name


@dataclass(frozen=True, slots=True)
class Cause:
    """Why invoices, or files that nobody could read, were rejected: all that bears one code and one motif."""

    code: str
    motif: str
    message: str  # of the example
    remede: str
    factures: int
    fichiers: int  # files, or whole flux_list
    fournisseurs: int
    bloque: Sommes
    exemple: Exemple


@dataclass(frozen=True, slots=True)
class Duree:
    """How long a step took, and what failed in it."""

    etape: Etape
    secondes: float
    issue: Issue
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ouvert:
    """Things that are not over, for one and the same reason."""

    deposants: tuple[str, ...]  # names
    quoi: str  # RECEPTION, the name of a statut of flux, or EMISSION
    combien: int
    factures: int  # in them, as far as they are counted
    depuis: datetime  # of the oldest
    raison: str  # in French
    qui: str  # acts next
    commande: str  # that shows it
    essai: datetime | None = None  # when we try again by ourselves
    jusqu: datetime | None = None  # when somebody must look; None: only its sender ends it
    sujet: str = ""  # the oldest of them
    abandonne: bool = False  # nothing happens any more unless somebody acts
    regle: str = ""  # the code of the rule that it waits for


class Point(NamedTuple):
    """One run in the history."""

    jour: date
    compte: Compte


class Alarme(NamedTuple):
    """An alert that nobody has closed when the run ended."""

    numero: int
    regle: str
    critique: bool
    qui: str
    phrase: str
    remede: str
    depuis: datetime


class Doute(NamedTuple):
    """A rule that is held to be wrong until somebody has said what it is worth."""

    code: str
    jeu: str  # of its set of rules, for people
    refusees: int
    fournisseurs: int
    taux: float
    usuel: float
    fautive: bool  # somebody has said that it is: another version is waited for
    flux: int  # that wait for it


class Reprises(NamedTuple):
    """What had to be tried more than once."""

    flux: int = 0
    livraisons: int = 0  # return flows, to servers
    interruptions: int = 0  # of the run itself
    doubles: int = 0  # other starts that were turned away


@dataclass(frozen=True, slots=True)
class Entete:
    """Which run it is."""

    tache: str
    jour: date
    genre: Genre
    debut: datetime
    fin: datetime
    issue: Issue
    depuis: datetime | None = None  # the report before; None: there was none
    passage: int = 0
    plateforme: str = ""
    rattrapees: tuple[date, ...] = ()  # earlier nights that it makes good
    ferme: datetime | None = None  # when its window had closed, when it was not done by then
    chevauche: datetime | None = None  # the next due date, when it had come already


@dataclass(frozen=True, slots=True)
class Bilan:
    """Everything that is told of one run."""

    entete: Entete
    lignes: tuple[Ligne, ...] = ()
    flux: int = 0  # that came
    rappels: int = 0  # of them, deliveries that repeat one that was answered before
    non_comptes: int = 0  # of those under way, not opened yet: nobody knows how many invoices they hold
    causes: tuple[Cause, ...] = ()
    etapes: tuple[Duree, ...] = ()
    reprises: Reprises = Reprises()
    ouverts: tuple[Ouvert, ...] = ()
    doutes: tuple[Doute, ...] = ()
    alarmes: tuple[Alarme, ...] = ()
    historique: tuple[Point, ...] = ()  # the runs before, oldest first, and this one

    @property
    def compte(self) -> Compte:
        total = Compte()
        for ligne in self.lignes:
            total = total.plus(ligne.compte)
        return total

    @property
    def bloque(self) -> Sommes:
        return add_up(somme for ligne in self.lignes for somme in ligne.bloque)

    @property
    def plus_lente(self) -> Duree | None:
        """The slowest step; None when there is none."""
        return max(self.etapes, key=lambda step: step.secondes, default=None)


def add_up(sommes: Iterable[Somme]) -> Sommes:
    """Amounts by currency, in order."""
    found: dict[str, Decimal] = {}
    for devise, montant in sommes:
        found[devise] = found.get(devise, Decimal()) + montant
    return tuple(Somme(devise, montant) for devise, montant in sorted(found.items()))


_ADAPTER = TypeAdapter(Bilan)


def write(bilan: Bilan) -> str:
    """The figures as JSON; equal figures give equal bytes."""
    return _ADAPTER.dump_json(bilan).decode()


def read(text: str) -> Bilan:
    """The figures that :func:`write` wrote."""
    return _ADAPTER.validate_json(text)
