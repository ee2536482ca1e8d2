"""The command as it is typed: exit codes, streams, and one clear line for whatever cannot be done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from workspace import Typed, make_espace, run_edi, type_edi

from edi.lifecycle.advance import receive_flux
from edi.spool import DEPOTS, QUEUES

Edi = Callable[..., Typed]


@pytest.fixture
def edi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    """The command, typed in a workspace."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDI_DOSSIER", raising=False)
    assert type_edi(capsys, "init", ".").code == 0
    return lambda *arguments: type_edi(capsys, *arguments)


def replace_in_config(old: str, new: str) -> None:
    config = Path("config", "edi.toml")
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_init_makes_a_workspace_and_a_second_time_keeps_what_is_there(edi: Edi) -> None:
    replace_in_config('libelle = "Navette"', 'libelle = "La nôtre"')
    edi("mandat", "add", "--mandant", "73282932000074", "--mandataire", "AAA123")
    again = edi("init", ".")

    assert again.code == 0
    assert 'libelle = "La nôtre"' in Path("config", "edi.toml").read_text(encoding="utf-8")
    assert len(edi("mandat", "list", "--json").json) == 1
    assert {p.name for p in Path("spool/depots/AAA123").iterdir()} == {
        nom for nom in DEPOTS if "/" not in nom
    }
    assert {p.name for p in Path("spool/queue").iterdir()} == {*QUEUES}


def test_a_folder_with_an_odd_name_is_a_workspace_like_another(edi: Edi) -> None:
    done = edi("init", "[/bold] été")

    assert (done.code, done.err) == (0, "")
    assert "Espace de travail : [/bold] été\n" in done.out
    assert edi("--espace", "[/bold] été", "run").code == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "observations = 3",
            'observations = "trois"',
            ["collecte.observations", "« trois »", "nombre entier"],
        ),
        ("observations = 3", "observatoins = 3", ["collecte.observatoins", "« 3 »", "« observations »"]),
        ('mandat = "third_party"', 'mandat = "jamais"', ["politique.mandat", "« jamais »", "never"]),
        ('code = "AAA123"', 'code = "aaa"', ["deposant.0.code", "« aaa »", "[A-Z]{3}"]),
        ('fuseau = "Europe/Paris"', 'fuseau = "Paris"', ["plateforme.fuseau", "« Paris »", "Europe/Paris"]),
        ('flux = "1 Go"', 'flux = "gros"', ["limites.flux", "« gros »", "10 Mo"]),
        ("[limites]", "[limites", ["TOML"]),
    ],
)
@pytest.mark.parametrize("command", [("run", "--json"), ("check", "x.xml")])
def test_a_wrong_configuration_is_one_line_that_names_key_value_and_what_is_legal(
    edi: Edi, old: str, new: str, told: list[str], command: tuple[str, ...]
) -> None:
    replace_in_config(old, new)
    done = edi(*command)

    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith("edi : config/edi.toml : ")
    assert [word for word in told if word not in done.err] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("frobnique",), "la commande « frobnique » n'existe pas"),
        (("flux", "lister"), "la commande « lister » n'existe pas"),
        (("flux", "list", "--tout"), "l'option « --tout » n'existe pas"),
        (("flux", "list", "--limite"), "l'option « --limite » attend une valeur"),
        (("flux", "list", "--limite", "0"), "valeur refusée pour --limite"),
        (("flux", "show"), "il manque ID"),
        (("flux", "show", "1", "2"), "« 2 » est de trop"),
        (("flux", "show", "12"), "aucun flux n° 12"),
        (("flux", "show", "²"), "aucun flux « ² »"),
        (("flux", "show", "AAA1231100000000000000001"), "aucun flux « AAA1231100000000000000001 »"),
        (("flux", "relancer", "12", "--raison", "vu"), "aucun flux n° 12"),
        (("annuaire", "show", "73282932000074"), "aucun annuaire n'a été importé"),
        (("annuaire", "import", "absent.csv"), "« absent.csv » n'existe pas"),
        (("mandat", "sign", "3"), "aucun mandat n° 3"),
        (("rules", "explain", "EDI-RIEN-01"), "EDI-RIEN-01"),
        (("sample", "lot", "--faute", "ttc-fau"), "peut-être « ttc-faux »"),
        (("--espace", "nulle-part", "run"), "« nulle-part » n'est pas un espace de travail"),
        (("--espace", "nulle-part", "serve"), "« nulle-part » n'est pas un espace de travail"),
        (("init", "config/edi.toml"), "« config/edi.toml/config » : c'est un fichier"),
    ],
)
def test_what_cannot_be_done_is_one_line_on_stderr_and_exit_code_2(
    edi: Edi, arguments: tuple[str, ...], told: str
) -> None:
    done = edi(*arguments)

    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith("edi : ")
    assert told in done.err


@pytest.mark.parametrize("arguments", [(), ("flux",), ("annuaire",), ("sample",)])
def test_a_noun_alone_shows_its_help_and_nothing_on_stderr(edi: Edi, arguments: tuple[str, ...]) -> None:
    done = edi(*arguments)

    assert (done.code, done.err) == (2, "")
    assert "Usage: edi" in done.out


@pytest.mark.parametrize("command", [("run",), ("flux", "list"), ("facture", "list"), ("mandat", "list")])
def test_a_database_that_is_none_is_one_line(edi: Edi, command: tuple[str, ...]) -> None:
    for left in Path().glob("edi.db*"):
        left.unlink()
    Path("edi.db").write_bytes(b"ceci n'est pas une base de donnees\n" * 100)
    done = edi(*command)

    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "la base de données" in done.err


def test_the_folder_of_the_workspace_may_come_from_the_environment(edi: Edi, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent
    found = run_edi("run", "--json", cwd=elsewhere, EDI_DOSSIER=str(tmp_path))
    lost = run_edi("run", "--json", cwd=elsewhere)

    assert (found.returncode, found.stdout) == (0, "[]\n")
    assert (lost.returncode, lost.stdout) == (2, "")
    assert "EDI_DOSSIER" in lost.stderr


def test_what_we_did_not_foresee_is_one_line_too(edi: Edi, tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "altered")
    with espace.engine.begin() as conn:  # a statut that no version ever wrote
        received = receive_flux(conn, "1-AAA123", "AAA123", "a.xml", espace.now())
        conn.exec_driver_sql(f"UPDATE flux SET statut = 'PERDU' WHERE id = {received.id}")
    done = run_edi("flux", "list", cwd=espace.root)
    detailed = subprocess.run(
        [sys.executable, "-m", "edi", "flux", "list"],
        cwd=espace.root,
        env={"EDI_TRACE": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "incident interne" in done.stderr
    assert "Traceback" in detailed.stderr


def test_a_reader_that_has_seen_enough_is_no_incident(tmp_path: Path) -> None:
    make_espace(tmp_path / "espace")
    done = subprocess.run(
        f"{sys.executable} -m edi rules list --json | head -c 10",
        shell=True,
        cwd=tmp_path / "espace",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout[:1], done.stderr) == ("[", "")


def test_the_version_is_told() -> None:
    done = run_edi("--version", cwd=Path())

    assert done.stdout.startswith("navette-edi ")
