"""What is learnt of histories that we make: rhythms, bank holidays, ends of months, and too little."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from attendus import PARIS, TOLERANCE, paris, plage
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.attendus.apprentissage import Appris, Insuffisant, learn
from edi.attendus.jugement import judge
from edi.attendus.phrases import tell_days
from edi.attendus.quantiles import bounds_of, spread_of, widen
from edi.attendus.saisie import read_days
from edi.model import EtatAttendu, Feries, Recu
from edi.nuit.calendrier import feries

AT = paris("2026-11-20T00:00")
FIRST, LAST = date(2026, 6, 1), date(2026, 11, 20)


def days(typed: str, first: date = FIRST, last: date = LAST, *, on_feries: bool = False) -> list[date]:
    """The days of a rhythm, bank holidays left out."""
    closed = set() if on_feries else {*feries(2026, ""), *feries(2027, "")}
    meant = read_days(typed)
    some = [first + timedelta(days=n) for n in range((last - first).days)]

    def is_working(day: date) -> bool:
        return day.weekday() < 5 and day not in feries(day.year, "")

    return [day for day in some if day not in closed and meant.mean(day, is_working)]


def sent(some: Iterable[date], heure: str = "22:00", *, seed: int = 1, jitter: int = 60) -> list[Recu]:
    """One flux on each day, some minutes after an hour, of about a hundred invoices."""
    random = Random(seed)
    found = []
    for number, day in enumerate(some, 1):
        at = datetime.combine(day, datetime.strptime(heure, "%H:%M").time(), PARIS)
        at += timedelta(minutes=random.randrange(jitter + 1))
        many = random.randrange(90, 111)
        found.append(Recu(number, at, many, (("EUR", Decimal(many * 10)),)))
    return found


def learnt(recus: list[Recu], at: datetime = AT, territoire: str = "") -> Appris:
    found = learn("AAA123", recus, PARIS, at, TOLERANCE, territoire)
    assert isinstance(found, Appris)
    return found


# -- days and hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["ouvrés", "tous", "lundi,jeudi", "dernier-ouvré", "1-ouvré", "15", "dernier", "5,20"]
)
def test_the_days_of_a_rhythm_are_found(typed: str) -> None:
    found = learnt(sent(days(typed, on_feries=typed != "ouvrés"))).attendu

    assert tell_days(found.jours) == tell_days(read_days(typed))


@pytest.mark.parametrize("heure", ["00:30", "08:00", "12:00", "22:00", "23:40"])
def test_the_window_holds_all_that_came_and_little_more(heure: str) -> None:
    recus = sent(days("ouvrés"), heure)
    found = learnt(recus)
    length = found.attendu.duree

    assert found.preuve.anormales == ()
    assert timedelta(hours=1) <= length <= timedelta(hours=3)
    assert found.attendu.jours == read_days("ouvrés")


def test_a_window_that_opens_after_midnight_bears_the_day_on_which_it_opens() -> None:
    """What is sent on Tuesday at 00:30 is expected on Tuesday, and nothing on Monday's evening."""
    found = learnt(sent(days("mardi"), "00:45", jitter=15)).attendu

    assert (tell_days(found.jours), f"{found.debut:%H:%M}") == ("mardi", "00:15")


def test_a_few_odd_hours_change_nothing() -> None:
    usual = sent(days("ouvrés"))
    odd = [one._replace(le=one.le - timedelta(hours=9 * (n % 40 == 7))) for n, one in enumerate(usual)]
    found = learnt(sorted(odd, key=lambda recu: recu.le))

    assert (found.attendu.debut, found.attendu.fin) == (
        learnt(usual).attendu.debut,
        learnt(usual).attendu.fin,
    )


def test_a_holiday_of_two_weeks_is_no_other_rhythm_and_is_told_as_abnormal() -> None:
    away = {date(2026, 8, 3) + timedelta(days=n) for n in range(14)}
    found = learnt(sent(day for day in days("ouvrés") if day not in away))

    assert found.attendu.jours == read_days("ouvrés")
    assert {day for day, _ in found.preuve.anormales} == {day for day in away if day.weekday() < 5}


@pytest.mark.parametrize(
    ("recus", "rule"),
    [
        (sent(days("ouvrés")), Feries.SAUTER),
        (sent(days("ouvrés", on_feries=True)), Feries.EXECUTER),
        (
            sent(
                [
                    day + timedelta(days=1) if day in feries(2026, "") else day
                    for day in days("lundi", date(2026, 3, 2), date(2026, 8, 30), on_feries=True)
                ]
            ),
            Feries.DECALER,  # Easter Monday, Whit Monday
        ),
    ],
)
def test_what_becomes_of_bank_holidays_is_learnt(recus: list[Recu], rule: Feries) -> None:
    assert learnt(recus, recus[-1].le + timedelta(days=1)).attendu.feries is rule


def test_days_of_a_territory_are_its_own() -> None:
    """26 December is a bank holiday in Moselle alone."""
    some = [day for day in days("ouvrés", date(2025, 9, 1), date(2026, 2, 1)) if day != date(2025, 12, 26)]
    recus = [recu for recu in sent(some) if recu.le.date() not in feries(2025, "57")]
    at = paris("2026-02-01T12:00")

    assert learnt(recus, at, "57").preuve.anormales == ()
    assert [day for day, _ in learnt(recus, at).preuve.anormales] == [date(2025, 12, 26)]


# -- volumes ----------------------------------------------------------------------------------------------


def test_bounds_hold_what_is_usual_and_not_what_is_rare() -> None:
    values = [Decimal(value) for value in [*range(950, 1050), 5, 20000]]

    assert bounds_of(values) == plage(690, 1400)
    assert spread_of(values).p50 == Decimal("999.5")


def test_what_never_varies_is_given_some_room() -> None:
    assert bounds_of([Decimal(100)] * 20) == plage(80, 120)
    assert bounds_of([Decimal(1)] * 20) == plage(None, 2)


def test_bounds_are_widened_past_what_is_known_to_come() -> None:
    assert widen(plage(80, 120), [Decimal(300)]) == plage(80, 360)
    assert widen(plage(80, 120), []) == plage(80, 120)


def _next_working(day: date) -> date:
    return next(later for later in days("ouvrés", last=date(2027, 1, 1)) if later > day)


def test_ends_of_months_that_bring_more_are_noticed() -> None:
    ends = {*days("1-ouvré,dernier-ouvré")}
    ends |= {day for day in days("ouvrés") if _next_working(day) in days("dernier-ouvré")}
    recus = [
        recu._replace(factures=(recu.factures or 0) * 3) if recu.le.date() in ends else recu
        for recu in sent(days("ouvrés"))
    ]
    attendu = learnt(recus).attendu

    assert attendu.pointe is not None
    assert attendu.pointe.factures.is_below(100)
    assert attendu.volumes.factures.is_above(300)
    assert learnt(recus).preuve.taux < 0.05


def test_ends_of_months_like_other_days_are_judged_like_them() -> None:
    assert learnt(sent(days("ouvrés"))).attendu.pointe is None


def test_too_few_ends_of_months_are_not_called_abnormal() -> None:
    first = date(2026, 10, 5)
    recus = [
        recu._replace(factures=(recu.factures or 0) * 5) if recu.le.date() == date(2026, 10, 30) else recu
        for recu in sent(days("mardi,vendredi", first))
    ]
    found = learnt(recus)

    assert found.attendu.pointe is None
    assert found.preuve.anormales == ()


def test_a_currency_that_seldom_comes_has_no_bounds() -> None:
    recus = sent(days("ouvrés"))
    some = [
        recu._replace(montants=(*recu.montants, ("USD", Decimal(50)))) if n % 5 == 0 else recu
        for n, recu in enumerate(recus)
    ]

    assert [devise for devise, _ in learnt(some).attendu.volumes.montants] == ["EUR"]


# -- evidence, and refusals -------------------------------------------------------------------------------


def test_the_evidence_counts_hours_days_and_windows() -> None:
    preuve = learnt(sent(days("lundi,jeudi"), "09:00", jitter=30)).preuve

    assert preuve.heures[9] == sum(preuve.heures) == preuve.flux == preuve.jours
    assert [one.venus for one in preuve.semaine] == [
        one.jours if rank in (0, 3) else 0 for rank, one in enumerate(preuve.semaine)
    ]
    assert preuve.fenetres == preuve.jours
    assert preuve.taux == 0


@pytest.mark.parametrize(
    ("recus", "words"),
    [
        ([], ["aucun dépôt"]),
        (
            sent(days("ouvrés", date(2026, 11, 16))),
            ["4 jours de dépôt", "il manque encore 2 jours de dépôt et 24 jours d'historique"],
        ),
        (
            sent(days("ouvrés", date(2026, 11, 9))),
            ["8 jours de dépôt", "il manque encore 17 jours d'historique"],
        ),
        (sent(days("mardi", date(2026, 10, 20))), ["il manque encore 1 jour de dépôt"]),
        (
            sent(sorted(Random(4).sample(days("tous"), 20))),
            ["aucun rythme reconnu", "20 jours de dépôt"],
        ),
    ],
)
def test_too_little_is_refused_and_what_is_missing_is_said(recus: list[Recu], words: list[str]) -> None:
    found = learn("AAA123", recus, PARIS, AT, TOLERANCE)

    assert isinstance(found, Insuffisant)
    assert [word for word in words if word not in found.phrase] == []


# -- any rhythm -------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["ouvrés", "tous", "lundi,jeudi", "mercredi", "dernier-ouvré"]),
    st.integers(0, 23),
    st.integers(0, 90),
    st.integers(0, 2**32),
)
def test_whoever_keeps_the_rhythm_that_was_learnt_is_never_told_and_who_stops_is(
    typed: str, heure: int, jitter: int, seed: int
) -> None:
    """Over the change of hour of October and the bank holidays of the end of the year."""
    until = date(2027, 1, 15)
    recus = sent(days(typed, date(2026, 3, 2), until), f"{heure:02}:00", seed=seed, jitter=jitter)
    at = paris("2026-09-15T12:00")
    known = [recu for recu in recus if recu.le < at]
    found = learnt(known, at)
    attendu = replace(found.attendu, etat=EtatAttendu.CONFIRME, du=date(2020, 1, 1))

    assert found.preuve.anormales == ()
    for week in range(1, 16):
        now = at + timedelta(days=7 * week, hours=week)
        come = [recu for recu in recus if recu.le <= now]
        assert judge(attendu, come, come[-1].le, now, TOLERANCE).troubles == ()
    late = at + timedelta(days=45)
    assert judge(attendu, known, known[-1].le, late, TOLERANCE).retard is not None
