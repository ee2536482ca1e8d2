"""The reste of a lot and how each flux stands are put on the server of a déposant that has one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import asyncssh
import pytest
from conftest import House
from rig import USER, Line, Server, asyncssh_server
from sqlalchemy import insert
from workspace import answers, deposit, later, make_espace, type_edi

from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.model import Dossier, Envoi, NatureEnvoi, pinned
from edi.samples import LotSpec
from edi.store import envois
from edi.store.tables import flux

LOT = LotSpec("ubl", 3, numero_flux=1, fautes=("service-inconnu",))
ID = "AAA1231100000000000000001"
STATUT, RESTE = f"{ID}.json", f"RESTE_{ID}.zip"


def configure(root: Path, server: Server, *, out_local: bool = False) -> Espace:
    lines = ["", "[[serveur]]", 'nom = "editeur"', 'hote = "127.0.0.1"', f"port = {server.port}"]
    lines += [f'utilisateur = "{USER}"', f'empreinte = "{pinned(server.host_key)}"', f"cle = '{server.key}'"]
    lines += ["pas = 0.01", "[[serveur.dossier]]", 'deposant = "AAA123"']
    lines += [f"{role} = '{server.folder(role)}'" for role in ("entree", "sortie", "statut")]
    lines += [f"out_local = {str(out_local).lower()}", ""]
    path = root / "config" / "edi.toml"
    text = path.read_text(encoding="utf-8").replace('code = "AAA123"', 'code = "AAA123"\nreste = true')
    path.write_text(text + "\n".join(lines), encoding="utf-8")
    return open_espace(root)


def there(server: Server, role: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(server.folder(role).iterdir())}


@pytest.mark.parametrize("out_local", [False, True])
def test_what_is_to_be_mended_and_how_the_flux_stands_are_put_there(
    server: Server, tmp_path: Path, out_local: bool
) -> None:
    make_espace(tmp_path / "espace").engine.dispose()
    espace = configure(tmp_path / "espace", server, out_local=out_local)
    deposit(espace, LOT)
    App(espace).run_once()
    put = there(server, "sortie")
    local = espace.spool.statut("AAA123") / STATUT

    assert [nom[:8] for nom in put] == ["CSO1100A", "FEN1200A", "RESTE_AA"]
    assert answers(espace) == (put if out_local else {})
    assert there(server, "statut") == {STATUT: local.read_bytes()}
    assert all(reponse["emise_le"] for reponse in json.loads(local.read_bytes())["reponses"])
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_a_reste_and_a_statut_that_have_not_changed_are_put_once(
    quick_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_espace(tmp_path / "espace").engine.dispose()
    espace = configure(tmp_path / "espace", quick_server)
    deposit(espace, LOT)
    App(espace).run_once()
    for role in ("sortie", "statut"):
        for path in quick_server.folder(role).iterdir():
            path.unlink()
    App(later(espace, 24)).run_once()

    assert (there(quick_server, "sortie"), there(quick_server, "statut")) == ({}, {})
    shown = type_edi(capsys, "-e", espace.root, "flux", "show", "1").out
    assert "Archive du reste : déposée sur editeur le 20/11/2026 à 09:00" in shown
    assert "Situation du flux : déposée sur editeur" in shown


def test_a_server_that_is_away_gets_them_later_and_the_last_statut_only(
    quick_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_espace(tmp_path / "espace").engine.dispose()
    away = Server(1, quick_server.root, quick_server.host_key, quick_server.key, "away")
    espace = configure(tmp_path / "espace", away)
    deposit(espace, LOT)
    App(espace).run_once()
    (listed,) = type_edi(capsys, "-e", espace.root, "serveur", "list", "--json").json

    assert listed["a_deposer"] == 4  # two return flows, the reste, the statut
    assert (
        "Archive du reste : à déposer sur le serveur editeur"
        in type_edi(capsys, "-e", espace.root, "flux", "show", "1").out
    )

    config = espace.root / "config" / "edi.toml"
    config.write_text(
        config.read_text("utf-8").replace("port = 1\n", f"port = {quick_server.port}\n"), "utf-8"
    )
    App(later(open_espace(espace.root), 1)).run_once()

    assert [nom[:8] for nom in there(quick_server, "sortie")] == ["CSO1100A", "FEN1200A", "RESTE_AA"]
    assert there(quick_server, "statut") == {STATUT: (espace.spool.statut("AAA123") / STATUT).read_bytes()}


def test_check_looks_at_the_folder_of_statuts_too(
    quick_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_espace(tmp_path / "espace").engine.dispose()
    espace = configure(tmp_path / "espace", quick_server)
    good = type_edi(capsys, "-e", espace.root, "serveur", "check", "editeur")
    quick_server.folder("statut").rmdir()
    bad = type_edi(capsys, "-e", espace.root, "serveur", "check", "editeur")

    assert (good.code, f"AAA123  statut = {quick_server.root}/statut : présent" in good.out) == (0, True)
    assert (bad.code, "statut : le serveur ne connaît pas" in bad.out) == (2, True)


# -- one file, and what may go wrong with it ----------------------------------------------------------------


@pytest.fixture
def owing(house: House) -> House:
    """A house that owes a reste and a statut of one flux."""
    row = {"id": 1, "ticket": "1-AAA123", "appli": "AAA123", "nom": "lot.xml", "recu_le": house.at}
    with house.base.begin() as conn:
        conn.execute(insert(flux).values(**row, statut="REJETE"))
        for nature in NatureEnvoi:
            envois.plan(conn, 1, nature, 1)
    house.built = lambda envoi: (f"{envoi.nature.value}.bin", b"revision %d" % envoi.revision)
    return house


def dossier(server: Server) -> Dossier:
    return Dossier("AAA123", sortie=str(server.folder("sortie")), statut=str(server.folder("statut")))


def owed(house: House) -> list[tuple[str, int, bool]]:
    with house.base.begin() as conn:
        found = [
            e for n in NatureEnvoi for e in envois.pending(conn, n, ["AAA123"], house.at.replace(year=9999))
        ]
    return [(e.nature.value, e.essais, bool(e.incident)) for e in found]


def test_a_statut_that_changes_while_it_is_put_is_put_again(server: Server, owing: House) -> None:
    def built(envoi: Envoi) -> tuple[str, bytes]:
        if envoi.nature is NatureEnvoi.STATUT and envoi.revision == 1:
            with owing.base.begin() as conn:
                envois.plan(conn, 1, NatureEnvoi.STATUT, 2)
        return f"{envoi.nature.value}.bin", b"revision %d" % envoi.revision

    owing.built = built
    owing.call(server.serveur(dossier(server)))

    assert owed(owing) == [("statut", 0, False)]

    owing.call(server.serveur(dossier(server)))

    assert there(server, "statut") == {"statut.bin": b"revision 2"}
    assert owed(owing) == []


def test_what_is_cut_is_counted_and_asked_for_before_it_is_sent_again(
    quick_server: Server, owing: House
) -> None:
    data = os.urandom(300_000)
    owing.built = lambda envoi: (f"{envoi.nature.value}.bin", data)
    with Line(quick_server.port, up=100_000) as line:
        owing.call(quick_server.serveur(dossier(quick_server), port=line.port))

    assert owed(owing) == [("reste", 1, True), ("statut", 0, False)]
    assert "reste.bin" not in there(quick_server, "sortie")

    (quick_server.folder("sortie") / "reste.bin").write_bytes(data)  # as if the cut had come after the rename
    owing.later(hours=1)
    with Line(quick_server.port) as line:
        owing.call(quick_server.serveur(dossier(quick_server), port=line.port))
        sent = line.passed["up"]

    assert owed(owing) == []
    assert sent < 2 * len(data)  # the statut, and not the reste once more
    assert there(quick_server, "statut") == {"statut.bin": data}


def test_a_missing_folder_keeps_nothing_else_waiting(server: Server, owing: House) -> None:
    there_ = dossier(server)
    server.folder("sortie").rmdir()
    owing.call(server.serveur(there_))

    assert owed(owing) == [("reste", 1, True)]
    assert there(server, "statut") == {"statut.bin": b"revision 1"}


def test_what_there_is_no_more_is_forgotten(quick_server: Server, owing: House) -> None:
    owing.built = lambda envoi: None

    assert owing.call(quick_server.serveur(dossier(quick_server))).poussees == []
    assert owed(owing) == []


class Reads(asyncssh.SFTPServer):
    """At each change of a name, what lies under the name that readers know."""

    seen: ClassVar[list[bytes | None]] = []
    path: ClassVar[Path] = Path()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self.seen.append(self.path.read_bytes() if self.path.exists() else None)
        super().posix_rename(oldpath, newpath)
        self.seen.append(self.path.read_bytes() if self.path.exists() else None)

    def remove(self, path: bytes) -> None:
        raise asyncssh.SFTPFailure("nothing is ever removed")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Server]:
    with asyncssh_server(tmp_path / "watched", Reads) as server:
        Reads.seen, Reads.path = [], server.folder("statut") / "statut.bin"
        yield server


def test_a_reader_there_sees_the_old_statut_or_the_new_one_and_never_none(
    watched: Server, owing: House
) -> None:
    for revision in (2, 3):
        owing.call(watched.serveur(dossier(watched)))
        with owing.base.begin() as conn:
            envois.plan(conn, 1, NatureEnvoi.STATUT, revision)
    owing.call(watched.serveur(dossier(watched)))

    assert Reads.seen[-5:] == [b"revision 1"] * 2 + [b"revision 2"] * 2 + [b"revision 3"]
    assert there(watched, "statut") == {"statut.bin": b"revision 3"}
