"""A déposant is told first, then operators, then both that it is settled: a real workspace, a moved clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attendus import Monde, bodies, expect, make_monde, plage, volumes
from interruption import At
from messagerie import Box, mail_server
from sqlalchemy import update
from workspace import deposit

from edi import acts
from edi.attendus import registre
from edi.attendus.saisie import read_days
from edi.model import Attendu, EtatAttendu, FluxStatut, Saisie
from edi.samples import LotSpec
from edi.store import alertes, canaux, signalements
from edi.store import attendus as store
from edi.store.tables import flux

EXPECTED = expect("22:00", "02:00", volumes=volumes(factures=plage(50, 500), eur=plage(500, 6000)))
RETARD = "signalement-2026-11-18-retard.txt"


def begin(root: Path, *blocs: str, attendu: Attendu = EXPECTED) -> Monde:
    """Wednesday evening; AAA123 has sent its night's lot the day before."""
    made = make_monde(root, "2026-11-17T23:00", *blocs, attendu=attendu)
    made.receive()
    made.look_until("2026-11-18T21:00", minutes=120)
    return made


@pytest.fixture
def monde(tmp_path: Path) -> Monde:
    return begin(tmp_path / "e")


def test_a_rhythm_that_is_kept_tells_nobody_anything(monde: Monde) -> None:
    """Four weeks."""
    for day in range(18, 46):
        month, rank = ("11", day) if day <= 30 else ("12", day - 30)
        monde.look_until(f"2026-{month}-{rank:02}T22:40", minutes=60)
        if monde.horloge.at.weekday() < 5:
            monde.receive()

    assert (monde.told, monde.folder()) == ([], {})


def test_a_late_deposit_is_told_to_its_deposant_then_to_operators_then_settled(monde: Monde) -> None:
    monde.look_until("2026-11-19T02:10")
    assert monde.folder() == {}
    monde.look_until("2026-11-19T02:20")
    assert list(monde.folder()) == ["signalement-2026-11-18-retard.json", RETARD]
    assert "EN RETARD" in monde.folder()[RETARD]
    monde.look_until("2026-11-19T03:10")
    assert monde.told == []
    monde.look_until("2026-11-19T04:00")
    assert monde.told == [("19/11 03:20", "OUVERTE", "depot-attendu")]
    monde.receive()
    monde.look_until("2026-11-19T05:00")

    assert monde.told[1:] == [("19/11 04:20", "RESOLUE", "depot-attendu")]
    assert "RÉGLÉ : Dépôt reçu le 19/11/2026 à 04:00" in monde.folder()[RETARD]
    assert json.loads(monde.folder()["signalement-2026-11-18-retard.json"])["etat"] == "réglé"
    assert len(monde.folder()) == 2


def test_one_that_comes_within_the_hour_never_reaches_operators(monde: Monde) -> None:
    monde.look_until("2026-11-19T03:00")
    monde.receive()
    monde.look_until("2026-11-19T12:00")

    assert monde.told == []
    assert "RÉGLÉ" in monde.folder()[RETARD]


def test_one_that_stays_away_is_told_once_a_window_and_is_one_alert(monde: Monde) -> None:
    monde.look_until("2026-11-21T12:00", minutes=20)
    names = [name for name in monde.folder() if name.endswith(".txt")]
    with monde.espace.engine.begin() as conn:
        (alerte,) = alertes.current(conn)
        known = signalements.open_ones(conn)
    assert names == [f"signalement-2026-11-{day}-retard.txt" for day in (18, 19, 20)]
    assert len(known) == 3
    assert alerte.phrase.startswith(
        "AAA123 est absent (3 dépôts attendus ne sont pas venus). Dépôt attendu le mercredi 18/11/2026"
    )
    assert "prévenu le 21/11/2026 à 02:20 dans son dossier « statut »" in alerte.phrase
    assert [nature for _, nature, _ in monde.told if nature != "RAPPEL"] == ["OUVERTE"]

    monde.receive()
    monde.look_until("2026-11-21T13:00", minutes=20)

    assert [text for text in monde.folder().values() if "RÉGLÉ" in text or '"réglé"' in text] == [
        *monde.folder().values()
    ]
    assert monde.told[-1][1:] == ("RESOLUE", "depot-attendu")


def test_a_bank_holiday_is_no_absence(tmp_path: Path) -> None:
    monde = make_monde(tmp_path / "e", "2026-11-10T23:00", attendu=EXPECTED)
    monde.receive()
    monde.look_until("2026-11-12T21:00", minutes=30)

    assert (monde.told, monde.folder()) == ([], {})


@pytest.mark.parametrize(
    ("start", "told"),
    [("2026-03-27T23:00", "29/03 03:45 +0200"), ("2026-10-23T23:00", "25/10 02:45 +0100")],
)
def test_a_window_over_midnight_closes_when_clocks_change(tmp_path: Path, start: str, told: str) -> None:
    """It ends at 02:30: of the hour that comes twice the second time, of the one that is skipped at 03:30."""
    monde = make_monde(tmp_path / "e", start, attendu=expect("22:00", "02:30", jours=read_days("tous")))
    monde.receive()
    monde.look_until(f"2026-{told[3:5]}-{told[:2]}T06:00", minutes=15)
    with monde.espace.engine.begin() as conn:
        (one,) = signalements.open_ones(conn)

    assert f"{one.dit_le.astimezone(monde.espace.settings.fuseau):%d/%m %H:%M %z}" == told


@pytest.mark.parametrize(
    ("factures", "ttc", "name"),
    [(20, 100, "volume-bas"), (600, 5, "volume-haut"), (100, 1, "montant-bas"), (100, 100, "montant-haut")],
)
def test_an_unusual_volume_or_amount_is_told_to_both(
    monde: Monde, factures: int, ttc: int, name: str
) -> None:
    monde.look_until("2026-11-18T23:00", minutes=30)
    monde.receive(factures=factures, ttc=ttc)
    monde.look_until("2026-11-19T12:00", minutes=10)
    first = {"haut": "19/11 00:20", "bas": "19/11 03:30"}[name.split("-")[1]]

    assert [text for text in monde.folder() if text.endswith(".txt")] == [
        f"signalement-2026-11-18-{name}.txt"
    ]
    assert monde.told[0] == (first, "OUVERTE", "depot-anormal")


def test_what_was_missing_and_comes_after_all_is_settled(monde: Monde) -> None:
    monde.look_until("2026-11-18T23:00", minutes=30)
    monde.receive(factures=30, ttc=30)
    monde.look_until("2026-11-19T03:00", minutes=15)
    monde.receive(factures=40, ttc=30)
    monde.look_until("2026-11-19T12:00", minutes=15)

    assert monde.told == []
    assert "RÉGLÉ : Le compte est maintenant" in monde.folder()["signalement-2026-11-18-volume-bas.txt"]


def test_an_irrecevable_deposit_has_come_and_a_reminder_has_not(monde: Monde) -> None:
    monde.look_until("2026-11-18T23:00", minutes=30)
    monde.receive(statut=FluxStatut.RAPPEL)
    monde.look_until("2026-11-19T02:20", minutes=20)
    assert RETARD in monde.folder()
    monde.receive(factures=0, statut=FluxStatut.IRRECEVABLE)
    monde.look_until("2026-11-19T02:30")

    assert "RÉGLÉ" in monde.folder()[RETARD]
    assert "signalement-2026-11-18-volume-bas.txt" in monde.folder()


# -- whose fault it may be --------------------------------------------------------------------------------


def test_a_file_that_lies_there_untaken_is_not_missing(monde: Monde) -> None:
    deposit(monde.espace, LotSpec("ubl", 1))
    monde.look_until("2026-11-19T12:00", minutes=30)

    assert (monde.told, monde.folder()) == ([], {})


SERVER = """[[serveur]]
nom = "partenaire"
hote = "sftp.example.org"
utilisateur = "n"
cle = "c"
[[serveur.dossier]]
deposant = "AAA123"
entree = "/depot"
"""


def test_a_server_that_does_not_answer_is_not_the_silence_of_its_deposant(tmp_path: Path) -> None:
    monde = begin(tmp_path / "e", SERVER)
    monde.look_until("2026-11-19T12:00", minutes=30)
    assert monde.folder() == {}
    with monde.espace.engine.begin() as conn:
        canaux.succeed(conn, "partenaire", monde.espace.now())
    monde.look_until("2026-11-19T12:10")

    assert RETARD in monde.folder()


def test_a_deposant_that_is_not_connected_is_left_alone(tmp_path: Path) -> None:
    monde = begin(tmp_path / "e")
    config = monde.espace.root / "config" / "edi.toml"
    told = config.read_text("utf-8").replace(
        'code = "AAA123"', 'code = "AAA123"\nraccordement_actif = false', 1
    )
    config.write_text(told, "utf-8")
    monde.reopen()
    monde.look_until("2026-11-19T12:00", minutes=30)

    assert (monde.told, monde.folder()) == ([], {})


@pytest.mark.parametrize("etat", [EtatAttendu.PROPOSE, EtatAttendu.TERMINE])
def test_what_is_not_confirmed_is_not_judged(monde: Monde, etat: EtatAttendu) -> None:
    with monde.espace.engine.begin() as conn:
        (known,) = store.current(conn, monde.espace.settings.fuseau)
        by = Saisie(monde.espace.now(), "soazig")
        registre.end(conn, known, by)
        if etat is EtatAttendu.PROPOSE:
            registre.propose(conn, known, by)
    monde.look_until("2026-11-19T12:00", minutes=30)

    assert (monde.told, monde.folder()) == ([], {})


def test_what_is_expected_no_more_is_over_for_operators(monde: Monde) -> None:
    monde.look_until("2026-11-19T04:00", minutes=10)
    assert [nature for _, nature, _ in monde.told] == ["OUVERTE"]
    with monde.espace.engine.begin() as conn:
        (known,) = store.current(conn, monde.espace.settings.fuseau)
        registre.end(conn, known, Saisie(monde.espace.now(), "soazig"))
    monde.look_until("2026-11-19T05:00", minutes=10)

    assert [nature for _, nature, _ in monde.told] == ["OUVERTE", "RESOLUE"]
    assert "CLOS : cette fenêtre n'est plus regardée" in monde.folder()[RETARD]


def test_a_flux_that_is_not_decided_is_not_counted_against_anybody(monde: Monde) -> None:
    monde.look_until("2026-11-18T23:00", minutes=30)
    monde.receive(factures=10)
    with monde.espace.engine.begin() as conn:
        conn.execute(
            update(flux).where(flux.c.ticket == "tAAA1232").values(statut=FluxStatut.EN_ATTENTE.name)
        )
    monde.look_until("2026-11-19T12:00", minutes=30)

    assert monde.folder() == {}


# -- once, whatever happens -------------------------------------------------------------------------------


def test_a_restart_tells_nothing_twice(monde: Monde) -> None:
    for hour in range(2, 9):
        monde.look_until(f"2026-11-19T{hour:02}:30", minutes=10)
        monde.restart()
    first = monde.folder()
    monde.receive()
    for hour in range(9, 12):
        monde.look_until(f"2026-11-19T{hour:02}:30", minutes=10)
        monde.restart()

    assert len(first) == len(monde.folder()) == 2
    assert [nature for _, nature, _ in monde.told] == ["OUVERTE", "RAPPEL", "RESOLUE"]


def test_two_processes_tell_a_deposant_once(monde: Monde) -> None:
    other = Monde(monde.espace, monde.veille)
    other.restart()
    monde.horloge.set("2026-11-19T02:20")
    with monde.espace.spool.alone_at_watch():  # another process is just looking
        monde.veille.look()
    assert monde.folder() == {}
    monde.veille.look()
    other.veille.look()

    with monde.espace.engine.begin() as conn:
        assert len(signalements.of_appli(conn, "AAA123", 9)) == 1


MAILS = '[[deposant]]\ncode = "ZZZ999"\nsiret = ""\ncourriel = ["envois@example.net"]\n'


def mailed(box_port: int) -> str:
    lines = ["[alertes.courriel]", 'hote = "127.0.0.1"', f"port = {box_port}", 'securite = "aucune"']
    return "\n".join([*lines, 'de = "navette@example.org"', 'a = ["edi@example.org"]', MAILS])


def test_a_deposant_with_an_address_is_written_to_first(tmp_path: Path) -> None:
    box = Box()
    with mail_server(box) as courriel:
        attendu = expect("22:00", "02:00")
        monde = make_monde(tmp_path / "e", "2026-11-17T23:00", mailed(courriel.port))
        monde.confirm(attendu, "ZZZ999")
        monde.receive("ZZZ999")
        monde.look_until("2026-11-19T02:20", minutes=20)
        assert bodies(box) == [("envois@example.net", "[Navette] ZZZ999 : En retard")]
        assert "Déposez dans « in »" in box.mails[0].get_content()
        monde.look_until("2026-11-19T03:30", minutes=5)
        assert [to for to, _ in bodies(box)] == ["envois@example.net", "edi@example.org"]
        assert "prévenu le 19/11/2026 à 02:20 dans son dossier « statut » et par courriel" in " ".join(
            box.mails[1].get_content().split()
        )
        monde.receive("ZZZ999")
        monde.look_until("2026-11-19T04:00", minutes=5)

    (operators, subject), settled = sorted(bodies(box)[2:])
    assert operators == "edi@example.org"
    assert subject.startswith("[Navette] Réglé : ZZZ999 est en retard. Dépôt attendu le mercredi")
    assert settled == (
        "envois@example.net",
        "[Navette] ZZZ999 : Réglé : Dépôt reçu le 19/11/2026 à 03:30 (100 factures).",
    )


def test_a_mail_that_does_not_leave_is_tried_again_and_told_to_operators(tmp_path: Path) -> None:
    box = Box()
    with mail_server(box) as courriel:
        monde = make_monde(tmp_path / "e", "2026-11-17T23:00", mailed(courriel.port))
        monde.confirm(expect("22:00", "02:00"), "ZZZ999")
        monde.receive("ZZZ999")
        box.refused = {"envois@example.net"}
        monde.look_until("2026-11-19T02:50", minutes=5)
        assert ("OUVERTE", "annonce") in [one[1:] for one in monde.told]
        box.refused = set()
        monde.look_until("2026-11-19T06:00", minutes=30)

    assert "signalement-2026-11-18-retard.txt" in monde.folder("ZZZ999")
    assert [subject for to, subject in bodies(box) if to == "envois@example.net"] == [
        "[Navette] ZZZ999 : En retard"
    ]


class Killed(BaseException):
    """The process ends here."""


def end(act: str, subject: object) -> None:
    raise Killed


def test_a_kill_at_any_act_of_a_look_tells_everything_once(tmp_path: Path) -> None:
    box, seen = Box(), set()
    with mail_server(box) as courriel:
        point = 0
        while True:
            point += 1
            box.mails.clear()
            monde = make_monde(tmp_path / str(point), "2026-11-18T01:00", mailed(courriel.port))
            monde.confirm(expect("22:00", "02:00"), "ZZZ999")
            monde.receive("ZZZ999")
            monde.horloge.set("2026-11-19T02:20")
            try:
                with acts.observed(At(point, end)):
                    monde.veille.look()
                break  # there are fewer points than that
            except Killed:
                monde.restart()
            monde.look_until("2026-11-19T02:40", minutes=5)
            seen.add((len({mail["Message-ID"] for mail in box.mails}), len(monde.folder("ZZZ999"))))
            assert len(box.mails) <= 2  # twice when it had left and nobody had written it down

    assert point > 8
    assert seen == {(1, 2)}
