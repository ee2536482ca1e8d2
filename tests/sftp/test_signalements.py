"""What a déposant is told of what is expected of it is put on its own server too, and again when settled."""

from __future__ import annotations

from pathlib import Path

from attendus import expect, make_monde
from rig import USER, Server

from edi.app import App
from edi.model import pinned
from edi.store import signalements


def server_section(server: Server) -> str:
    lines = ["[[serveur]]", 'nom = "editeur"', 'hote = "127.0.0.1"', f"port = {server.port}"]
    lines += [f'utilisateur = "{USER}"', f'empreinte = "{pinned(server.host_key)}"', f"cle = '{server.key}'"]
    lines += ["pas = 0.01", "[[serveur.dossier]]", 'deposant = "AAA123"']
    return "\n".join([*lines, *(f"{role} = '{server.folder(role)}'" for role in ("entree", "statut"))])


def there(server: Server) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(server.folder("statut").iterdir())}


def test_a_signalement_lies_on_the_server_as_it_does_here(server: Server, tmp_path: Path) -> None:
    section, attendu = server_section(server), expect("22:00", "02:00")
    monde = make_monde(tmp_path / "espace", "2026-11-17T23:00", section, attendu=attendu)
    monde.receive()
    monde.horloge.set("2026-11-19T02:20")
    App(monde.espace).call_once(None, forced=True)  # nothing lies there: it is late, and we know
    monde.veille.look()
    assert there(server) == {}
    App(monde.espace).call_once(None, forced=True)
    assert there(server) == monde.folder()
    assert "EN RETARD" in there(server)["signalement-2026-11-18-retard.txt"]

    monde.horloge.set("2026-11-19T03:00")
    monde.receive()
    monde.veille.look()
    App(monde.espace).call_once(None, forced=True)

    assert there(server) == monde.folder()
    assert "RÉGLÉ" in there(server)["signalement-2026-11-18-retard.txt"]


def test_a_server_that_refuses_is_tried_again(quick_server: Server, tmp_path: Path) -> None:
    section, attendu = server_section(quick_server), expect("22:00", "02:00")
    monde = make_monde(tmp_path / "espace", "2026-11-17T23:00", section, attendu=attendu)
    monde.receive()
    monde.horloge.set("2026-11-19T02:20")
    App(monde.espace).call_once(None, forced=True)
    monde.veille.look()
    quick_server.folder("statut").rmdir()
    App(monde.espace).call_once(None, forced=True)
    with monde.espace.engine.begin() as conn:
        (one,) = signalements.open_ones(conn)
    assert (one.a_livrer, one.essais, one.incident != "") == (True, 1, True)

    quick_server.folder("statut")
    monde.horloge.move(hours=1)
    App(monde.espace).call_once(None, forced=True)

    assert there(quick_server) == monde.folder()
