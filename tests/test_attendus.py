"""Windows, what counts for them, what is wrong with them, what is told of it: no clock, no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from attendus import PARIS, TOLERANCE, WEEKDAYS, every_day, expect, paris, plage, recus, volumes
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.attendus.changements import compare
from edi.attendus.fenetres import around, first_judged, is_month_end
from edi.attendus.jugement import Vue, judge
from edi.attendus.lettre import Auteur, write_files, write_mail
from edi.attendus.phrases import tell_attendu, tell_days, tell_plage, tell_volumes
from edi.attendus.saisie import read_bounds, read_days, read_hours, read_volumes
from edi.model import (
    Attendu,
    Deposant,
    Feries,
    JoursAttendus,
    NatureSignalement,
    Plage,
    Recu,
    Signalement,
    Volumes,
)
from edi.nuit.echeances import next_due, window_on

RETARD = NatureSignalement.RETARD
HAUT, BAS = NatureSignalement.VOLUME_HAUT, NatureSignalement.VOLUME_BAS
BOUNDED = volumes(plage(1, 3), plage(50, 150), plage(500, 1500))


def see(attendu: Attendu, some: list[Recu], at: datetime) -> Vue:
    """What is seen at an instant of what has come until then."""
    come = [recu for recu in some if recu.le <= at]
    return judge(attendu, come, come[-1].le if come else None, at, TOLERANCE)


def wrong(attendu: Attendu, some: list[Recu], at: datetime) -> list[tuple[str, str]]:
    return [(f"{one.jour:%d/%m}", one.nature.value) for one in see(attendu, some, at).troubles]


# -- days -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said", "days"),
    [
        ("ouvrés", "du lundi au vendredi", ["26", "27", "30"]),
        ("tous", "tous les jours", ["26", "27", "28"]),
        ("jeudi, lun", "lundi, jeudi", ["26", "30", "03"]),
        ("15 28", "le 15 du mois, le 28 du mois", ["28", "15", "28"]),
        ("dernier", "dernier jour du mois", ["30", "31", "31"]),
        ("dernier-ouvré", "dernier jour ouvré du mois", ["30", "31", "29"]),
        ("1-ouvré", "1er jour ouvré du mois", ["01", "04", "01"]),  # 1 January is none, nor the week-end
        ("2-ouvre,dernier", "dernier jour du mois, 2e jour ouvré du mois", ["30", "02", "31"]),
    ],
)
def test_days_are_typed_said_and_found(typed: str, said: str, days: list[str]) -> None:
    attendu = expect("08:00", "10:00", jours=read_days(typed))
    coming = next_due(attendu, date(2026, 11, 25), paris("2026-11-25T12:00"), many=3)

    assert tell_days(attendu.jours) == said
    assert [f"{one.jour:%d}" for one in coming] == days


@pytest.mark.parametrize("typed", ["", "lundii", "29", "0-ouvré", "demain"])
def test_days_that_cannot_be_read_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="jour"):
        read_days(typed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("900-1500", "900 à 1\u00a0500"),
        ("900-", "au moins 900"),
        ("-1 500", "au plus 1\u00a0500"),
        ("3", "3"),
        ("aucune", "sans limite"),
    ],
)
def test_bounds_are_typed_and_said(typed: str, said: str) -> None:
    assert tell_plage(read_bounds(typed)) == said


@pytest.mark.parametrize("typed", ["-", "beaucoup", "9-3", "1,234-5"])
def test_bounds_that_cannot_be_read_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="«"):
        read_bounds(typed)


def test_amounts_are_typed_by_currency_and_taken_back() -> None:
    known = read_volumes(Volumes(), "2-3", "", ["EUR 1000-5000,50", "USD 10-"])

    assert tell_volumes(known) == "2 à 3 flux, 1\u00a0000 à 5\u00a0000 EUR TTC, au moins 10 USD TTC"
    assert read_volumes(known, "", "", ["USD aucune"]).montants == (("EUR", read_bounds("1000-5000.5")),)


@pytest.mark.parametrize("typed", ["22:00-02:00", "22h-2h", "22h00 à 02h00"])
def test_hours_are_typed_as_people_write_them(typed: str) -> None:
    assert [f"{hour:%H:%M}" for hour in read_hours(typed)] == ["22:00", "02:00"]


def test_hours_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(ValueError, match="fenêtre"):
        read_hours("la nuit")


# -- windows ----------------------------------------------------------------------------------------------


def test_a_deposit_counts_for_the_nearest_window() -> None:
    windows = around(expect("22:00", "02:00"), paris("2026-11-19T12:00"))
    found = {one.echeance.jour: one for one in windows}[date(2026, 11, 18)]

    assert found.debut == paris("2026-11-18T12:00")
    assert found.fin == paris("2026-11-19T12:00")


def test_over_a_week_end_the_middle_is_on_saturday() -> None:
    windows = around(expect("22:00", "02:00"), paris("2026-11-20T23:00"))
    friday = {one.echeance.jour: one for one in windows}[date(2026, 11, 20)]

    assert friday.fin == paris("2026-11-22T12:00")


def test_windows_that_touch_share_no_deposit() -> None:
    windows = around(expect("00:00", "00:00", jours=read_days("tous")), paris("2026-10-25T12:00"))

    assert all(one.fin == other.debut for one, other in pairwise(windows))
    assert {one.fin - one.debut for one in windows} == {timedelta(hours=24), timedelta(hours=25)}


@pytest.mark.parametrize(
    ("jour", "hours"),
    [(date(2026, 3, 28), 3), (date(2026, 10, 24), 5), (date(2026, 11, 18), 4)],
)
def test_a_window_past_midnight_is_an_hour_shorter_or_longer_where_clocks_change(
    jour: date, hours: int
) -> None:
    window = window_on(expect("23:00", "03:00", jours=read_days("tous")), jour)

    assert window.ferme - window.ouvre == timedelta(hours=hours)


@pytest.mark.parametrize(("at", "first"), [("2026-11-18T09:59", "18"), ("2026-11-18T10:00", "19")])
def test_what_is_confirmed_judges_no_window_that_was_over(at: str, first: str) -> None:
    assert f"{first_judged(expect('08:00', '10:00'), paris(at)):%d}" == first


def test_the_end_of_a_month_is_three_working_days() -> None:
    attendu = expect()
    days = [date(2026, 4, 20) + timedelta(days=n) for n in range(20)]

    # 1 May is a bank holiday and 2 and 3 May a week-end
    assert [day for day in days if is_month_end(attendu, day)] == [
        date(2026, 4, 29),
        date(2026, 4, 30),
        date(2026, 5, 4),
    ]


# -- judgement --------------------------------------------------------------------------------------------

TUESDAY = recus([paris("2026-11-17T23:00")])


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-11-18T21:59", []),
        ("2026-11-19T02:14", []),
        ("2026-11-19T02:15", [("18/11", "retard")]),
        ("2026-11-19T22:30", [("18/11", "retard")]),
        ("2026-11-20T02:15", [("19/11", "retard")]),
    ],
)
def test_nothing_is_late_before_the_window_and_its_tolerance_are_over(
    at: str, found: list[tuple[str, str]]
) -> None:
    assert wrong(expect(), TUESDAY, paris(at)) == found


@pytest.mark.parametrize(
    "come", ["2026-11-18T21:00", "2026-11-19T02:00", "2026-11-19T04:00", "2026-11-19T14:00"]
)
def test_what_comes_a_little_early_or_late_is_not_missed(come: str) -> None:
    some = [*TUESDAY, *recus([paris(come)])]

    assert wrong(expect(), some, paris("2026-11-19T20:00")) == []


@pytest.mark.parametrize(
    ("feries", "found"),
    [(Feries.SAUTER, []), (Feries.EXECUTER, [("11/11", "retard")]), (Feries.DECALER, [])],
)
def test_a_bank_holiday_is_no_absence_unless_it_is_meant(
    feries: Feries, found: list[tuple[str, str]]
) -> None:
    some = recus([paris("2026-11-10T23:00")])

    assert wrong(expect(feries=feries), some, paris("2026-11-12T12:00")) == found


def test_a_shifted_deposit_is_expected_on_the_next_working_day() -> None:
    mondays = expect("08:00", "10:00", jours=read_days("lundi"), feries=Feries.DECALER)
    some = recus([paris("2026-03-30T09:00")])  # Monday 6 April 2026 is Easter Monday

    assert wrong(mondays, some, paris("2026-04-06T23:00")) == []
    assert wrong(mondays, some, paris("2026-04-07T10:15")) == [("07/04", "retard")]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"du": date(2026, 11, 19)}, []),
        ({"au": date(2026, 11, 17)}, []),
        ({"pause_au": date(2026, 11, 18)}, []),
        ({"fermetures": frozenset({date(2026, 11, 18)})}, []),
        ({"pause_au": date(2026, 11, 17)}, [("18/11", "retard")]),
    ],
)
def test_what_is_not_judged_is_not_missed(change: dict[str, object], found: list[tuple[str, str]]) -> None:
    assert wrong(expect(**change), TUESDAY, paris("2026-11-19T12:00")) == found


@pytest.mark.parametrize(
    ("factures", "ttc", "at", "found"),
    [
        (100, 1000, "2026-11-19T12:00", []),
        (151, 1000, "2026-11-18T23:01", ["volume-haut"]),  # at once
        (100, 1501, "2026-11-18T23:01", ["montant-haut"]),
        (49, 1000, "2026-11-19T02:14", []),
        (49, 1000, "2026-11-19T02:15", ["volume-bas"]),
        (100, 499, "2026-11-19T02:15", ["montant-bas"]),
        (49, 100, "2026-11-19T02:15", ["volume-bas"]),  # fewer invoices, hence a lower amount: told once
        (None, 0, "2026-11-19T12:00", []),  # not decided yet: we cannot say
    ],
)
def test_volumes_are_too_low_at_the_close_and_too_high_at_once(
    factures: int | None, ttc: int, at: str, found: list[str]
) -> None:
    some = [*TUESDAY, *recus([paris("2026-11-18T23:00")], factures, ttc)]

    assert [nature for _, nature in wrong(expect(volumes=BOUNDED), some, paris(at))] == found


def test_deposits_of_one_window_are_counted_together() -> None:
    some = recus([paris(f"2026-11-18T{hour}:00") for hour in ("21", "22", "23")], 60, 400)
    vue = see(expect(volumes=BOUNDED), some, paris("2026-11-18T23:30"))
    (trouble,) = vue.troubles

    assert trouble.nature is HAUT
    assert trouble.phrase == (
        "Dépôt attendu le mercredi 18/11/2026 de 22:00 à 02:00 : 180 factures (attendu : 50 à 150)."
    )


def test_the_end_of_a_month_has_its_own_bounds() -> None:
    attendu = expect(volumes=BOUNDED, pointe=volumes(plage(1, 9), plage(300, 900)))
    some = recus([paris("2026-11-27T23:00"), paris("2026-11-30T23:00")], 400, 1000)

    assert wrong(attendu, some, paris("2026-12-01T12:00")) == []
    assert wrong(attendu, recus([paris("2026-11-30T23:00")], 100), paris("2026-12-01T12:00")) == [
        ("30/11", "volume-bas")
    ]


# -- rhythms ----------------------------------------------------------------------------------------------

RHYTHMS = st.sampled_from(
    [
        expect("22:00", "02:00", jours=read_days("tous")),
        expect("22:00", "02:00"),
        expect("01:30", "03:30", jours=read_days("tous")),  # over the hours that do not exist, or twice
        expect("00:00", "00:00", jours=read_days("tous")),
        expect("08:00", "10:00", jours=read_days("lundi,jeudi"), feries=Feries.DECALER),
        expect("08:00", "18:00", jours=read_days("dernier-ouvré")),
        expect("23:30", "00:30", jours=read_days("15,dernier"), feries=Feries.EXECUTER),
    ]
)
# Each change of hour, and the bank holidays of spring and of the end of the year, are in some period.
STARTS = st.sampled_from([date(2026, 3, 16), date(2026, 4, 27), date(2026, 10, 12), date(2026, 12, 14)])


def windows_of(attendu: Attendu, start: date, weeks: int) -> list[tuple[datetime, datetime]]:
    coming = next_due(attendu, start, datetime(start.year, start.month, start.day, tzinfo=PARIS), many=200)
    return [(one.ouvre, one.ferme) for one in coming if one.jour < start + timedelta(weeks=weeks)]


@settings(max_examples=60, deadline=None)
@given(RHYTHMS, STARTS, st.integers(0, 2**32))
def test_a_rhythm_that_is_kept_is_never_told(attendu: Attendu, start: date, seed: int) -> None:
    random = Random(seed)
    windows = windows_of(attendu, start - timedelta(weeks=10), 16)
    some = recus([opens + (closes - opens) * random.random() for opens, closes in windows])
    looks = [paris(f"{start}T00:00") + timedelta(hours=random.random() * 24 * 30) for _ in range(30)]

    assert [wrong(attendu, some, at) for at in looks] == [[]] * len(looks)


@settings(max_examples=60, deadline=None)
@given(RHYTHMS, STARTS, st.integers(0, 2**32))
def test_a_rhythm_that_stops_is_told_at_the_end_of_the_next_window(
    attendu: Attendu, start: date, seed: int
) -> None:
    random = Random(seed)
    windows = windows_of(attendu, start - timedelta(weeks=10), 20)
    last = random.randrange(len(windows) // 2, len(windows) - 1)
    some = recus([opens + (closes - opens) * random.random() for opens, closes in windows[: last + 1]])
    due = windows[last + 1][1] + TOLERANCE

    assert wrong(attendu, some, due - timedelta(microseconds=1)) == []
    assert [nature for _, nature in wrong(attendu, some, due)] == ["retard"]


# -- what is told -----------------------------------------------------------------------------------------

AUTEUR = Auteur("Navette", PARIS, timedelta(hours=1))
WHO = Deposant("AAA123", "Fournitures de l'Ouest")
MISSED = paris("2026-11-19T02:15")


def told(nature: NatureSignalement = RETARD, jour: date = date(2026, 11, 18)) -> Signalement:
    return Signalement(
        1, "AAA123", jour, nature, "Dépôt attendu : rien reçu.", paris("2026-11-19T02:00"), MISSED, id=7
    )


def test_what_was_told_is_not_told_again() -> None:
    vue = see(expect(), TUESDAY, MISSED)

    assert [one.jour.day for one in compare(vue, [], TUESDAY).nouveaux] == [18]
    assert compare(vue, [told()], TUESDAY) == ((), (), ())


def test_what_was_told_goes_on_while_other_windows_are_missed() -> None:
    vue = see(expect(), TUESDAY, paris("2026-11-20T02:15"))
    changes = compare(vue, [told()], TUESDAY)

    assert [one.jour.day for one in changes.nouveaux] == [19]
    assert (changes.regles, changes.caducs) == ((), ())


def test_what_comes_at_last_settles_every_window_that_was_missed() -> None:
    some = [*TUESDAY, *recus([paris("2026-11-20T03:00")])]
    vue = see(expect(), some, paris("2026-11-20T03:05"))
    known = [told(), told(jour=date(2026, 11, 19))]
    changes = compare(vue, known, some)

    assert [(one.jour.day, fin) for one, fin in changes.regles] == [
        (18, "Dépôt reçu le 20/11/2026 à 03:00 (100 factures)."),
        (19, "Dépôt reçu le 20/11/2026 à 03:00 (100 factures)."),
    ]


def test_a_volume_that_is_made_up_for_is_settled_and_one_that_is_past_is_over() -> None:
    attendu = expect(volumes=BOUNDED)
    some = [*TUESDAY, *recus([paris("2026-11-18T23:00"), paris("2026-11-19T09:00")], 40, 600)]
    made_up = compare(see(attendu, some, paris("2026-11-19T10:00")), [told(BAS)], some)
    past = compare(see(attendu, some[:2], paris("2026-11-23T12:00")), [told(BAS)], some[:2])

    assert [fin for _, fin in made_up.regles] == [
        "Le compte est maintenant celui qui est attendu : 2 flux, 80 factures."
    ]
    assert [one.id for one in past.caducs] == [7]


def test_a_pause_ends_what_was_told_without_a_word() -> None:
    vue = see(expect(pause_au=date(2026, 11, 30)), TUESDAY, MISSED)

    assert compare(vue, [told()], TUESDAY) == ((), (), (told(),))


def test_files_say_the_same_bytes_at_each_writing_and_what_to_do() -> None:
    (_, as_json), (name, as_text) = write_files(told(), WHO, AUTEUR)
    text = as_text.decode()

    assert name == "signalement-2026-11-18-retard.txt"
    assert write_files(told(), WHO, AUTEUR) == write_files(told(), WHO, AUTEUR)
    assert "dépôt attendu de AAA123 (Fournitures de l'Ouest)" in text
    assert "l'exploitant de la plateforme sera prévenu le 19/11/2026 à 03:15" in text
    assert b'"etat": "en cours"' in as_json


@pytest.mark.parametrize("nature", list(NatureSignalement))
def test_every_kind_has_its_words(nature: NatureSignalement) -> None:
    mail = write_mail([told(nature)], WHO, AUTEUR)

    assert "d'habitude" in mail.lower() or "en retard" in mail.lower()
    assert "Que faire" in mail


def test_an_expected_deposit_is_told_in_one_line() -> None:
    attendu = expect(
        volumes=BOUNDED,
        pointe=volumes(plage(2)),
        territoire="57",
        fermetures=frozenset({date(2026, 12, 24)}),
        au=date(2027, 1, 31),
    )

    assert tell_attendu(attendu).replace("\u00a0", " ") == (
        "du lundi au vendredi de 22:00 à 02:00, sauf jours fériés ; 1 à 3 flux, 50 à 150 factures, "
        "500 à 1 500 EUR TTC ; en fin de mois : au moins 2 flux ; fériés du territoire 57 ; "
        "fermé le 24/12/2026 ; à partir du 01/01/2020 ; jusqu'au 31/01/2027"
    )


def test_what_is_never_due_is_never_judged() -> None:
    never = expect(jours=JoursAttendus())

    assert see(never, TUESDAY, MISSED).troubles == ()
    assert WEEKDAYS.mean(date(2026, 11, 18), lambda day: True)
    assert not Plage(Decimal(1)).is_above(5)
    assert list(every_day(date(2026, 11, 20), date(2026, 11, 23), "08:00"))[1].astimezone(UTC).day == 23
