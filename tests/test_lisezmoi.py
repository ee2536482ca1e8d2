"""``statut/LISEZMOI.txt``: what the live configuration asks of a déposant."""

from __future__ import annotations

from pathlib import Path

import pytest
from workspace import make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace
from edi.inbound.ready import READINESS
from edi.lisezmoi import NOM, measure, show_octets, tell_all
from edi.validators.scenarios import INTERFACES


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


def page(espace: Espace, appli: str = "AAA123") -> str:
    return (espace.spool.statut(appli) / NOM).read_text("utf-8")


def configure(espace: Espace, before: str, after: str) -> Espace:
    config = espace.root / "config" / "edi.toml"
    config.write_text(config.read_text("utf-8").replace(before, after), "utf-8")
    return open_espace(espace.root)


def test_a_pass_writes_the_page_of_every_deposant(espace: Espace) -> None:
    App(espace).run_once()

    for appli in espace.settings.deposants:
        assert f"mode d'emploi pour {appli}" in page(espace, appli)
    assert all(i.code in page(espace) for i in INTERFACES.values() if i.ouverte)
    assert "EN 16931" in page(espace)


def test_it_is_written_again_when_the_configuration_changed_and_only_then(espace: Espace) -> None:
    first, again = tell_all(espace), tell_all(espace)
    changed = configure(espace, "[collecte]", '[limites]\nfichier = "7 Mo"\n[collecte]')
    third = tell_all(changed)

    assert (len(first), again) == (len(espace.settings.deposants), [])
    assert third == first
    assert "pièces jointes comprises : 7 Mo." in page(changed)


@pytest.mark.parametrize("readiness", READINESS)
def test_each_contract_of_readiness_is_explained(readiness: str, tmp_path: Path) -> None:
    espace = make_espace(tmp_path / readiness, readiness=readiness)
    tell_all(espace)

    assert "{" not in page(espace)
    assert "La même règle vaut dans test." in page(espace)


def test_the_command_tells_what_it_wrote(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    first = type_edi(capsys, "-e", espace.root, "depots", "lisezmoi", "--appli", "AAA123").out
    again = type_edi(capsys, "-e", espace.root, "depots", "lisezmoi", "--appli", "AAA123").out

    assert "AAA123" in first
    assert "déjà à jour" in again


def test_a_missing_folder_keeps_nobody_waiting(espace: Espace) -> None:
    folder = espace.spool.statut("AAA123")
    folder.rename(folder.with_name("away"))
    written = tell_all(espace)

    assert "AAA123" not in written
    assert "BBB456" in written


@pytest.mark.parametrize(
    ("octets", "shown"), [(1024**3, "1 Go"), (120 * 1024**2, "120 Mo"), (1536, "1536 octets")]
)
def test_a_limit_is_shown_as_it_was_configured(octets: int, shown: str) -> None:
    assert show_octets(octets) == shown


@pytest.mark.parametrize(
    ("number", "told"),
    [(0.5, "0,5 seconde"), (1, "1 seconde"), (1.5, "1,5 seconde"), (2, "2 secondes"), (100, "100 secondes")],
)
def test_a_quantity_agrees_with_its_number(number: float, told: str) -> None:
    assert measure(number, "seconde", "secondes") == told


def test_one_second_is_singular(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "one", readiness="immobilite", pas=0.5)
    tell_all(espace)

    assert "ne change plus (1 seconde) ;" in page(espace)
