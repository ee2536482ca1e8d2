"""What is due when, apart from any clock, thread or database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.model import Du, Feries, Genre, Rattrapage, Tache
from edi.nuit.calendrier import feries, nights_of
from edi.nuit.echeances import (
    days_owed,
    due_between,
    first_cover,
    instant_of,
    next_due,
    overrun,
    remark,
    what_is_due,
    window_on,
)
from edi.settings.nuits import Territoire

PARIS = ZoneInfo("Europe/Paris")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # the nights that lose and gain an hour
WEEKDAYS = frozenset(range(5))


def job(debut: str = "22:00", fin: str = "05:00", **change: Any) -> Tache:
    hours = time.fromisoformat(debut), time.fromisoformat(fin)
    return Tache("nuit", ("AAA123",), *hours, PARIS, **change)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# -- hours ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jour", "heure", "first", "last"),
    [
        (SPRING, "01:59", "2026-03-29T00:59", "2026-03-29T00:59"),
        (SPRING, "02:30", "2026-03-29T01:30", "2026-03-29T01:30"),  # does not exist: 03:30
        (SPRING, "03:00", "2026-03-29T01:00", "2026-03-29T01:00"),
        (AUTUMN, "01:59", "2026-10-24T23:59", "2026-10-24T23:59"),
        (AUTUMN, "02:30", "2026-10-25T00:30", "2026-10-25T01:30"),  # comes twice
        (AUTUMN, "03:00", "2026-10-25T02:00", "2026-10-25T02:00"),
    ],
)
def test_a_local_hour_has_its_instant_where_the_clocks_change(
    jour: date, heure: str, first: str, last: str
) -> None:
    found = [instant_of(jour, time.fromisoformat(heure), PARIS, last=wanted) for wanted in (False, True)]

    assert found == [utc(first), utc(last)]


@pytest.mark.parametrize(
    ("debut", "fin", "jour", "hours"),
    [
        ("22:00", "05:00", date(2026, 11, 20), 7),
        ("22:00", "05:00", SPRING - timedelta(days=1), 6),
        ("22:00", "05:00", AUTUMN - timedelta(days=1), 8),
        ("01:00", "05:00", SPRING, 3),
        ("02:00", "03:00", SPRING, 1),  # an hour that does not exist: the next one
        ("02:00", "03:00", AUTUMN, 2),
        ("06:00", "06:00", date(2026, 11, 20), 24),
    ],
)
def test_a_window_is_as_long_as_the_night_allows(debut: str, fin: str, jour: date, hours: int) -> None:
    window = window_on(job(debut, fin), jour)

    assert window.ferme - window.ouvre == timedelta(hours=hours)


@given(
    debut=st.times(), fin=st.times(), jour=st.dates(date(2026, 1, 1), date(2030, 12, 31)), many=st.just(400)
)
def test_windows_of_a_year_come_one_after_the_other_and_none_is_empty(
    debut: time, fin: time, jour: date, many: int
) -> None:
    tache = Tache("nuit", (), debut, fin, PARIS)
    windows = [window_on(tache, jour + timedelta(days=n)) for n in range(many)]
    opens = [window.ouvre for window in windows]

    assert opens == sorted(set(opens))
    assert all(window.ouvre < window.ferme for window in windows)


# -- days -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feries", "jour", "nights"),
    [
        (Feries.EXECUTER, "2026-05-01", ["2026-05-01"]),  # a Friday, Labour day
        (Feries.SAUTER, "2026-04-30", ["2026-04-30"]),
        (Feries.SAUTER, "2026-05-01", []),
        (Feries.SAUTER, "2026-05-04", ["2026-05-04"]),
        (Feries.DECALER, "2026-05-01", []),
        (Feries.DECALER, "2026-05-02", []),  # a Saturday is no working day
        (Feries.DECALER, "2026-05-04", ["2026-05-01", "2026-05-04"]),
        (Feries.DECALER, "2026-05-14", []),  # a Thursday, Ascension
        (Feries.DECALER, "2026-05-15", ["2026-05-14", "2026-05-15"]),
    ],
)
def test_a_bank_holiday_is_run_skipped_or_shifted(feries: Feries, jour: str, nights: list[str]) -> None:
    found = nights_of(job(jours=WEEKDAYS, feries=feries), date.fromisoformat(jour))

    assert found == tuple(map(date.fromisoformat, nights))


def test_a_weekly_job_is_shifted_to_a_day_that_is_not_its_own() -> None:
    mondays = job(jours=frozenset({0}), feries=Feries.DECALER)
    april = next_due(mondays, date(2026, 3, 31), paris("2026-04-01T12:00"), 3)

    assert [due.jour.isoformat() for due in april] == ["2026-04-07", "2026-04-13", "2026-04-20"]
    assert [remark(mondays, due) for due in april] == ["décalée du 06/04", "", ""]


@pytest.mark.parametrize("territoire", ["57", "6AE"])
def test_days_of_its_own_and_of_its_territory_count_as_bank_holidays(territoire: str) -> None:
    friday, boxing_day = date(2026, 4, 3), date(2028, 12, 26)  # Good Friday; a Tuesday
    closed = job(feries=Feries.SAUTER, fermetures=frozenset({date(2026, 12, 24)}))
    alsace = job(feries=Feries.SAUTER, territoire=territoire)

    assert nights_of(closed, date(2026, 12, 24)) == ()
    assert nights_of(closed, friday) == (friday,)
    assert nights_of(alsace, friday) == nights_of(alsace, boxing_day) == ()


def test_every_territory_that_can_be_configured_has_its_bank_holidays() -> None:
    known = [territoire for territoire in get_args(Territoire) if feries(2026, territoire)]

    assert known == list(get_args(Territoire))


# -- what is due ------------------------------------------------------------------------------------------

COVERED = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("now", "due", "missed", "genre"),
    [
        ("2026-11-20T21:59:59", None, 0, None),
        ("2026-11-20T22:00", "2026-11-20", 0, Genre.PREVU),
        ("2026-11-21T04:59:59", "2026-11-20", 0, Genre.PREVU),
        ("2026-11-21T05:00", "2026-11-20", 0, Genre.RATTRAPAGE),
        ("2026-11-23T10:00", "2026-11-22", 2, Genre.RATTRAPAGE),
        ("2026-11-23T23:00", "2026-11-23", 3, Genre.PREVU),
    ],
)
def test_one_run_is_due_however_many_nights_were_missed(
    now: str, due: str | None, missed: int, genre: Genre | None
) -> None:
    found = what_is_due(job(), COVERED, paris(now))

    assert (found and found.echeance.jour.isoformat()) == due
    assert (found and (len(found.manquees), found.genre)) == (None if genre is None else (missed, genre))


@pytest.mark.parametrize(
    ("now", "due"), [("2026-11-21T06:00", None), ("2026-11-22T23:00", ("2026-11-22", 2))]
)
def test_a_job_may_wait_for_its_window_to_catch_up(now: str, due: tuple[str, int] | None) -> None:
    found = what_is_due(job(rattrapage=Rattrapage.FENETRE), COVERED, paris(now))

    assert (found and (found.echeance.jour.isoformat(), len(found.manquees))) == due


def test_a_job_whose_hours_are_changed_does_not_do_the_same_night_twice() -> None:
    done = what_is_due(job(), COVERED, paris("2026-11-20T22:00"))
    assert isinstance(done, Du)
    later = job("23:00", "06:00")

    assert what_is_due(later, done.echeance.jour, paris("2026-11-20T23:30")) is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-20T12:00", None),  # tonight is still to come
        ("2026-11-20T23:00", "2026-11-20"),
        ("2026-11-21T03:00", "2026-11-20"),
        ("2026-11-21T05:00", None),  # what has passed before it was known is not made good
    ],
)
def test_a_new_job_begins_with_the_window_that_is_open(now: str, due: str | None) -> None:
    at = paris(now)
    found = what_is_due(job(), first_cover(job(), at), at)

    assert (found and found.echeance.jour.isoformat()) == due
    assert next_due(job(), first_cover(job(), at), at)[0].ouvre > at


def test_a_run_that_ends_after_the_next_opening_overruns_it() -> None:
    ends = ["2026-11-21T21:59", "2026-11-21T22:00", "2026-11-23T12:00"]
    opening = paris("2026-11-21T22:00")

    assert [overrun(job(), date(2026, 11, 20), paris(at)) for at in ends] == [None, opening, opening]


@given(
    days=st.sets(st.integers(0, 6), min_size=1),
    kind=st.sampled_from(Feries),
    looks=st.lists(st.integers(0, 400 * 24), min_size=1, max_size=60),
    wait=st.sampled_from(Rattrapage),
)
def test_whenever_one_looks_no_night_is_due_twice_and_none_is_left_out(
    days: set[int], kind: Feries, looks: list[int], wait: Rattrapage
) -> None:
    tache = job(jours=frozenset(days), feries=kind, rattrapage=wait)
    start, covered = paris("2026-01-01T12:00").astimezone(UTC), date(2025, 12, 31)
    settled = []
    for hours in sorted(looks):
        found = what_is_due(tache, covered, start + timedelta(hours=hours))
        if found is not None:
            settled += [one.jour for one in (*found.manquees, found.echeance)]
            covered = found.echeance.jour
    all_of_them = due_between(tache, date(2025, 12, 31), start + timedelta(hours=max(looks)))

    assert settled == [one.jour for one in all_of_them][: len(settled)]
    assert wait is Rattrapage.FENETRE or len(settled) == len(all_of_them)


@pytest.mark.parametrize(
    ("told", "owed"),
    [
        ([], ["2026-11-20"]),
        (["2026-11-20"], []),
        (["2026-11-17"], ["2026-11-18", "2026-11-19", "2026-11-20"]),
        (["2026-11-17", "2026-11-19", "2026-11-20"], ["2026-11-18"]),
    ],
)
def test_each_ended_day_owes_its_releve_once(told: list[str], owed: list[str]) -> None:
    found = days_owed({date.fromisoformat(day) for day in told}, date(2026, 11, 21))

    assert [day.isoformat() for day in found] == owed
