"""What the history of a déposant has us expect of it, with the evidence; or why it says too little. Pure.

Nothing is learnt for good here: an operator looks at the evidence and confirms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edi.attendus.fenetres import between, is_month_end, received_in
from edi.attendus.jugement import Bilan, count_received, judge_past
from edi.attendus.phrases import tell_number
from edi.attendus.quantiles import Repartition, at_least_one, bounds_of, spread_of, widen
from edi.attendus.rythmes import Frequence, Horaires, hours_of, monthly, on_bank_holidays, weekly
from edi.model import Attendu, JoursAttendus, Recu, Volumes

_DAY = timedelta(days=1)
_DAYS, _SPAN = 6, 28  # days of deposit, and days of history, that show a rhythm of weeks
_MONTHLY = 62  # days of history that may show a rhythm of months
_SEASON = 3  # windows at the end of a month that show that it differs
_FACTOR = Decimal("1.5")  # by which their median differs then
_COMMON = 0.5  # of the windows: a currency that is bounded


class Preuve(NamedTuple):
    """What a proposal was read from."""

    depuis: date
    jusqu: date
    flux: int
    jours: int  # on which something came
    heures: tuple[int, ...]  # deposits by local hour
    semaine: tuple[Frequence, ...]
    repartitions: Mapping[str, Repartition]  # of a window: "flux", "factures", each currency
    fins_de_mois: int  # windows around the end of a month
    fenetres: int  # that the proposal would have judged
    anormales: tuple[tuple[date, str], ...]  # those it would have told, and why

    @property
    def taux(self) -> float:
        """The share of its own past that it would have called abnormal."""
        return len(self.anormales) / self.fenetres if self.fenetres else 0.0


class Appris(NamedTuple):
    """A proposal and its evidence."""

    attendu: Attendu
    preuve: Preuve


class Insuffisant(NamedTuple):
    """Why nothing can be proposed, and what is missing; French."""

    phrase: str


def learn(
    appli: str,
    recus: Sequence[Recu],
    fuseau: ZoneInfo,
    at: datetime,
    tolerance: timedelta,
    territoire: str = "",
) -> Appris | Insuffisant:
    """What to expect after those deposits, oldest first, at an instant."""
    if not recus:
        return Insuffisant("aucun dépôt dans la période")
    horaires = hours_of([recu.le for recu in recus], fuseau)
    first, last = min(horaires.journees), _last_whole(horaires, at.astimezone(fuseau))
    days = {day for day in horaires.journees if day <= last}
    base = Attendu(appli, JoursAttendus(), horaires.debut, horaires.fin, fuseau, territoire=territoire)
    semaine = weekly(base, days, first, last)
    jours = _choose_days(base, semaine, days, first, last)
    if isinstance(jours, Insuffisant):
        return jours
    base = replace(base, jours=jours)
    base = replace(base, feries=on_bank_holidays(base, days, first, last))
    bilans = [
        Bilan(one, count_received(received_in(one, recus)), juge=True)
        for one in between(base, first, at)
        if one.echeance.jour <= last
    ]
    learnt = _with_volumes(base, bilans)
    preuve = _prove(learnt, recus, bilans, horaires, semaine, (first, last), tolerance)
    return Appris(learnt, preuve)


def _last_whole(horaires: Horaires, now: datetime) -> date:
    """The last day whose window is over by the clock on the wall."""
    over = now.time() >= horaires.fin
    passes_midnight = horaires.fin <= horaires.debut
    return now.date() - (int(not over) + int(passes_midnight)) * _DAY


def _choose_days(
    base: Attendu, semaine: Sequence[Frequence], days: set[date], first: date, last: date
) -> JoursAttendus | Insuffisant:
    span = (last - first).days + 1
    usual = frozenset(rank for rank, one in enumerate(semaine) if one.is_usual)
    if len(days) >= _DAYS and span >= _SPAN and usual:
        return JoursAttendus(usual)
    found = monthly(base, days, first, last) if span >= _MONTHLY else JoursAttendus()
    if found != JoursAttendus():
        return found
    seen = f"{tell_number(len(days), 'jour', 'jours')} de dépôt en {tell_number(span, 'jour', 'jours')}"
    missing = []
    if len(days) < _DAYS:
        missing.append(f"{tell_number(_DAYS - len(days), 'jour', 'jours')} de dépôt")
    if span < _SPAN:
        missing.append(f"{tell_number(_SPAN - span, 'jour', 'jours')} d'historique")
    if missing:
        return Insuffisant(f"trop peu d'historique : {seen} ; il manque encore {' et '.join(missing)}")
    return Insuffisant(
        f"aucun rythme reconnu : {seen}, sans jour de la semaine ni du mois qui revienne quatre fois sur cinq"
    )


# -- volumes ----------------------------------------------------------------------------------------------


def _with_volumes(base: Attendu, bilans: Sequence[Bilan]) -> Attendu:
    """With bounds; with others around the end of a month where it differs."""
    full = [one for one in bilans if one.compte.flux and one.compte.entier]
    ends = [one for one in full if is_month_end(base, one.fenetre.echeance.jour)]
    others = [one for one in full if one not in ends]
    if len(ends) < _SEASON or len(others) < _SEASON:
        usual = _volumes(others or full)
        return replace(base, volumes=_widened(usual, ends))
    medians = [spread_of(_values(some, "factures")).p50 for some in (others, ends)]
    if max(medians) >= _FACTOR * min(medians):
        return replace(base, volumes=_volumes(others), pointe=_volumes(ends))
    return replace(base, volumes=_volumes(full))


def _volumes(some: Sequence[Bilan]) -> Volumes:
    if not some:
        return Volumes()
    devises = Counter(devise for one in some for devise in one.compte.montants)
    return Volumes(
        at_least_one(bounds_of(_values(some, "flux"))),
        bounds_of(_values(some, "factures")),
        tuple(
            (devise, bounds_of(_values(some, devise)))
            for devise, many in sorted(devises.items())
            if many >= _COMMON * len(some)
        ),
    )


def _widened(volumes: Volumes, some: Sequence[Bilan]) -> Volumes:
    """Too few ends of months to tell how they differ: what they brought is not abnormal."""
    return Volumes(
        at_least_one(widen(volumes.flux, _values(some, "flux"))),
        widen(volumes.factures, _values(some, "factures")),
        tuple((devise, widen(plage, _values(some, devise))) for devise, plage in volumes.montants),
    )


def _values(some: Sequence[Bilan], what: str) -> list[Decimal]:
    read: Mapping[str, Callable[[Bilan], int]] = {
        "flux": lambda one: one.compte.flux,
        "factures": lambda one: one.compte.factures,
    }
    if what in read:
        return [Decimal(read[what](one)) for one in some]
    return [one.compte.montants.get(what, Decimal(0)) for one in some]


# -- evidence ---------------------------------------------------------------------------------------------


def _prove(
    learnt: Attendu,
    recus: Sequence[Recu],
    bilans: Sequence[Bilan],
    horaires: Horaires,
    semaine: tuple[Frequence, ...],
    period: tuple[date, date],
    tolerance: timedelta,
) -> Preuve:
    hours = Counter(recu.le.astimezone(learnt.fuseau).hour for recu in recus)
    full = [one for one in bilans if one.compte.flux and one.compte.entier]
    names = ["flux", "factures", *(devise for devise, _ in learnt.volumes.montants)]
    told = ((one, judge_past(learnt, one, received_in(one.fenetre, recus), tolerance)) for one in bilans)
    return Preuve(
        *period,
        flux=len(recus),
        jours=len(horaires.journees),
        heures=tuple(hours[hour] for hour in range(24)),
        semaine=semaine,
        repartitions={name: spread_of(_values(full, name)) for name in names if full},
        fins_de_mois=sum(is_month_end(learnt, one.fenetre.echeance.jour) for one in full),
        fenetres=len(bilans),
        anormales=tuple((one.fenetre.echeance.jour, why) for one, why in told if why),
    )
