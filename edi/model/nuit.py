"""The work of the night: what is to be done when, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Etape(Enum):
    """A step of a run, in the order in which steps are done."""

    COLLECTE = "collecte"
    TRAITEMENT = "traitement"
    EMISSION = "emission"
    RELEVE = "releve"
    RAPPORT = "rapport"

    @property
    def libelle(self) -> str:
        return {"emission": "émission", "releve": "relevé"}.get(self.value, self.value)


class Feries(Enum):
    """What becomes of a night that falls on a bank holiday."""

    EXECUTER = "executer"
    SAUTER = "sauter"
    DECALER = "decaler"  # to the next working day: no bank holiday, no Saturday, no Sunday


class Rattrapage(Enum):
    """When nights that were missed are made good, once for them all."""

    AUSSITOT = "aussitot"  # as soon as somebody is at work again
    FENETRE = "fenetre"  # when the next window opens, by the run that is due then


@dataclass(frozen=True, slots=True)
class Tache:
    """A job of the night. Its hours are those of ``fuseau``; a window may end on the day after."""

    nom: str
    deposants: tuple[str, ...]  # codes
    debut: time
    fin: time
    fuseau: ZoneInfo
    jours: frozenset[int] = frozenset(range(7))  # 0 for Monday; of the day on which the window opens
    feries: Feries = Feries.EXECUTER
    territoire: str = ""  # whose bank holidays; "": those of all of France
    fermetures: frozenset[date] = frozenset()  # days that count as bank holidays
    etapes: tuple[Etape, ...] = tuple(Etape)
    rattrapage: Rattrapage = Rattrapage.AUSSITOT
    rapport_a: tuple[str, ...] = ()  # who is sent its reports; (): whoever is sent alerts
    rapport_envoi: str = "toujours"  # or "a-faire": when there is something to do; "jamais"

    @property
    def duree(self) -> timedelta:
        """How long the window is on a day without a change of hour."""
        day = date(2000, 1, 1)
        length = datetime.combine(day, self.fin) - datetime.combine(day, self.debut)
        return length if length > timedelta() else length + timedelta(days=1)

    def means(self, jour: date, is_working: Callable[[date], bool]) -> bool:
        """Whether it is run on a day, bank holidays apart."""
        return jour.weekday() in self.jours


class Echeance(NamedTuple):
    """One due date of a job: the night that begins on that day, from when and until when."""

    jour: date  # on which the window opens
    ouvre: datetime  # UTC
    ferme: datetime


class Genre(Enum):
    """Why a run was made."""

    PREVU = "à l'heure"
    RATTRAPAGE = "rattrapage"
    MANUEL = "à la main"

    @property
    def libelle(self) -> str:
        return self.value


class Du(NamedTuple):
    """What is due: one run, and the earlier due dates that it makes good."""

    echeance: Echeance
    manquees: tuple[Echeance, ...]
    genre: Genre


class Issue(Enum):
    """What came of a run, or of one of its steps."""

    EN_COURS = "en cours"
    REUSSI = "réussi"
    AVEC_DEFAUTS = "avec défauts"  # something failed and is told; the rest was done
    ECHOUE = "échoué"
    RATTRAPE = "manqué, rattrapé"  # missed; made good by the run of a later due date
    SUSPENDU = "suspendu"  # its job was paused then

    @property
    def libelle(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class EtatTache:
    """How a job stands."""

    nom: str
    couverte: date  # every night up to that of this day is settled
    pause_le: datetime | None = None  # None: it is not paused
    pause_par: str = ""  # who paused it
    pause_raison: str = ""
    proprietaire: str = ""  # the process that is at it
    jeton: int = 0  # number of the last claim


class Constat(NamedTuple):
    """What a step found: what it counted, by French word, and what failed, in French sentences."""

    comptes: Mapping[str, int]
    incidents: tuple[str, ...] = ()
    echec: bool = False  # it could not be done at all

    @property
    def issue(self) -> Issue:
        if self.echec:
            return Issue.ECHOUE
        return Issue.AVEC_DEFAUTS if self.incidents else Issue.REUSSI


@dataclass(frozen=True, slots=True)
class EtapeFaite:
    """One step of a run."""

    etape: Etape
    debut: datetime
    fin: datetime | None = None
    issue: Issue = Issue.EN_COURS
    comptes: Mapping[str, int] = field(default_factory=dict)  # what was counted, by French word
    incidents: tuple[str, ...] = ()  # what failed, and why; French


@dataclass(frozen=True, slots=True)
class Passage:
    """A due date of a job, or a run by hand, and what came of it."""

    id: int
    tache: str
    jour: date
    echeance: datetime
    genre: Genre
    issue: Issue
    debut: datetime | None = None  # None: not run
    fin: datetime | None = None
    processus: str = ""
    reprises: int = 0  # times that it was taken up again after an interruption
    doubles: int = 0  # other starts that were turned away
    chevauche: datetime | None = None  # the next due date that came before its end
    rattrape_par: int | None = None  # the run that made it good
    rapport: str = ""
    etapes: tuple[EtapeFaite, ...] = ()
