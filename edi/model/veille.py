"""What is watched, as configured: when a rule is thought wrong, when somebody is told, and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Seuils:
    """From when on a rule is thought to be wrong rather than the invoices; see ``[disjoncteur]``."""

    actif: bool = True
    factures: int = 20  # refused in the window, at least
    fournisseurs: int = 3  # whose invoices they are, at least
    deposants: int = 2  # that brought them, at least: the software of one may be at fault
    facteur: float = 5.0  # times the usual rate of the rule
    plancher: float = 0.02  # taken for the usual rate of a rule that refuses less, or was never seen
    fenetre: timedelta = timedelta(hours=24)
    periode: timedelta = timedelta(days=30)  # over which the usual rate is counted
    repos: timedelta = timedelta(days=7)  # after an operator has said that the rule is right
    exceptions: frozenset[str] = frozenset({"EDI-DOUBLON-01", "EDI-DOUBLON-02"})


@dataclass(frozen=True, slots=True)
class Rythme:
    """When an alert is told, told again, and over."""

    tenue: timedelta = timedelta(minutes=2)  # a condition holds for so long before it is told
    retombee: timedelta = timedelta(minutes=10)  # and is gone for so long before it is over
    rappel: timedelta = timedelta(hours=4)  # between two tellings while nobody acknowledges


@dataclass(frozen=True, slots=True)
class Bornes:
    """From when on something is worth an alert."""

    place: int = 2 * 1024**3  # bytes free on the disk
    canal: timedelta = timedelta(minutes=30)  # a server that cannot be used
    indecises: timedelta = timedelta(hours=4)  # invoices that wait for us
    silence: bool = True  # déposants that usually send
    deposant: timedelta = timedelta(hours=1)  # since it was told what is expected of it, and nothing changed


@dataclass(frozen=True, slots=True)
class Courriel:
    """A mail server and who is written to. Secrets are named by their source, never held."""

    hote: str
    de: str
    a: tuple[str, ...]
    port: int = 587
    securite: str = "starttls"  # or "tls", "aucune"
    utilisateur: str = ""
    mot_de_passe: str = ""  # source: env:NAME or fichier:PATH
    autorites: str = ""  # PEM file of the authorities that the server is verified by; '': the system's
    delai: float = 30.0  # seconds
    pour: str = ""  # the déposant that is written to; '': operators

    @property
    def nom(self) -> str:
        return f"courriel à {self.pour}" if self.pour else "courriel"


@dataclass(frozen=True, slots=True)
class Crochet:
    """A webhook: where events are posted, signed with a shared secret."""

    nom: str
    url: str
    secret: str  # source: env:NAME or fichier:PATH
    autorites: str = ""
    delai: float = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Alertes:
    """Everything that is configured of alerts."""

    intervalle: float = 60.0  # seconds between two looks
    rythme: Rythme = Rythme()
    bornes: Bornes = Bornes()
    canaux: tuple[Courriel | Crochet, ...] = ()
    deposants: tuple[Courriel, ...] = ()  # of those that are written to when what is expected does not come


class Gravite(Enum):
    """How soon somebody must look."""

    CRITIQUE = "critique"
    ATTENTION = "attention"


class Acteur(Enum):
    """Who must act on an alert."""

    EXPLOITANT = "l'exploitant"
    DEPOSANT = "le déposant"


class Signe(NamedTuple):
    """A condition that holds at one look, and that somebody must look at."""

    cle: str  # the same for as long as it is the same condition
    regle: str
    gravite: Gravite
    qui: Acteur
    phrase: str  # in French
    remede: str  # what to do
    depuis: datetime


@dataclass(frozen=True, slots=True)
class Alerte:
    """A condition from its first sign to its end."""

    cle: str
    regle: str
    gravite: Gravite
    qui: Acteur
    phrase: str
    remede: str
    depuis: datetime  # of the condition itself, as far as it is known
    apparue_le: datetime  # first seen
    vue_le: datetime  # last seen
    ouverte_le: datetime | None = None  # None: has not held for long enough to be told
    dite_le: datetime | None = None  # told last
    acquittee_par: str = ""
    acquittee_jusqu: datetime | None = None
    acquittee_raison: str = ""
    absente_depuis: datetime | None = None  # None: it was there at the last look
    resolue_le: datetime | None = None
    id: int = 0  # 0: not recorded yet
