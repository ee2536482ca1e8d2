"""``edi alertes``: from what goes wrong in a workspace to its end, as an operator sees it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from messagerie import Box, free_port, mail_server
from regle_fautive import AFTER, BEFORE, install, receive
from sqlalchemy import text, update
from workspace import Typed, deposit, make_espace, run_edi, type_edi

from edi.app import App
from edi.assemblage import make_veille
from edi.espace import Espace, open_espace
from edi.model import Courriel, FluxStatut
from edi.samples import LotSpec
from edi.store import canaux
from edi.store import flux as flux_store
from edi.store.tables import emission

Edi = Callable[..., Typed]


QUIET = "[alertes]\nplace = 1\n"  # however full the disk of the tests is


def configure(espace: Espace, text: str) -> Espace:
    """The workspace with some sections more."""
    config = espace.root / "config" / "edi.toml"
    config.write_text(text + config.read_text("utf-8").removeprefix(QUIET), "utf-8")
    return open_espace(espace.root)


def mail_section(courriel: Courriel) -> str:
    lines = ["[alertes.courriel]", f'hote = "{courriel.hote}"', f"port = {courriel.port}"]
    return "\n".join([*lines, 'securite = "aucune"', f'de = "{courriel.de}"', 'a = ["edi@example.org"]', ""])


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return configure(make_espace(tmp_path / "espace"), QUIET)


@pytest.fixture
def edi(espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    """The command, typed in the workspace."""
    monkeypatch.chdir(espace.root)
    return lambda *arguments: type_edi(capsys, *arguments)


@pytest.fixture
def box() -> Box:
    return Box()


def look(espace: Espace, minutes: float) -> list[tuple[str, str]]:
    """One look, some minutes after the first: what is told, (nature, watch)."""
    veille = make_veille(espace)
    at = espace.now() + timedelta(minutes=minutes)
    veille.now = lambda: at
    return [(one.nature.name, one.alerte.regle) for one in veille.look()]


def lose_a_blob(espace: Espace) -> Path:
    """Accepted bytes that are gone from the store; where they lay."""
    deposit(espace, LotSpec("ubl", 1))
    (flux,) = App(espace).run_once()
    blob = espace.spool.blob(flux.sha256)
    blob.rename(blob.with_suffix(".perdu"))
    return blob


def test_a_quiet_workspace_has_no_alert(edi: Edi) -> None:
    edi("run")
    shown = edi("alertes", "list")

    assert (shown.code, shown.out.strip()) == (0, "Aucune alerte.")
    assert edi("alertes", "list", "--json").json == {"alertes": [], "regles_en_doute": []}


def test_an_ecart_of_the_audit_is_an_alert_until_an_audit_is_clean(edi: Edi, espace: Espace) -> None:
    blob = lose_a_blob(espace)
    assert edi("audit").code == 1
    assert [look(espace, minute) for minute in (0, 1, 2, 3)] == [[], [], [("OUVERTE", "ecart")], []]
    (shown,) = edi("alertes", "list", "--json").json["alertes"]
    assert (shown["gravite"], shown["qui"], shown["etat"]) == ("CRITIQUE", "EXPLOITANT", "en cours")
    assert "tout octet reçu est au stock" in shown["phrase"]

    blob.with_suffix(".perdu").rename(blob)
    assert edi("audit").code == 0
    assert [look(espace, minute) for minute in (4, 14, 15)] == [[], [("RESOLUE", "ecart")], []]
    assert edi("alertes", "list", "--json").json["alertes"] == []
    (over,) = edi("alertes", "list", "--toutes", "--json").json["alertes"]
    assert over["etat"].startswith("réglée le 20/11/2026")


def test_a_quick_audit_does_not_forget_what_only_a_whole_one_sees(edi: Edi, espace: Espace) -> None:
    blob = lose_a_blob(espace)
    data = bytearray(blob.with_suffix(".perdu").read_bytes())
    data[10] ^= 1
    blob.write_bytes(data)
    edi("audit")
    assert edi("audit", "--rapide").code == 0
    look(espace, 0)

    assert look(espace, 2) == [("OUVERTE", "ecart")]


def test_an_acknowledged_alert_shows_by_whom_and_until_when(edi: Edi, espace: Espace) -> None:
    lose_a_blob(espace)
    edi("audit")
    for minute in (0, 2):
        look(espace, minute)
    said = edi("alertes", "acquitte", "1", "--raison", "disque en route", "--heures", "6", "--par", "nolwenn")
    (shown,) = edi("alertes", "list", "--json").json["alertes"]

    assert said.code == 0
    assert shown["etat"] == "acquittée par nolwenn jusqu'au 20/11/2026 15:00"
    assert look(espace, 359) == []
    assert look(espace, 360) == [("ECHUE", "ecart")]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("acquitte", "12", "--raison", "vu"), "aucune alerte en cours ne porte le n° 12"),
        (("leve", "BR-02"), "--regle-juste, ou --jeu-fautif"),
        (
            ("leve", "BR-02", "--regle-juste", "--raison", "revue"),
            "« BR-02 » n'est pas mise en doute ; règles mises en doute : aucune",
        ),
        (("essai",), "aucune voie d'alerte"),
    ],
)
def test_what_cannot_be_done_is_one_line(edi: Edi, typed: tuple[str, ...], told: str) -> None:
    done = edi("alertes", *typed)

    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert told in done.err


def test_the_server_looks_by_itself_and_writes(espace: Espace, box: Box) -> None:
    lose_a_blob(espace)
    with mail_server(box) as courriel:
        told = configure(espace, f"{QUIET}tenue = 0\nintervalle = 0.1\n{mail_section(courriel)}")
        stop = threading.Event()
        application = App(told)
        serving = threading.Thread(target=application.serve, args=(stop,))
        serving.start()
        for _ in range(300):
            if box.mails or not serving.is_alive():
                break
            stop.wait(0.1)
        stop.set()
        application.wake.set()
        serving.join(30)
    (mail_received,) = box.mails

    assert mail_received["Subject"].startswith("[Navette] URGENT : Le contrôle de conservation")


def test_a_trial_says_which_way_works(edi: Edi, espace: Espace, box: Box) -> None:
    with mail_server(box) as courriel:
        configure(espace, QUIET + mail_section(courriel))
        done = edi("alertes", "essai")
    away = edi("alertes", "essai")

    assert (done.code, done.out.strip()) == (0, "courriel : parti")
    assert box.mails[0]["Subject"] == "[Navette] Essai des alertes"
    assert (away.code, "1 voie sans succès" in away.err) == (2, True)


def test_what_waits_for_too_long_is_told_with_the_oldest(edi: Edi, espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 1))
    App(espace).run_once()
    with espace.engine.begin() as conn:
        conn.execute(update(emission).values(emis_le=None, cree_le=espace.now() - timedelta(hours=2)))
    look(espace, 0)
    assert look(espace, 2) == [("OUVERTE", "retard")]
    (shown,) = edi("alertes", "list", "--json").json["alertes"]

    assert "réponses attendent de partir, depuis trop longtemps" in shown["phrase"]


def test_two_processes_tell_an_alert_once(espace: Espace) -> None:
    lose_a_blob(espace)
    App(espace).prove(complet=True)
    told = [look(espace, minute) for minute in (0, 0, 1, 1, 2, 2, 3, 3)]
    with espace.spool.alone_at_watch():  # another process is just looking
        assert look(espace, 400) == []

    assert [one for looked in told for one in looked] == [("OUVERTE", "ecart")]


def events(espace: Espace, name: str) -> list[dict[str, Any]]:
    """What the log of a workspace tells under one name."""
    lines = (espace.root / "logs" / "edi.jsonl").read_text("utf-8").splitlines()
    return [told for line in lines if (told := json.loads(line))["event"] == name]


def test_a_look_that_breaks_is_told_in_the_log_and_stops_nothing(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(text("DROP TABLE alerte"))
    deposit(espace, LotSpec("ubl", 1))
    done = run_edi("run", cwd=espace.root)

    assert (done.returncode, statuts(espace)) == (0, [FluxStatut.INTEGRE])
    assert "FROM alerte" in events(espace, "look_failed")[0]["exception"]


def test_a_channel_that_fails_is_told_in_the_log_without_its_secret(espace: Espace) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    hook = f'[[alertes.webhook]]\nnom = "astreinte"\nurl = "{url}"\nsecret = "env:NAVETTE_SECRET"\n'
    configure(espace, QUIET + hook)
    done = run_edi("alertes", "essai", cwd=espace.root, NAVETTE_SECRET="entre nous")
    (told,) = events(espace, "alert_not_told")

    assert (done.returncode, told["channel"], told["tries"]) == (2, "astreinte", 1)
    assert "astreinte : 127.0.0.1:" in done.stdout
    assert "entre nous" not in done.stdout + done.stderr + str(told)


def test_a_server_that_is_stopped_is_told_until_its_pin_is_another(espace: Espace) -> None:
    section = '[[serveur]]\nnom = "partenaire"\nhote = "sftp.example.org"\nutilisateur = "n"\ncle = "c"\n'
    dossier = '[[serveur.dossier]]\ndeposant = "AAA123"\nentree = "/depot"\n'
    declared = configure(espace, f"{QUIET}{section}{dossier}")
    with declared.engine.begin() as conn:
        canaux.stop(conn, "partenaire", "la clé a changé", "")
    assert [look(declared, minute) for minute in (0, 2)] == [[], [("OUVERTE", "canal-arrete")]]
    config = espace.root / "config" / "edi.toml"
    config.write_text(
        config.read_text("utf-8").replace(dossier, f'empreinte = "SHA256:{"A" * 43}"\n{dossier}')
    )
    mended = open_espace(espace.root)

    assert [look(mended, minute) for minute in (3, 13)] == [[], [("RESOLUE", "canal-arrete")]]


def test_a_deposant_that_sent_every_day_and_stopped_is_told(edi: Edi, espace: Espace) -> None:
    with espace.engine.begin() as conn:
        for day in range(4, 30):
            at = espace.now() - timedelta(days=day)
            if at.weekday() < 5:
                flux_store.record(conn, f"t{day}", "AAA123", f"f{day}", at, FluxStatut.INTEGRE)
    told = [look(espace, 24 * 60 * days) for days in range(4)]
    shown = {one["regle"]: one for one in edi("alertes", "list", "--json").json["alertes"]}

    assert ("OUVERTE", "silence") in told[1]
    assert shown["silence"]["phrase"].startswith("AAA123 n'a rien déposé depuis le 16/11/2026")


# -- a rule that is doubted -------------------------------------------------------------------------------


@pytest.fixture
def doubted(espace: Espace, tmp_path: Path) -> Espace:
    """A workspace whose official rules refuse everybody since an update, and whose breaker has tripped."""
    install(espace, tmp_path, "2", "false()", date(2025, 1, 1))
    opened = configure(espace, f"{QUIET}[disjoncteur]\nfactures = 5\n")
    receive(opened, *BEFORE, *AFTER)
    return opened


def statuts(espace: Espace) -> list[FluxStatut]:
    with espace.engine.begin() as conn:
        _, known = flux_store.search(conn)
    return [flux.statut for flux in reversed(known)]


def test_a_doubted_rule_is_an_alert_and_is_shown_with_its_figures(edi: Edi, doubted: Espace) -> None:
    look(doubted, 0)
    assert look(doubted, 2) == [("OUVERTE", "disjoncteur")]
    shown = edi("alertes", "list", "--json").json
    page = edi("alertes", "list").out

    (rule,) = shown["regles_en_doute"]
    assert (rule["code"], rule["jeu"], rule["flux"], rule["avis"]) == ("BR-02", "en16931-ubl 2", 3, "")
    assert (rule["refusees"], rule["jugees"], rule["fournisseurs"], rule["deposants"]) == (6, 6, 3, 2)
    assert "edi alertes leve BR-02" in shown["alertes"][0]["remede"]
    for word in ("Règles mises en doute", "6 sur 6", "à vérifier"):
        assert word in page


def test_a_rule_that_is_right_is_released_and_its_alert_ends(edi: Edi, doubted: Espace) -> None:
    for minute in (0, 2):
        look(doubted, minute)
    said = edi("alertes", "leve", "BR-02", "--regle-juste", "--raison", "revue")
    edi("run")

    assert "3 flux retenus : jugés de nouveau au prochain passage" in said.out
    assert statuts(doubted) == [FluxStatut.REJETE] * 5
    assert [look(doubted, minute) for minute in (3, 5, 13)] == [[], [], [("RESOLUE", "disjoncteur")]]


def test_a_pack_that_is_wrong_holds_until_its_mend_and_the_first_ones_are_replayed(
    edi: Edi, doubted: Espace, tmp_path: Path
) -> None:
    for minute in (0, 2):
        look(doubted, minute)
    assert (
        "en attente d'une autre version"
        in edi("alertes", "leve", "BR-02", "--jeu-fautif", "--raison", "revue").out
    )
    look(doubted, 3)
    assert ("OUVERTE", "jeu-fautif") in look(doubted, 5)
    edi("run")
    assert statuts(doubted)[2:] == [FluxStatut.EN_ATTENTE] * 3

    install(doubted, tmp_path, "3", "normalize-space(cbc:ID) != ''", date(2025, 1, 1))
    with doubted.engine.begin() as conn:
        flux_store.wake(conn, doubted.now())
    edi("run")
    assert edi("rejoue", "--code", "BR-02", "--valider").code == 0
    edi("run")

    assert statuts(doubted) == [FluxStatut.INTEGRE] * 4 + [FluxStatut.INTEGRE_PARTIEL]
    assert edi("audit").code == 0
