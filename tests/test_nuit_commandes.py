"""The nights as an operator has them: the commands, the server that does them by itself, real processes."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nuits import EspaceDeNuit, add_settings, at_night, history, make_nights
from workspace import answers, deposit, type_edi

from edi.app import App
from edi.espace import open_espace
from edi.model import Etape, Genre, Issue, Passage
from edi.nuit.reveil import make_reveil, set_hours
from edi.samples import LotSpec
from edi.store import taches

NUIT, BBB = 'nom = "nuit"', 'nom = "bbb"\ndeposants = ["BBB*"]\njours = ["vendredi"]'
LOT, OTHER = LotSpec("ubl", 2, numero_flux=1), LotSpec("ubl", 1, appli="BBB456", numero_flux=2)
SOON = 15.0  # seconds: generous on a busy machine


@pytest.fixture
def espace(tmp_path: Path) -> EspaceDeNuit:
    """A workspace whose own clock, that commands read, says 22:30."""
    espace = make_nights(tmp_path / "e", "2026-11-20T22:30", NUIT, BBB)
    config = espace.root / "config" / "edi.toml"
    text = config.read_text("utf-8").replace("2026-11-20T09:00", "2026-11-20T22:30")
    config.write_text(text.replace("[collecte]", "[collecte]\nintervalle = 60.0"), "utf-8")
    return at_night(open_espace(espace.root), espace.horloge)


# -- commands ---------------------------------------------------------------------------------------------


def test_run_job_does_what_is_due_of_one_job_and_nothing_else(
    espace: EspaceDeNuit, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit(espace, LOT)
    deposit(espace, OTHER)
    done = type_edi(capsys, "-e", espace.root, "run", "--job", "bbb")
    again = type_edi(capsys, "-e", espace.root, "run", "--job", "bbb")
    told = type_edi(capsys, "-e", espace.root, "nightly", "list", "bbb", "--json").json

    assert (done.code, again.code) == (0, 0)
    assert "dépôts pris 1 ; flux traités 1 ; factures acceptées 1" in done.out
    assert "Rien n'est dû." in again.out
    assert "27/11/2026 22:00" in again.out
    assert [(run["jour"], run["issue"], run["genre"]) for run in told] == [("2026-11-20", "REUSSI", "PREVU")]
    assert (len(answers(espace)), len(answers(espace, "BBB456"))) == (0, 2)
    assert [path.name for path in espace.spool.inbox("AAA123").iterdir()] == [LOT.nom]


def test_nightly_run_does_everything_that_is_due_and_by_force_what_is_not(
    espace: EspaceDeNuit, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "-e", espace.root, "nightly", "run", "--json").json
    forced = type_edi(capsys, "-e", espace.root, "nightly", "run", "nuit", "--forcer", "--json").json

    assert [(run["tache"], run["genre"]) for run in done] == [("nuit", "PREVU"), ("bbb", "PREVU")]
    assert [(run["tache"], run["genre"]) for run in forced] == [("nuit", "MANUEL")]


def test_nightly_list_and_next_tell_how_jobs_stand(
    espace: EspaceDeNuit, capsys: pytest.CaptureFixture[str]
) -> None:
    before = type_edi(capsys, "-e", espace.root, "nightly", "list").out
    paused = type_edi(capsys, "-e", espace.root, "nightly", "pause", "nuit", "--raison", "fermeture")
    after = type_edi(capsys, "-e", espace.root, "nightly", "list", "--json").json
    coming = type_edi(capsys, "-e", espace.root, "nightly", "next", "bbb", "-n", "6").out
    resumed = type_edi(capsys, "-e", espace.root, "nightly", "resume", "nuit", "--raison", "réouverture").out
    past = type_edi(capsys, "-e", espace.root, "nightly", "list", "nuit").out
    lines = [line for line in before.splitlines() if "│" in line]

    assert "due : à l'heure, 1 échéance" in before
    assert len({len(line) for line in lines}) == 1
    assert "en pause depuis le 20/11/2026 22:30" in paused.out
    assert [(job["nom"], bool(job["pause_le"]), job["due"]) for job in after] == [
        ("nuit", True, False),
        ("bbb", False, True),
    ]
    assert "férié : Noël" in coming
    assert "échéances passées pendant la pause : 1, sans rattrapage" in resumed
    assert "suspendu" in past


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["nightly", "run", "jour"], "nuit, bbb"),
        (["nightly", "run", "--forcer"], "demande le nom"),
        (["nightly", "resume", "nuit", "--raison", "réouverture"], "n'est pas en pause"),
        (["nightly", "pause", "nuit", "--raison", " "], "dites pourquoi"),
        (["run", "--job", "jour"], "« jour » n'est pas déclarée"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    espace: EspaceDeNuit, command: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "-e", espace.root, *command)

    assert done.code == 2
    assert told in done.err


def test_a_workspace_without_jobs_says_how_to_declare_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "-e", make_nights(tmp_path / "e", "2026-11-20T22:30").root, "nightly", "list")

    assert "[[nuit]]" in done.err


def test_a_releve_that_fails_is_told_and_made_the_night_after(
    espace: EspaceDeNuit, capsys: pytest.CaptureFixture[str]
) -> None:
    add_settings(espace.root, '[releve]\ncle = "config/absente.pem"')
    failed = type_edi(capsys, "-e", espace.root, "run", "--job", "nuit")
    config = espace.root / "config" / "edi.toml"
    config.write_text(config.read_text("utf-8").replace("config/absente.pem", ""), "utf-8")
    espace.horloge.set("2026-11-21T22:00")
    (run,) = App(at_night(open_espace(espace.root), espace.horloge)).run_jobs(["nuit"]).faits
    made = sorted(path.name for path in espace.spool.statut("AAA123").glob("releve-*.json"))

    assert failed.code == 1
    assert "DÉFAUT relevé : relevé du 19/11/2026 de AAA123" in failed.out
    assert run.issue is Issue.REUSSI
    assert made == ["releve-2026-11-20.json"]


@pytest.mark.parametrize("again", [False, True])
def test_a_server_that_does_not_answer_is_a_fault_of_the_collecte_and_of_nothing_else(
    espace: EspaceDeNuit, again: bool
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    serveur = f'nom = "ailleurs"\nhote = "127.0.0.1"\nport = {port}\nutilisateur = "x"\ncle = "x"'
    add_settings(
        espace.root, f'[[serveur]]\n{serveur}\n[[serveur.dossier]]\ndeposant = "AAA123"\nentree = "/"'
    )
    app = App(at_night(open_espace(espace.root), espace.horloge))
    deposit(espace, LOT)
    if again:  # it is put off, and not even called
        app.call_once(None, forced=False)
    (run,) = app.run_jobs(["nuit"]).faits
    faults = {step.etape: step.incidents for step in run.etapes if step.incidents}

    assert run.issue is Issue.AVEC_DEFAUTS
    assert list(faults) == [Etape.COLLECTE]
    assert "ailleurs" in faults[Etape.COLLECTE][0]
    assert len(answers(espace)) == 2


def test_an_answer_that_cannot_leave_is_a_fault_of_the_emission(espace: EspaceDeNuit) -> None:
    deposit(espace, LOT)
    espace.spool.outbox("AAA123").rmdir()
    (run,) = App(espace).run_jobs(["nuit"]).faits
    faults = {step.etape: step.incidents for step in run.etapes if step.incidents}

    assert run.issue is Issue.AVEC_DEFAUTS
    assert list(faults) == [Etape.EMISSION]
    assert faults[Etape.EMISSION][0].startswith("2 réponse(s)")


def test_two_real_processes_started_at_once_make_one_run(espace: EspaceDeNuit) -> None:
    for numero in range(1, 5):
        deposit(espace, LotSpec("ubl", 3, numero_flux=numero, graine=numero))
    command = [sys.executable, "-m", "edi", "-e", str(espace.root), "run", "--job", "nuit"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [one.communicate(timeout=90)[0] for one in started]
    (run,) = history(espace)

    assert [one.returncode for one in started] == [0, 0, 0]
    assert sum("réussi" in text for text in told) == 1
    assert sum("Rien n'est dû" in text or "déjà à l'ouvrage" in text for text in told) == 2
    assert (run.issue, run.reprises) == (Issue.REUSSI, 0)
    assert len(answers(espace)) == 8


# -- the server -------------------------------------------------------------------------------------------


@contextmanager
def serving(espace: EspaceDeNuit) -> Iterator[App]:
    passed: list[Passage] = []
    app, stop = App(espace, passed=passed.append), threading.Event()
    thread = threading.Thread(target=app.serve, args=(stop,))
    thread.start()
    try:
        yield app
    finally:
        stop.set()
        app.wake.set()
        thread.join(SOON)
    assert not thread.is_alive()
    assert sorted(one.id for one in passed) == sorted(
        one.id for nom in espace.settings.taches for one in history(espace, nom)
    ), "the server tells each run that it made"


def is_known(espace: EspaceDeNuit) -> bool:
    """Has the server looked at every job?"""
    with espace.engine.begin() as conn:
        return all(taches.get(conn, nom) for nom in espace.settings.taches)


def wait_for(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + SOON
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def test_the_server_does_what_is_due_when_it_starts(espace: EspaceDeNuit) -> None:
    with serving(espace):
        assert wait_for(lambda: len(history(espace)) == len(history(espace, "bbb")) == 1)
        assert wait_for(lambda: history(espace, "bbb")[0].fin)

    assert history(espace)[0].genre is Genre.PREVU


def test_the_server_is_woken_by_the_hour_that_the_scheduler_keeps(espace: EspaceDeNuit) -> None:
    espace.horloge.set("2026-11-20T12:00")
    with serving(espace) as app:
        assert wait_for(lambda: is_known(espace))  # it has looked, and nothing is due
        before = history(espace)
        espace.horloge.set("2026-11-20T22:00")  # its next look by itself is a minute away
        assert app.reveil is not None
        app.reveil.modify_job("nuit", next_run_time=datetime.now(UTC))
        assert wait_for(lambda: history(espace) and history(espace)[0].fin)

    assert before == []
    assert history(espace)[0].issue is Issue.REUSSI


def test_the_scheduler_rings_at_the_openings_and_forgets_jobs_that_are_gone(espace: EspaceDeNuit) -> None:
    rung: list[int] = []
    reveil = make_reveil(espace.engine, espace.settings.fuseau, lambda: rung.append(1))
    jobs = list(espace.settings.taches.values())
    reveil.start()
    try:
        set_hours(reveil, jobs)
        hours = {job.id: job.next_run_time.astimezone(espace.settings.fuseau) for job in reveil.get_jobs()}
        reveil.modify_job("nuit", next_run_time=datetime.now(UTC))
        assert wait_for(lambda: rung)
        again = {job.id: job.next_run_time for job in reveil.get_jobs()}
        set_hours(reveil, jobs[1:])
        left = [job.id for job in reveil.get_jobs()]
    finally:
        reveil.shutdown()

    assert {(at.hour, at.minute) for at in hours.values()} == {(22, 0)}
    assert hours["bbb"].weekday() == 4
    assert again == hours
    assert left == ["bbb"]


def test_the_server_leaves_the_releves_of_jobs_to_them(tmp_path: Path) -> None:
    espace = make_nights(tmp_path / "e", "2026-11-20T12:00", BBB)
    with serving(espace) as app:
        assert wait_for(lambda: is_known(espace))
        espace.horloge.set("2026-11-21T12:00")
        app.wake.set()
        assert wait_for(lambda: list(espace.spool.statut("AAA123").glob("releve-*.json")))

    assert list(espace.spool.statut("BBB456").glob("releve-*")) == []
