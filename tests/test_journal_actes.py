"""What an operator does is told with who did it, whatever the command."""

from __future__ import annotations

import getpass
import io
from pathlib import Path

import pytest
from journaux import prove, rows_of
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.espace import Espace
from edi.samples import LotSpec

NUIT = """
[[nuit]]
nom = "nuit"
deposants = ["AAA123"]
debut = "22:00"
fin = "04:00"
"""


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    espace = make_espace(tmp_path / "e", annuaire=False)
    with (espace.root / "config" / "edi.toml").open("a", encoding="utf-8") as config:
        config.write(NUIT)
    deposit(espace, LotSpec("ubl", 1))
    (flux,) = App(espace).run_once()  # held: there is no annuaire
    assert flux.statut.en_cours
    (espace.spool.root / "depots" / "AAA123" / "statut" / "LISEZMOI.txt").unlink()
    return espace


@pytest.mark.parametrize(
    ("command", "genre", "part"),
    [
        (("flux", "relancer", "1", "--raison", "vu"), "ACTE", '"acte":"flux-relance"'),
        (("nightly", "pause", "nuit", "--raison", "fermeture"), "ACTE", '"acte":"nuit-en-pause"'),
        (("annuaire", "import", "structures.csv"), "IMPORT", '"nature":"structures"'),
        (("mandat", "revoke", "1", "--raison", "fin de contrat"), "MANDAT", '"quoi":"REVOQUE"'),
        (("retention", "gele", "1", "--raison", "litige"), "ACTE", '"acte":"gel"'),
        pytest.param(("sauvegarde", "../copies"), "ACTE", '"acte":"sauvegarde"', marks=pytest.mark.sqlite),
        (("export-incident", "1", "--vers", "../dossier.zip"), "ACTE", '"acte":"dossier-d-incident"'),
        (("releve", "--appli", "AAA123"), "ACTE", '"acte":"releve-ecrit"'),
        (("depots", "lisezmoi"), "ACTE", '"acte":"lisezmoi-ecrits"'),
        (("user", "add", "marie", "--role", "lecture"), "ACTE", '"acte":"compte-cree"'),
    ],
)
def test_a_command_that_changes_something_is_told_with_the_account_that_typed_it(
    espace: Espace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    genre: str,
    part: str,
) -> None:
    monkeypatch.chdir(espace.root)
    monkeypatch.setattr("sys.stdin", io.StringIO("Navette-2026-ok\n"))  # a password, where one is asked for
    before = len(rows_of(espace))
    done = type_edi(capsys, *command)
    (row,) = rows_of(espace)[before:]

    assert done.code == 0, done.err
    assert (row.genre, row.par) == (genre, getpass.getuser())
    assert part in row.contenu
    assert prove(espace).ruptures == ()
