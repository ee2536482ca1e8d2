"""Return flows are put on servers once their bytes are sure; what cannot leave waits, and says when."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
from conftest import House
from rig import SSHD, Line, Server, asyncssh_server, sshd
from sqlalchemy import insert

from edi.model import Deposant, Dossier, Emission, Serveur
from edi.outbound.push import place
from edi.sftp import RemoteDenied, RemoteMissing, connect
from edi.store import emissions, livraisons
from edi.store.tables import flux

SEND = {1: b"<un/>", 2: b"<deux/>"}


@pytest.fixture
def booked(house: House) -> House:
    """A house with two return flows that a server must get."""
    row = {"id": 1, "ticket": "1-AAA123", "appli": "AAA123", "nom": "lot.xml", "recu_le": house.at}
    with house.base.begin() as conn:
        conn.execute(insert(flux).values(**row, statut="INTEGRE"))
        for _ in SEND:
            booked = emissions.plan(conn, 1, "AAA123", "CSO1100A", lambda n: f"CSO{n}.xml", house.at)
            livraisons.plan(conn, booked.id)
    house.made = lambda emission: (SEND[emission.numero], hashlib.sha256(SEND[emission.numero]).hexdigest())
    return house


def sortie(server: Server, **changes: object) -> Dossier:
    return Dossier("AAA123", sortie=str(server.folder("retours")), **changes)  # type: ignore[arg-type]


def waiting(house: House) -> list[tuple[str, int, str]]:
    with house.base.begin() as conn:
        return [(d.emission.nom, d.essais, d.incident) for d in livraisons.pending(conn, ["AAA123"])]


def put(server: Server) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in server.folder("retours").iterdir()}


@pytest.mark.parametrize("renommage", [True, False])
def test_return_flows_are_put_and_remembered(server: Server, booked: House, renommage: bool) -> None:
    bilan = booked.call(server.serveur(sortie(server), renommage=renommage))

    assert put(server) == {"CSO1.xml": b"<un/>", "CSO2.xml": b"<deux/>"}
    assert waiting(booked) == []
    assert [p.nom for p in bilan.poussees] == ["CSO1.xml", "CSO2.xml"]
    assert booked.call(server.serveur(sortie(server))).poussees == []


def test_a_server_that_alone_gets_the_answers_confirms_their_emission(server: Server, booked: House) -> None:
    booked.call(server.serveur(sortie(server, out_local=False)))
    with booked.base.begin() as conn:
        assert emissions.pending(conn) == ()
        told = emissions.of_flux(conn, 1)

    assert [e.sha256 for e in told] == [hashlib.sha256(data).hexdigest() for data in SEND.values()]


def test_a_missing_folder_is_told_and_tried_again_at_its_time(server: Server, booked: House) -> None:
    folder = server.folder("retours")
    dossier = sortie(server)
    folder.rmdir()
    bilan = booked.call(server.serveur(dossier), forced=False)

    assert [type(p.failure) for p in bilan.poussees] == [RemoteMissing] * 2
    assert [(nom, essais) for nom, essais, _ in waiting(booked)] == [("CSO1.xml", 1), ("CSO2.xml", 1)]

    folder.mkdir()

    assert booked.call(server.serveur(dossier)).poussees == []  # not yet
    booked.later(seconds=40)
    assert len(booked.call(server.serveur(dossier)).poussees) == 2
    assert put(server) == {"CSO1.xml": b"<un/>", "CSO2.xml": b"<deux/>"}


def test_an_answer_that_must_not_leave_keeps_no_other_waiting(quick_server: Server, booked: House) -> None:
    made = booked.made
    booked.made = lambda emission: None if emission.numero == 1 else made(emission)
    booked.call(quick_server.serveur(sortie(quick_server)))

    assert put(quick_server) == {"CSO2.xml": b"<deux/>"}
    assert waiting(booked) == [("CSO1.xml", 0, "")]


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Server]:
    """A real server on which nothing can be written, even by root."""
    if not SSHD.exists():
        pytest.skip("no OpenSSH server on this machine (Debian: openssh-server)")
    with sshd(tmp_path / "sshd", subsystem="internal-sftp -R") as server:
        yield server


def test_a_read_only_folder_is_told_and_its_files_are_taken_all_the_same(
    read_only: Server, booked: House
) -> None:
    depot = read_only.folder("depot")
    (depot / "a.xml").write_bytes(b"<x/>")
    dossier = Dossier("AAA123", str(depot), apres="supprimer", sortie=str(read_only.folder("retours")))
    bilan = booked.call(read_only.serveur(dossier))

    assert booked.taken() == {"a.xml": b"<x/>"}
    assert [type(p.failure) for p in bilan.poussees] == [RemoteDenied] * 2
    assert [e.nom for e in bilan.ennuis] == ["a.xml"]  # it could not be removed there
    assert len(waiting(booked)) == 2

    second = booked.call(read_only.serveur(dossier))

    assert second.prises == []


class Full(asyncssh.SFTPServer):
    """A disk of a thousand bytes; past them it writes what fits and fails, as a real one does."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        room = max(0, 1000 - offset)
        super().write(file_obj, offset, data[:room])
        if len(data) > room:
            raise asyncssh.SFTPFailure("No space left on device")
        return len(data)


@pytest.mark.parametrize("renommage", [True, False])
def test_a_full_disk_there_never_shows_half_an_answer_as_a_whole_one(
    tmp_path: Path, booked: House, renommage: bool
) -> None:
    large = os.urandom(50_000)
    booked.made = lambda emission: (large if emission.numero == 1 else b"<deux/>", "0" * 64)
    with asyncssh_server(tmp_path / "full", Full) as server:
        bilan = booked.call(server.serveur(sortie(server), renommage=renommage))
        there = put(server)

    assert [p.failure is None for p in bilan.poussees] == [False, True]
    assert "No space left" in str(bilan.poussees[0].failure)
    assert there["CSO2.xml"] == b"<deux/>"
    assert [nom for nom, _, _ in waiting(booked)] == ["CSO1.xml"]
    if renommage:
        assert "CSO1.xml" not in there

    with asyncssh_server(tmp_path / "mended") as server:
        serveur = server.serveur(Dossier("AAA123", sortie=str(tmp_path / "full/fichiers/retours")))
        booked.later(hours=1)
        booked.call(serveur)

    assert (tmp_path / "full/fichiers/retours/CSO1.xml").read_bytes() == large


class Plain(asyncssh.SFTPServer):
    """A server of before: no posix-rename, no fsync, no limits, and a rename that refuses a name taken."""

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        if os.path.lexists(self.map_path(newpath)):
            raise asyncssh.SFTPFailure("exists")
        super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("posix-rename")


def test_an_old_server_gets_its_answers_twice_over_without_harm(tmp_path: Path) -> None:
    with asyncssh_server(tmp_path / "plain", Plain) as server:
        retours = server.folder("retours")
        for data in (b"<un/>", b"<un/>", b"<autre/>"):
            with connect(server.serveur(), tmp_path) as remote:
                remote._wire.extensions = {}  # as it would have said
                place(remote, str(retours), "CSO1.xml", data, True)

    assert put(server) == {"CSO1.xml": b"<autre/>"}


def test_an_answer_replaced_by_other_bytes_of_the_same_size_is_sent_again(
    server: Server, tmp_path: Path
) -> None:
    retours = server.folder("retours")
    (retours / "CSO1.xml").write_bytes(b"<XX/>")
    with connect(server.serveur(), tmp_path) as remote:
        place(remote, str(retours), "CSO1.xml", b"<un/>", True, uncertain=True)

    assert put(server) == {"CSO1.xml": b"<un/>"}


def test_a_whole_answer_left_aside_is_renamed_and_not_sent(server: Server, tmp_path: Path) -> None:
    retours = server.folder("retours")
    data = os.urandom(200_000)
    (retours / ".CSO1.xml.part").write_bytes(data)
    with Line(server.port) as line:
        with connect(server.serveur(port=line.port), tmp_path) as remote:
            place(remote, str(retours), "CSO1.xml", data, True, uncertain=True)
        sent = line.passed["up"]

    assert put(server) == {"CSO1.xml": data}
    assert sent < len(data)


def test_a_cut_while_putting_is_counted_and_asked_for_next_time(quick_server: Server, booked: House) -> None:
    large = os.urandom(300_000)
    booked.made = lambda emission: (large, hashlib.sha256(large).hexdigest())
    serveur: Serveur = quick_server.serveur(sortie(quick_server))
    with Line(quick_server.port, up=100_000) as line:
        booked.call(quick_server.serveur(sortie(quick_server), port=line.port))

    assert [(nom, essais, bool(why)) for nom, essais, why in waiting(booked)] == [
        ("CSO1.xml", 1, True),
        ("CSO2.xml", 0, False),
    ]

    booked.later(seconds=40)
    booked.call(serveur)

    assert put(quick_server) == {"CSO1.xml": large, "CSO2.xml": large}


def test_answers_of_other_deposants_stay_where_they_are(quick_server: Server, booked: House) -> None:
    booked.deposants = {"AAA123": Deposant("AAA123"), "BBB456": Deposant("BBB456")}
    dossier = Dossier("BBB456", sortie=str(quick_server.folder("retours")))

    assert booked.call(quick_server.serveur(dossier)).poussees == []
    assert len(waiting(booked)) == 2


def test_emission_has_no_other_column_than_its_delivery_reads() -> None:
    names = {column.name for column in livraisons.emission.c}

    assert names == set(Emission.__slots__)


def ask_again(house: House) -> list[bool]:
    with house.base.begin() as conn:
        return [livraisons.ask_again(conn, e.id, house.at) for e in emissions.of_flux(conn, 1)]


def test_what_was_lost_on_a_server_is_put_there_once_more_and_stays_told_as_it_was(
    server: Server, booked: House
) -> None:
    serveur = server.serveur(sortie(server, out_local=False))
    booked.call(serveur)
    first = told_of(booked)
    (server.folder("retours") / "CSO1.xml").unlink()
    booked.later(hours=1)
    assert ask_again(booked) == [True, True]
    assert ask_again(booked) == [False, False]
    booked.call(serveur)

    assert put(server) == {"CSO1.xml": b"<un/>", "CSO2.xml": b"<deux/>"}
    assert waiting(booked) == []
    assert told_of(booked) == first


def told_of(house: House) -> list[object]:
    """When each return flow first lay on its server."""
    with house.base.begin() as conn:
        return [one.livre_le for one in livraisons.of_flux(conn, 1).values()]


def test_what_would_not_be_the_same_is_not_put_over_what_lies_there(server: Server, booked: House) -> None:
    serveur = server.serveur(sortie(server, out_local=False))
    booked.call(serveur)
    ask_again(booked)
    booked.made = lambda emission: (b"<autre/>", hashlib.sha256(b"<autre/>").hexdigest())
    booked.call(serveur)

    assert put(server) == {"CSO1.xml": b"<un/>", "CSO2.xml": b"<deux/>"}
    assert waiting(booked) == []
