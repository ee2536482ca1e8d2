"""The doctor sees each fault that is provoked, says what to do about it, and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clamd import listening
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from workspace import Typed, make_espace, run_edi, type_edi

from edi import antivirus
from edi.docteur.avis import Avis, Etat
from edi.docteur.portrait import (
    Antivirus,
    Base,
    Cle,
    Disque,
    Horloges,
    Jeu,
    Liaison,
    Moteur,
    Place,
    Portrait,
    Retard,
)
from edi.docteur.verifications import VERIFICATIONS, verify
from edi.espace import open_espace
from edi.lifecycle.advance import receive_flux
from edi.model import Canal, Regle
from edi.store import disjoncteurs

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
GO = 1024**3
PIN = "SHA256:" + "A" * 43
SAIN = Portrait(
    deposants=1,
    serveurs=1,
    cles=(Cle("partenaire : accès", mode=0o600), Cle("partenaire : clé du serveur", empreinte=PIN)),
    horloges=Horloges(NOW, NOW, NOW),
    disques=(Disque("spool", 50 * GO, 100 * GO, 1_000_000),),
    places=(Place("queue/incoming", True),),
    base=Base("sqlite:///edi.db", "", "0014", "0014", ""),
    jeux=(Jeu("br-fr-ubl 1.2"),),
    liaisons=(Liaison(Canal("partenaire", reussi_le=NOW), PIN),),
    moteur=Moteur(1.0),
    antivirus=Antivirus("127.0.0.1:3310", antivirus.SAIN),
    annuaire_du=NOW,
)


def troubles(vu: Portrait) -> list[Avis]:
    return [avis for avis in verify(vu) if avis.etat is not Etat.OK]


def with_clocks(**clocks: Any) -> dict[str, Any]:
    return {"horloges": replace(Horloges(NOW, NOW, NOW), **clocks)}


def with_base(**values: Any) -> dict[str, Any]:
    return {"base": replace(Base("sqlite:///edi.db", "", "0014", "0014"), **values)}


def with_channel(echec: str = "", **canal: Any) -> dict[str, Any]:
    remede = "Réessayez." if echec else ""
    return {"liaisons": (Liaison(Canal("partenaire", **canal), PIN, incident=echec, remede=remede),)}


def test_a_sound_workspace_has_nothing_but_ok_and_every_check_speaks() -> None:
    assert troubles(SAIN) == []
    assert [check.__name__ for check in VERIFICATIONS if not list(check(SAIN))] == []


@pytest.mark.parametrize(
    ("change", "domaine", "etat", "told"),
    [
        ({"refus": ("config/edi.toml : la clé « x » est inconnue",)}, "configuration", "FAUTE", "« x »"),
        ({"deposants": 0}, "configuration", "FAUTE", "0 déposant"),
        ({"observation": "0.0.0.0:9464"}, "configuration", "ATTENTION", "0.0.0.0:9464"),
        ({"cles": (Cle("p", "clé privée illisible"),)}, "clés", "FAUTE", "illisible"),
        ({"cles": (Cle("p", mode=0o640),)}, "clés", "ATTENTION", "0640"),
        (with_clocks(disque=NOW + timedelta(seconds=3)), "horloge", "ATTENTION", "3 s"),
        (with_clocks(disque=NOW - timedelta(seconds=61)), "horloge", "FAUTE", "61 s"),
        (with_clocks(base=NOW + timedelta(seconds=3)), "horloge", "ATTENTION", "à venir"),
        (with_clocks(base=NOW + timedelta(days=1)), "horloge", "FAUTE", "à venir"),
        (with_clocks(essai=True), "horloge", "ATTENTION", "d'essai"),
        (with_clocks(disque=None), "spool", "FAUTE", "écriture"),
        ({"disques": (Disque("spool", 2 * GO - 1, 100 * GO),)}, "disque", "ATTENTION", "2,0 Go"),
        ({"disques": (Disque("spool", GO - 1, 100 * GO),)}, "disque", "FAUTE", "1,0 Go"),
        ({"disques": (Disque("spool", 50 * GO, 100 * GO, 9_999),)}, "disque", "FAUTE", "inodes"),
        ({"places": (Place("store", False),)}, "spool", "FAUTE", "absent"),
        ({"places": (Place("store", True, ouvert=False),)}, "spool", "FAUTE", "fermé"),
        ({"places": (Place("store", True, mode=0o777),)}, "spool", "ATTENTION", "0777"),
        (with_base(incident="ne répond pas"), "base", "FAUTE", "ne répond pas"),
        (with_base(revision="0013"), "base", "ATTENTION", "0013"),
        (with_base(revision=""), "base", "ATTENTION", "aucun"),
        (with_base(revision="0015"), "base", "FAUTE", "0015"),
        (with_base(integrite="row 3 missing from index"), "base", "FAUTE", "row 3"),
        ({"jeux": (Jeu("x 1", "sha256 differs"),)}, "règles", "FAUTE", "sha256"),
        ({"doutes": ("BR-CO-15",)}, "règles", "ATTENTION", "BR-CO-15"),
        ({"regles": "KeyError"}, "règles", "FAUTE", "KeyError"),
        (with_channel(arrete=True, empreinte=PIN), "canaux", "FAUTE", "arrêté"),
        (with_channel(essais=2, prochain_essai=NOW, incident="x"), "canaux", "ATTENTION", "en échec (2)"),
        (with_channel(), "canaux", "ATTENTION", "jamais appelé"),
        (with_channel("connexion impossible", reussi_le=NOW), "canaux", "FAUTE", "impossible"),
        ({"moteur": Moteur(1.0, "s'est arrêté")}, "moteur", "FAUTE", "arrêté"),
        (
            {"moteur": Moteur(1.0, "n'est pas joignable", grappe="tcp://h:1")},
            "moteur",
            "FAUTE",
            "joignable",
        ),
        ({"moteur": Moteur(1.0, bloquants=("BR-01",))}, "moteur", "FAUTE", "BR-01"),
        ({"antivirus": Antivirus("x:1", antivirus.INJOIGNABLE, "refused")}, "antivirus", "FAUTE", "refused"),
        ({"antivirus": Antivirus("x:1", antivirus.INFECTE, "Eicar")}, "antivirus", "FAUTE", "Eicar"),
        ({"annuaire_du": None}, "annuaire", "FAUTE", "jamais"),
        ({"annuaire_du": NOW - timedelta(days=45)}, "annuaire", "ATTENTION", "45 jours"),
        (
            {"retards": (Retard("AAA123", "EMISSION", 2, NOW - timedelta(hours=3)),)},
            "échéances",
            "ATTENTION",
            "3 h",
        ),
    ],
)
def test_each_fault_has_one_line_that_says_what_was_found_and_what_to_do(
    change: dict[str, Any], domaine: str, etat: str, told: str
) -> None:
    (found,) = troubles(replace(SAIN, **change))

    assert (found.domaine, found.etat) == (domaine, Etat[etat])
    assert told in found.trouve
    assert found.remede


@pytest.mark.parametrize("days", [44, 45])
def test_the_annuaire_is_looked_at_again_after_45_days(days: int) -> None:
    found = troubles(replace(SAIN, annuaire_du=NOW - timedelta(days=days)))

    assert bool(found) == (days >= 45)


def test_a_channel_whose_pin_was_changed_is_not_stopped_any_more() -> None:
    stopped = Canal("partenaire", arrete=True, empreinte="SHA256:autre", reussi_le=NOW)

    assert troubles(replace(SAIN, liaisons=(Liaison(stopped, PIN),))) == []


# -- the real thing ---------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    espace = make_espace(tmp_path / "e")
    espace.engine.dispose()
    return tmp_path / "e"


@pytest.fixture
def doctor(root: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def look(*options: str) -> tuple[Typed, list[dict[str, str]]]:
        done = type_edi(capsys, "--espace", root, "doctor", "--json", *options)
        return done, [line for line in done.json if line["etat"] != "ok"]

    return look


def add_config(root: Path, text: str) -> None:
    config = root / "config" / "edi.toml"
    config.write_text(f"{config.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


WEBHOOK = """[[alertes.webhook]]
nom = "astreinte"
url = "https://alertes.example.org/"
secret = "fichier:config/absent"
"""
SERVEUR = """[[serveur]]
nom = "partenaire"
hote = "127.0.0.1"
port = 1
utilisateur = "navette"
delai = 2.0
cle = "config/cle"
empreinte = "{}"
[[serveur.dossier]]
deposant = "AAA123"
sortie = "/out"
"""


@pytest.mark.sqlite
def test_a_workspace_in_order_has_exit_code_0_and_nothing_of_it_is_changed(root: Path, doctor: Any) -> None:
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*") if "edi.db" not in p.name}
    done, wrong = doctor("--complet")

    assert (done.code, [(line["domaine"], line["etat"]) for line in wrong]) == (0, [("horloge", "attention")])
    after = {p: p.stat().st_mtime_ns for p in root.rglob("*") if "edi.db" not in p.name}
    assert {p for p in after if p.is_file()} == {p for p in before if p.is_file()}
    assert {"moteur", "base"} <= {line["domaine"] for line in done.json}


def test_the_lines_of_the_table_are_as_many_as_those_of_the_json(root: Path, doctor: Any) -> None:
    done, _ = doctor()
    shown = run_edi("doctor", cwd=root)

    assert shown.returncode == 0
    assert shown.stdout.splitlines()[-1].startswith(
        f"{len(done.json) - 1} en ordre, 1 à regarder, 0 en faute"
    )


def test_a_folder_that_is_gone_is_told_and_not_made(root: Path, doctor: Any) -> None:
    (root / "spool" / "queue" / "hold").rmdir()
    done, wrong = doctor()

    assert done.code == 1
    assert ("spool", "queue/hold", "faute") in {(w["domaine"], w["sujet"], w["etat"]) for w in wrong}
    assert not (root / "spool" / "queue" / "hold").exists()


def test_without_a_place_to_write_the_disk_is_told(root: Path, doctor: Any) -> None:
    (root / "spool" / "store" / "aside").rmdir()
    (root / "spool" / "store" / "aside").write_bytes(b"")
    _, wrong = doctor()

    assert [w["trouve"] for w in wrong if w["sujet"] == "store/aside"] == [
        "absent, ou n'est pas un dossier",
        "l'essai d'écriture échoue",
    ]


def test_a_folder_open_to_everybody_is_told(root: Path, doctor: Any) -> None:
    (root / "spool" / "pull").chmod(0o777)
    done, wrong = doctor()

    assert done.code == 0
    assert "pull" in {w["sujet"] for w in wrong if w["domaine"] == "spool"}


@pytest.mark.sqlite
def test_a_database_that_was_never_made_is_told_and_not_made(root: Path, doctor: Any) -> None:
    for left in root.glob("edi.db*"):
        left.unlink()
    done, wrong = doctor()

    assert (done.code, [w["trouve"] for w in wrong if w["domaine"] == "base"]) == (
        1,
        [f"« {root / 'edi.db'} » n'existe pas"],
    )
    assert list(root.glob("edi.db*")) == []


@pytest.mark.sqlite
def test_a_database_that_is_none_is_told(root: Path, doctor: Any) -> None:
    for left in root.glob("edi.db*"):
        left.unlink()
    (root / "edi.db").write_bytes(b"ceci n'est pas une base de donnees\n" * 100)
    done, wrong = doctor()

    assert done.code == 1
    assert "ne répond pas" in next(w["trouve"] for w in wrong if w["domaine"] == "base")


@pytest.mark.sqlite
def test_a_database_behind_its_migrations_is_told_and_left_as_it_is(root: Path, doctor: Any) -> None:
    with closing(sqlite3.connect(root / "edi.db")) as base, base:
        base.execute("UPDATE alembic_version SET version_num = '0013'")
    done, wrong = doctor()

    assert (done.code, [w["etat"] for w in wrong if w["domaine"] == "base"]) == (0, ["attention"])
    with closing(sqlite3.connect(root / "edi.db")) as base:
        assert base.execute("SELECT version_num FROM alembic_version").fetchone() == ("0013",)


@pytest.mark.sqlite
def test_a_page_of_the_database_that_was_overwritten_is_seen_on_demand(root: Path, doctor: Any) -> None:
    with closing(sqlite3.connect(root / "edi.db")) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = base.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_structure_recherche'"
        ).fetchone()[0]
        size = base.execute("PRAGMA page_size").fetchone()[0]
    with open(root / "edi.db", "r+b") as file:
        file.seek((page - 1) * size + 8)
        file.write(b"\xff" * 64)
    quick, _ = doctor()
    whole, wrong = doctor("--complet")

    assert (quick.code, whole.code) == (0, 1)
    assert ("base", "intégrité", "faute") in {(w["domaine"], w["sujet"], w["etat"]) for w in wrong}


def test_an_instant_to_come_in_the_database_is_told(root: Path, doctor: Any) -> None:
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        receive_flux(conn, "1-AAA123", "AAA123", "a.xml", espace.now() + timedelta(days=30))
    espace.engine.dispose()
    done, wrong = doctor()

    assert done.code == 1
    assert [w["sujet"] for w in wrong if w["etat"] == "faute"] == ["base"]


def test_what_waits_past_its_deadline_is_told_by_sender_and_stage(root: Path, doctor: Any) -> None:
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        for rank in (1, 2):
            receive_flux(conn, f"{rank}-AAA123", "AAA123", "a.xml", espace.now() - timedelta(hours=rank))
    espace.engine.dispose()
    _, wrong = doctor()

    assert [(w["sujet"], w["trouve"]) for w in wrong if w["domaine"] == "échéances"] == [
        ("AAA123 RECU", "2 en retard, le premier attend depuis 2 h")
    ]


def test_a_rule_in_doubt_is_told_with_the_command_that_decides(root: Path, doctor: Any) -> None:
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        disjoncteurs.trip(conn, Regle("edi", "EDI-TVA-01"), disjoncteurs.Mesure(9, 10, 3, 3), espace.now())
    espace.engine.dispose()
    done, wrong = doctor()

    assert done.code == 0
    assert ["edi alertes leve EDI-TVA-01" in w["remede"] for w in wrong if w["domaine"] == "règles"] == [True]


def test_keys_that_cannot_be_read_and_a_host_key_that_is_not_pinned_are_told(root: Path, doctor: Any) -> None:
    add_config(root, SERVEUR.format("") + '[releve]\ncle = "config/releve.pem"\n' + WEBHOOK)
    (root / "config" / "releve.pem").write_text("rien")
    done, wrong = doctor()

    assert done.code == 1
    assert [w["sujet"] for w in wrong if w["domaine"] == "clés"] == [
        "partenaire : accès",
        "partenaire : clé du serveur",
        "alertes : secret de « astreinte »",
        "relevés",
    ]


def test_a_private_key_that_others_may_read_is_told_and_a_server_is_called_on_demand_only(
    root: Path, doctor: Any
) -> None:
    add_config(root, SERVEUR.format(PIN))
    private = Ed25519PrivateKey.generate()
    key = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (root / "config" / "cle").write_bytes(key)
    (root / "config" / "cle").chmod(0o644)
    quiet, wrong = doctor()
    called, after = doctor("--reseau")

    assert (quiet.code, called.code) == (0, 1)
    assert [(w["domaine"], w["etat"]) for w in wrong[:1]] == [("clés", "attention")]
    assert [w["trouve"] for w in wrong if w["domaine"] == "canaux"] == ["jamais appelé"]
    assert "connexion impossible" in next(w["trouve"] for w in after if w["domaine"] == "canaux")


def test_an_antivirus_that_does_not_answer_is_told(root: Path, doctor: Any) -> None:
    add_config(root, f'[antivirus]\nadresse = "{root}/clamd.ctl"')
    done, wrong = doctor()

    assert done.code == 1
    assert "ne répond pas" in next(w["trouve"] for w in wrong if w["domaine"] == "antivirus")


def test_an_antivirus_that_answers_is_in_order(root: Path, doctor: Any) -> None:
    with listening() as address:
        add_config(root, f'[antivirus]\nadresse = "{address}"')
        done, _ = doctor()

    assert [line["trouve"] for line in done.json if line["domaine"] == "antivirus"] == ["répond"]


def test_a_configuration_that_cannot_be_used_is_the_only_line(root: Path, doctor: Any) -> None:
    add_config(root, "[limites]\nflux = 0")
    done, wrong = doctor()

    assert (done.code, [w["domaine"] for w in wrong], len(done.json)) == (1, ["configuration"], 1)
    assert "limites.flux" in wrong[0]["trouve"]


def test_a_file_of_rules_that_was_altered_is_told_and_stops_the_sample(root: Path, doctor: Any) -> None:
    folder = root / "regles"
    folder.mkdir()
    (folder / "faux.xslt").write_text("<autre/>")
    (folder / "packs.toml").write_text(
        '[severities]\nfatal = "ERROR"\n'
        f'[[sheet]]\nname = "s"\nfile = "faux.xslt"\nsha256 = "{"0" * 64}"\n'
        '[[pack]]\nid = "br-fr-ubl"\nlibelle = "x"\nversion = "9"\nmotif = "REJ_SEMAN"\n'
        'valid_from = 2020-01-01\nsheets = [{ sheet = "s" }]\n'
    )
    done, wrong = doctor("--complet")

    assert done.code == 1
    assert {(w["domaine"], w["sujet"]) for w in wrong if w["etat"] == "faute"} == {
        ("règles", "br-fr-ubl 9"),
        ("moteur", ""),
    }


def test_a_list_of_installed_rules_that_cannot_be_read_is_told(root: Path, doctor: Any) -> None:
    (root / "regles").mkdir()
    (root / "regles" / "packs.toml").write_text("ceci n'est pas du TOML")
    done, wrong = doctor()

    assert done.code == 1
    assert [w["sujet"] for w in wrong if w["domaine"] == "règles"] == ["versions installées"]


def test_outside_of_a_workspace_there_is_nothing_to_examine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "--espace", tmp_path, "doctor")

    assert (done.code, done.out) == (2, "")
    assert "n'est pas un espace de travail" in done.err
