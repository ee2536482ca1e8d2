"""What a déposant is expected to bring: when, how much; and what it was told when it did not come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edi.model.nuit import Feries

_DAY = timedelta(days=1)


class EtatAttendu(Enum):
    """How far an expected deposit counts."""

    PROPOSE = "proposé"  # learnt or written; nothing is judged by it yet
    CONFIRME = "confirmé"
    TERMINE = "terminé"


@dataclass(frozen=True, slots=True)
class JoursAttendus:
    """The days on which something is expected; those of any of the three kinds."""

    semaine: frozenset[int] = frozenset()  # 0 for Monday
    mois: frozenset[int] = frozenset()  # 1 to 28; -1: the last day of the month
    ouvres: frozenset[int] = frozenset()  # working days of the month: 1 the first, -1 the last

    def mean(self, jour: date, is_working: Callable[[date], bool]) -> bool:
        """Whether a day is one of them."""
        if jour.weekday() in self.semaine or jour.day in self.mois:
            return True
        if -1 in self.mois and (jour + _DAY).day == 1:
            return True
        return bool(self.ouvres) and is_working(jour) and bool(self.ouvres & set(_ranks(jour, is_working)))


def _ranks(jour: date, is_working: Callable[[date], bool]) -> tuple[int, int]:
    """Which working day of its month a working day is: from the first, and from the last."""
    first = jour.replace(day=1)
    last = (first + 32 * _DAY).replace(day=1) - _DAY
    before = sum(is_working(first + n * _DAY) for n in range((jour - first).days))
    after = sum(is_working(jour + n * _DAY) for n in range(1, (last - jour).days + 1))
    return before + 1, -(after + 1)


class Plage(NamedTuple):
    """From how much to how much; None: no limit on that side."""

    min: Decimal | None = None
    max: Decimal | None = None

    def is_below(self, value: Decimal | int) -> bool:
        return self.min is not None and value < self.min

    def is_above(self, value: Decimal | int) -> bool:
        return self.max is not None and value > self.max


@dataclass(frozen=True, slots=True)
class Volumes:
    """How much one window brings."""

    flux: Plage = Plage(Decimal(1))
    factures: Plage = Plage()
    montants: tuple[tuple[str, Plage], ...] = ()  # total TTC of invoices without avoirs, by currency


@dataclass(frozen=True, slots=True)
class Attendu:
    """An expected deposit. Its hours are those of ``fuseau``; a window may end on the day after."""

    appli: str
    jours: JoursAttendus
    debut: time
    fin: time
    fuseau: ZoneInfo
    volumes: Volumes = field(default_factory=Volumes)
    pointe: Volumes | None = None  # around the end of a month; None: as on other days
    feries: Feries = Feries.SAUTER
    territoire: str = ""
    fermetures: frozenset[date] = frozenset()
    du: date | None = None  # the first day that is judged; None: not fixed yet
    au: date | None = None  # the last one
    pause_au: date | None = None  # no window that opens up to that day is judged
    etat: EtatAttendu = EtatAttendu.PROPOSE
    id: int = 0  # 0: not recorded yet

    @property
    def duree(self) -> timedelta:
        """How long the window is on a day without a change of hour."""
        day = date(2000, 1, 1)
        length = datetime.combine(day, self.fin) - datetime.combine(day, self.debut)
        return length if length > timedelta() else length + _DAY

    def means(self, jour: date, is_working: Callable[[date], bool]) -> bool:
        return self.jours.mean(jour, is_working)

    def judges(self, jour: date) -> bool:
        """Whether the window that opens on a day is judged at all."""
        if self.etat is not EtatAttendu.CONFIRME or self.du is None or jour < self.du:
            return False
        return (self.au is None or jour <= self.au) and (self.pause_au is None or jour > self.pause_au)


class ActeAttendu(Enum):
    """What an operator did to an expected deposit."""

    PROPOSE = "proposé"
    CONFIRME = "confirmé"
    MODIFIE = "modifié"
    TERMINE = "terminé"


class EvenementAttendu(NamedTuple):
    """One line of its history."""

    attendu_id: int
    le: datetime
    par: str
    acte: ActeAttendu
    detail: str  # what it was from then on; French


class Recu(NamedTuple):
    """One flux of a déposant, as it counts towards what is expected of it."""

    flux_id: int
    le: datetime
    factures: int | None  # None: not decided yet
    montants: tuple[tuple[str, Decimal], ...] = ()  # TTC without avoirs, by currency


class NatureSignalement(Enum):
    """What a déposant is told of a window."""

    RETARD = "retard"
    VOLUME_BAS = "volume-bas"
    VOLUME_HAUT = "volume-haut"
    MONTANT_BAS = "montant-bas"
    MONTANT_HAUT = "montant-haut"


@dataclass(frozen=True, slots=True)
class Signalement:
    """What a déposant was told of one window, once, until its end."""

    attendu_id: int
    appli: str
    jour: date  # on which the window opens
    nature: NatureSignalement
    phrase: str  # French
    depuis: datetime  # of the condition
    dit_le: datetime
    courriel: tuple[str, ...] = ()  # who was written to
    suivante: datetime | None = None  # when the next window opens: from then on it is absent, not late
    fin_le: datetime | None = None
    fin: str = ""  # how it was settled, French; '': it is merely looked at no more
    pose: bool = False  # its file says what holds now
    a_livrer: bool = False  # it is still to be put on the server of its déposant
    essais: int = 0  # to put it there; a try begun counts
    prochain_essai: datetime | None = None  # not before that instant
    incident: str = ""
    id: int = 0
