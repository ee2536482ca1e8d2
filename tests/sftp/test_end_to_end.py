"""The whole way with the real commands: from a partner's server, through judgement, and back to it."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path

import pytest
from rig import USER, Server, make_key
from workspace import assert_valid_return_flow, make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace
from edi.inbound.cdar import read_cdar
from edi.model import pinned
from edi.samples import LotSpec, make_lot

LOT = make_lot(LotSpec("ubl", 3, numero_flux=1, fautes=("service-inconnu",)))


@pytest.fixture
def espace(server: Server, tmp_path: Path) -> Espace:
    """A workspace whose déposant is served by a server only."""
    espace = make_espace(tmp_path / "espace")
    return configure(espace, server)


def configure(espace: Espace, server: Server, **changes: str | float) -> Espace:
    values = {"nom": "partenaire", "hote": "127.0.0.1", "port": server.port, "utilisateur": USER}
    values |= {"empreinte": pinned(server.host_key), "cle": str(server.key), "pas": 0.02, "intervalle": 0.1}
    lines = ["[[serveur]]", *(f"{key} = {value!r}" for key, value in {**values, **changes}.items())]
    lines += ["[[serveur.dossier]]", 'deposant = "AAA123"', f"entree = '{server.folder('depot')}'"]
    lines += ["apres = 'supprimer'", f"sortie = '{server.folder('retours')}'", "out_local = false"]
    path = espace.root / "config" / "edi.toml"
    text = path.read_text(encoding="utf-8").partition("[[serveur]]")[0]
    path.write_text(text + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return open_espace(espace.root)


def deposit(server: Server, nom: str = LOT.nom) -> None:
    (server.folder("depot") / nom).write_bytes(LOT.data)


def answers(server: Server) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(server.folder("retours").iterdir())}


def test_a_lot_left_on_a_server_is_answered_there(
    espace: Espace, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit(server)
    done = type_edi(capsys, "-e", espace.root, "run")

    assert (done.code, done.err) == (0, "")
    assert [nom[:8] for nom in answers(server)] == ["CSO1100A", "FEN1200A"]
    for data in answers(server).values():
        assert_valid_return_flow(data)
    assert list(server.folder("depot").iterdir()) == []
    assert list(espace.spool.outbox("AAA123").iterdir()) == []

    shown = type_edi(capsys, "-e", espace.root, "serveur", "list", "--json").json

    assert [(s["nom"], s["arrete"], s["incident"], s["a_deposer"], s["a_ranger"]) for s in shown] == [
        ("partenaire", False, "", 0, 0)
    ]


def test_the_ppf_gets_its_copies_on_its_own_folder_of_a_server(
    quick_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = configure(make_espace(tmp_path / "espace"), quick_server)
    config = espace.root / "config" / "edi.toml"
    lines = ["[[serveur.dossier]]", 'deposant = "PPF000"', f"sortie = '{quick_server.folder('ppf')}'"]
    lines += ["out_local = false", "[ppf]", 'code = "PPF000"', "[plateforme]", 'matricule = "0042"', ""]
    config.write_text(config.read_text(encoding="utf-8") + "\n".join(lines), encoding="utf-8")
    deposit(quick_server)
    done = type_edi(capsys, "-e", espace.root, "run")
    copies = [read_cdar(path.read_bytes()).cdv for path in sorted(quick_server.folder("ppf").iterdir())]

    assert (done.code, done.err) == (0, "")
    assert [copy and copy.objet.statut for copy in copies] == ["200", "200", "213"]
    assert list(espace.spool.outbox("PPF000").iterdir()) == []


def test_pull_takes_and_judges_nothing_and_tells_what_it_took(
    espace: Espace, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit(server)
    told = type_edi(capsys, "-e", espace.root, "pull")

    assert (told.code, told.err) == (0, "")
    assert LOT.nom in told.out
    assert "supprimé" in told.out
    assert answers(server) == {}
    assert "Rien de nouveau" in type_edi(capsys, "-e", espace.root, "pull", "--serveur", "partenaire").out

    type_edi(capsys, "-e", espace.root, "run")

    assert len(answers(server)) == 2


def test_the_same_delivery_again_gets_its_first_answer_again(
    espace: Espace, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        deposit(server)
        type_edi(capsys, "-e", espace.root, "run")

    assert [nom[:8] for nom in answers(server)] == ["CSO1100A", "CSO1100A", "FEN1200A"]
    assert sum("Rappel" in data.decode() for data in answers(server).values()) == 1


def test_a_changed_key_stops_the_channel_until_it_is_checked(
    espace: Espace, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = pinned(make_key(tmp_path / "autre"))
    configure(espace, server, empreinte=other)
    deposit(server)
    told = type_edi(capsys, "-e", espace.root, "run")
    wanted = f"La clé du serveur a changé : attendue {other}, présentée {pinned(server.host_key)}"

    assert told.code == 0
    assert wanted in told.err
    assert "arrêté" in type_edi(capsys, "-e", espace.root, "serveur", "list").out
    assert type_edi(capsys, "-e", espace.root, "run").err == ""  # told once; it is not called any more

    refused = type_edi(capsys, "-e", espace.root, "serveur", "check", "partenaire")

    assert (refused.code, wanted in refused.err) == (2, True)

    configure(espace, server)
    good = type_edi(capsys, "-e", espace.root, "serveur", "check", "partenaire")

    assert good.code == 0
    assert re.search(r"entree = .*depot : 1 fichier", good.out)
    assert "en service" in type_edi(capsys, "-e", espace.root, "serveur", "list").out


def test_check_tells_what_is_wrong_with_each_folder(
    espace: Espace, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.folder("retours").rmdir()
    told = type_edi(capsys, "-e", espace.root, "serveur", "check", "partenaire")

    assert told.code == 2
    assert re.search(r"sortie = .*retours : le serveur ne connaît pas .*Vérifiez le nom", told.out)
    assert "1 dossier" in told.err


def test_a_server_that_is_not_declared_is_told_with_those_that_are(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    told = type_edi(capsys, "-e", espace.root, "pull", "--serveur", "partenair")

    assert (told.code, "partenaire" in told.err) == (2, True)


def test_a_server_that_is_away_delays_no_judgement(
    espace: Espace, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(espace, server, port=1)
    (espace.spool.inbox("AAA123") / LOT.nom).write_bytes(LOT.data)
    told = type_edi(capsys, "-e", espace.root, "run", "--json")

    assert [flux["statut"] for flux in told.json] == ["INTEGRE_PARTIEL"]
    (shown,) = type_edi(capsys, "-e", espace.root, "serveur", "list", "--json").json
    assert (shown["a_deposer"], shown["essais"], bool(shown["prochain_essai"])) == (2, 1, True)
    assert "à déposer sur le serveur" in type_edi(capsys, "-e", espace.root, "flux", "show", "1").out

    configure(espace, server)
    type_edi(capsys, "-e", espace.root, "pull", "--serveur", "partenaire")

    assert "déposée sur partenaire" in type_edi(capsys, "-e", espace.root, "flux", "show", "1").out
    assert [nom[:8] for nom in answers(server)] == ["CSO1100A", "FEN1200A"]


def test_the_watcher_calls_servers_beside_its_work(espace: Espace, server: Server) -> None:
    stop = threading.Event()
    app = App(espace)
    thread = threading.Thread(target=app.serve, args=(stop,))
    thread.start()
    try:
        deposit(server, ".en-cours")
        os.rename(server.folder("depot") / ".en-cours", server.folder("depot") / LOT.nom)
        deadline = time.monotonic() + 60
        while len(answers(server)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        app.wake.set()
        thread.join(60)

    assert not thread.is_alive()
    assert [nom[:8] for nom in answers(server)] == ["CSO1100A", "FEN1200A"]


def test_no_secret_is_ever_logged(
    espace: Espace, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDI_SECRET", "mot-très-secret")
    configure(espace, server, mot_de_passe="env:EDI_SECRET", cle="")
    told = type_edi(capsys, "-e", espace.root, "pull")
    shown = type_edi(capsys, "-e", espace.root, "serveur", "list", "--json")
    files = [path for path in espace.root.rglob("*") if path.is_file()]

    assert "refuse l'accès" in told.err
    assert "mot-très-secret" not in told.out + told.err + shown.out
    assert not any("mot-très-secret".encode() in path.read_bytes() for path in files)
