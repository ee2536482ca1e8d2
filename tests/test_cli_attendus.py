"""``edi attendus``: learnt, confirmed, changed and looked at, as an operator does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from attendus import every_day, paris, record
from workspace import Typed, make_espace, type_edi

from edi.espace import Espace

Edi = Callable[..., Typed]


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    """Friday 20 November 2026, nine in the morning."""
    return make_espace(tmp_path / "espace")


@pytest.fixture
def edi(espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    """The command, typed in the workspace."""
    monkeypatch.chdir(espace.root)
    return lambda *arguments: type_edi(capsys, *arguments)


@pytest.fixture
def history(espace: Espace) -> Espace:
    """AAA123 has sent two flux_list every working evening since September."""
    numero = 0
    for at in every_day(date(2026, 9, 1), date(2026, 11, 19), "22:30"):
        if at.date() != date(2026, 11, 11):
            for _ in range(2):
                numero += 1
                record(espace, "AAA123", at, numero, factures=50)
    return espace


def test_nothing_is_expected_of_anybody_at_first(edi: Edi) -> None:
    assert "Aucun dépôt attendu" in edi("attendus", "list").out
    assert edi("attendus", "list", "--json").json == []


@pytest.mark.usefixtures("history")
def test_what_is_learnt_is_proposed_with_its_evidence_and_judges_nothing(edi: Edi) -> None:
    shown = edi("attendus", "apprend", "AAA123")
    lines = shown.out.replace("\u00a0", " ").splitlines()

    assert lines[0] == (
        "AAA123 : proposé. du lundi au vendredi de 22:00 à 23:00, sauf jours fériés ; 1 à 3 flux, "
        "80 à 120 factures, 800 à 1 200 EUR TTC."
    )
    assert "  22 h ████████████████████████  114" in shown.out
    assert "mercredi  ████████████████████ 11 sur 11" in shown.out
    assert "Sur 57 fenêtres passées, aucune n'aurait été signalée." in lines
    assert "Si c'est juste : « edi attendus confirme AAA123 »" in shown.out
    (known,) = edi("attendus", "list", "--json").json
    assert (known["etat"], known["derniere"]["jugee"]) == ("proposé", False)


@pytest.mark.usefixtures("history")
def test_what_is_known_already_is_not_proposed_again(edi: Edi) -> None:
    edi("attendus", "apprend", "AAA123")
    edi("attendus", "confirme", "AAA123")
    (again,) = edi("attendus", "apprend", "AAA123", "--json").json

    assert (again["propose"], again["raison"], again["preuve"]["taux"]) == (False, "inchangé", 0.0)
    assert [one["etat"] for one in edi("attendus", "list", "--json").json] == ["confirmé"]


@pytest.mark.usefixtures("history")
def test_a_dry_run_records_nothing_and_all_deposants_are_looked_at(edi: Edi) -> None:
    told = edi("attendus", "apprend", "--a-blanc", "--json").json

    assert {one["deposant"]: one["raison"] for one in told if not one["propose"]} == {
        one["deposant"]: "aucun dépôt dans la période" for one in told if one["deposant"] != "AAA123"
    }
    assert edi("attendus", "list", "--json").json == []


@pytest.mark.usefixtures("history")
def test_too_short_a_history_says_what_is_missing(edi: Edi) -> None:
    shown = edi("attendus", "apprend", "AAA123", "--depuis", "16/11/2026").out

    assert "rien n'est proposé, trop peu d'historique : 4 jours de dépôt en 4 jours" in shown
    assert "il manque encore 2 jours de dépôt et 24 jours d'historique." in shown


def test_an_expected_deposit_is_written_confirmed_changed_and_ended_and_who_did_it_is_kept(edi: Edi) -> None:
    written = ("--jours", "ouvrés", "--fenetre", "22h-2h", "--factures", "900-1500", "--par", "soazig")
    assert "AAA123 : proposé." in edi("attendus", "ajoute", "AAA123", *written).out
    edi("attendus", "confirme", "AAA123", "--par", "nolwenn")
    changed = edi("attendus", "modifie", "AAA123", "--fin-de-mois", "--factures", "-5000", "--json").json
    edi("attendus", "modifie", "AAA123", "--pause", "30/11/2026", "--fermeture", "24/12/2026")
    page = edi("attendus", "show", "AAA123").out
    gone = edi("attendus", "supprime", "AAA123")
    past = edi("attendus", "show", "AAA123", "--json").json["historique"]

    assert changed["fin_de_mois"]["factures"] == [None, "5000"]
    assert "en pause jusqu'au 30/11/2026" in page
    assert gone.out.startswith("AAA123 : terminé.")
    assert [(one["acte"], one["par"]) for one in past[:2]] == [("proposé", "soazig"), ("confirmé", "nolwenn")]
    assert [one["acte"] for one in past[2:]] == ["modifié", "modifié", "terminé"]
    assert edi("attendus", "list", "--json").json == []


def test_what_is_confirmed_takes_the_place_of_what_was(edi: Edi) -> None:
    for hours in ("08:00-10:00", "09:00-11:00"):
        edi("attendus", "ajoute", "AAA123", "--jours", "tous", "--fenetre", hours)
        edi("attendus", "confirme", "AAA123")
    (known,) = edi("attendus", "list", "--json").json

    assert (known["debut"], known["du"]) == ("09:00", "2026-11-20")
    assert [one["acte"] for one in edi("attendus", "show", "AAA123", "--json").json["historique"]] == [
        "proposé",
        "confirmé",
        "proposé",
        "terminé",
        "confirmé",
    ]


@pytest.mark.parametrize(
    ("received", "hours", "told"),
    [
        ("2026-11-20T08:30", "08:00-10:00", "reçu 1 flux, 60 factures, 600 EUR (d'habitude 1 flux"),
        ("2026-11-19T08:30", "08:00-10:00", "attendu jusqu'au 20/11/2026 10:00, rien encore"),
        ("2026-11-19T08:30", "10:00-11:00", "à venir le 20/11/2026 10:00"),
        ("2026-11-18T08:30", "07:00-08:00", "en retard depuis le 20/11/2026 08:00"),
    ],
)
def test_the_list_says_how_each_stands_just_now(
    edi: Edi, espace: Espace, received: str, hours: str, told: str
) -> None:
    record(espace, "AAA123", paris(received), 1, factures=60)
    edi("attendus", "ajoute", "AAA123", "--jours", "tous", "--fenetre", hours, "--flux", "1")
    edi("attendus", "confirme", "AAA123", "--du", "18/11/2026")
    (known,) = edi("attendus", "list", "--json").json

    assert known["en_ce_moment"].replace("\u00a0", " ").startswith(told)
    assert edi("attendus", "list").code == 0


@pytest.mark.usefixtures("history")
def test_past_windows_are_shown_with_what_was_wrong(edi: Edi) -> None:
    edi("attendus", "ajoute", "AAA123", "--jours", "ouvrés", "--fenetre", "22:00-23:00", "--factures", "200-")
    edi("attendus", "confirme", "AAA123", "--du", "01/11/2026")
    windows = edi("attendus", "show", "AAA123", "--json").json["fenetres"]
    page = edi("attendus", "show", "AAA123").out

    assert {one["constat"] for one in windows} == {"100 factures (attendu : au moins 200)"}
    assert (windows[0]["jour"], windows[0]["flux"], windows[0]["factures"]) == ("2026-11-19", 2, 100)
    assert "jeudi 19/11/2026" in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("apprend", "XXX000"), "n'est pas déclaré"),
        (("show", "AAA123"), "aucun dépôt n'est attendu"),
        (("confirme", "AAA123"), "rien n'est proposé pour « AAA123 »"),
        (("modifie", "AAA123", "--flux", "2"), "rien n'est attendu de « AAA123 »"),
        (("supprime", "AAA123"), "rien n'est attendu de « AAA123 »"),
        (("ajoute", "AAA123", "--jours", "lundii", "--fenetre", "8h-9h"), "ne désigne pas de jour"),
        (("ajoute", "AAA123", "--jours", "lundi", "--fenetre", "matin"), "n'est pas une fenêtre"),
        (
            ("ajoute", "AAA123", "--jours", "lundi", "--fenetre", "8h-9h", "--factures", "x"),
            "n'est pas un intervalle",
        ),
        (("apprend", "AAA123", "--depuis", "hier"), "n'est pas une date"),
    ],
)
def test_what_cannot_be_done_is_one_line(edi: Edi, typed: tuple[str, ...], told: str) -> None:
    done = edi("attendus", *typed)

    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert told in done.err


def test_a_change_that_changes_nothing_is_said(edi: Edi) -> None:
    edi("attendus", "ajoute", "AAA123", "--jours", "lundi", "--fenetre", "8h-9h")

    assert "rien à changer" in edi("attendus", "modifie", "AAA123").err
