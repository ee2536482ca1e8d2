"""The doctor calls servers when asked to: what is wrong with one is told, its channel stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rig import Server, make_key
from workspace import make_espace, type_edi

from edi.espace import open_espace
from edi.model import Canal
from edi.store import canaux

CONFIG = """
[[serveur]]
nom = "partenaire"
hote = "127.0.0.1"
port = {port}
utilisateur = "{user}"
empreinte = "{pin}"
cle = "{key}"
[[serveur.dossier]]
deposant = "AAA123"
sortie = "{folder}"
"""


@pytest.fixture
def look(
    tmp_path: Path, quick_server: Server, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """The states and findings of the channel, with ``--reseau``."""
    make_espace(tmp_path / "e").engine.dispose()

    def run(*, pin: str = quick_server.host_key, folder: str = "out") -> list[str]:
        config = tmp_path / "e" / "config" / "edi.toml"
        path = quick_server.root / folder
        text = CONFIG.format(
            port=quick_server.port,
            user=quick_server.serveur().utilisateur,
            pin=pin,
            key=quick_server.key,
            folder=path,
        )
        config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")
        done = type_edi(capsys, "--espace", tmp_path / "e", "doctor", "--reseau", "--json")
        (line,) = (line for line in done.json if line["domaine"] == "canaux")
        return [line["etat"], line["trouve"], line["remede"]]

    return run


def test_a_server_that_answers_and_has_its_folders_is_in_order(
    look: Callable[..., list[str]], quick_server: Server
) -> None:
    quick_server.folder("out")

    assert look() == ["ok", "répond", ""]


def test_a_folder_that_the_server_does_not_have_is_a_fault(look: Callable[..., list[str]]) -> None:
    etat, trouve, remede = look(folder="ailleurs")

    assert (etat, "ailleurs" in trouve, bool(remede)) == ("faute", True, True)


def test_another_host_key_than_the_pinned_one_is_a_fault_and_does_not_stop_the_channel(
    look: Callable[..., list[str]], tmp_path: Path
) -> None:
    etat, trouve, _ = look(pin=make_key(tmp_path / "autre"))
    espace = open_espace(tmp_path / "e")
    with espace.engine.begin() as conn:
        canal = canaux.get(conn, "partenaire")

    assert (etat, "La clé du serveur a changé" in trouve) == ("faute", True)
    assert canal == Canal("partenaire")
