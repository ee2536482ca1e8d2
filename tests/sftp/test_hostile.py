"""A server may say anything; nothing of it leads out of the spool, ends our process or goes on for ever."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncssh
import pytest
from conftest import House, make_house
from rig import Server, asyncssh_server

from edi.model import Dossier, ErrorClass
from edi.sftp import ProtocolBroken, RemoteEntry, connect
from edi.sftp.wire import Answer, Fields, Wire, text

HOSTILE = (
    b"../evade.xml",
    b"/etc/passwd",
    b"..",
    b".",
    b"",
    b"a/b.xml",
    b"retour\r\nchariot.xml",
    b"cloche\x07.xml",
    b"\x1b[31mrouge.xml",
    b"nul\x00.xml",
    b"latin-\xe9.xml",
    "droite-à-gauche-\u202e.xml".encode(),
    b"x" * 300 + b".xml",
)


class Liar(asyncssh.SFTPServer):
    """Lists hostile names; whatever is asked for by such a name is given."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        seen = asyncssh.SFTPAttrs(size=4, permissions=0o100644, uid=0, gid=0, atime=1, mtime=1_790_000_000)
        for name in (*HOSTILE, b"bon.xml"):
            yield asyncssh.SFTPName(name, attrs=seen)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        OPENED.append(path)
        return super().open(path, pflags, attrs)


OPENED: list[bytes] = []


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[Server]:
    OPENED.clear()
    with asyncssh_server(tmp_path / "menteur", Liar) as server:
        yield server


def everything_under(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_hostile_names_are_told_and_never_used(liar: Server, house: House, tmp_path: Path) -> None:
    depot = liar.folder("depot")
    (depot / "bon.xml").write_bytes(b"<a/>")
    os.utime(depot / "bon.xml", (1_790_000_000, 1_790_000_000))
    before = everything_under(tmp_path)
    bilan = house.call(liar.serveur(Dossier("AAA123", str(depot), apres="supprimer")))

    assert house.taken() == {"bon.xml": b"<a/>"}
    assert [Path(os.fsdecode(path)).name for path in OPENED] == ["bon.xml"]
    refused = [ennui for ennui in bilan.ennuis if ennui.error_class is ErrorClass.SENDER]
    assert len(refused) == len(HOSTILE) - 2  # "." and ".." are no news
    assert all(ennui.nom.isprintable() for ennui in refused)
    (entry,) = house.spool.entries("incoming")
    new = everything_under(tmp_path) - before
    assert {name for name in new if not name.startswith(("maison/edi.db", "menteur/"))} == {
        str(entry.path.relative_to(tmp_path))
    }


@pytest.mark.parametrize("raw", HOSTILE)
def test_a_hostile_name_is_no_name(raw: bytes) -> None:
    assert RemoteEntry(raw, 1, 1, "file").nom is None


@pytest.mark.parametrize(
    "nom", ["a.xml", "FSO1100A_AAA123_x.tar.gz", "facture été.xml", "..xml", "x" * 251 + ".xml"]
)
def test_an_ordinary_name_is_one(nom: str) -> None:
    assert RemoteEntry(nom.encode(), 1, 1, "file").nom == nom


class Sizes(asyncssh.SFTPServer):
    """Says other sizes than there are, in its lists and on open files."""

    said = 10

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return self._lie(super().stat(path))

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return self._lie(super().lstat(path))

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return self._lie(super().fstat(file_obj))

    def _lie(self, seen: object) -> asyncssh.SFTPAttrs:
        attrs = asyncssh.SFTPAttrs.from_local(seen) if isinstance(seen, os.stat_result) else seen
        assert isinstance(attrs, asyncssh.SFTPAttrs)
        if attrs.permissions is not None and attrs.permissions & 0o100000:
            attrs.size = self.said
        return attrs


@pytest.mark.parametrize("real", [4, 0])
def test_a_file_shorter_than_the_server_says_is_not_taken(tmp_path: Path, house: House, real: int) -> None:
    with asyncssh_server(tmp_path / "tailles", Sizes) as server:
        (server.folder("depot") / "a.xml").write_bytes(b"x" * real)
        bilan = house.call(server.serveur(Dossier("AAA123", str(server.root / "depot"), apres="supprimer")))

    assert house.taken() == {}
    assert [e.error_class for e in bilan.ennuis] == [ErrorClass.SENDER]
    assert (tmp_path / "tailles/fichiers/depot/a.xml").exists()


class Scripted:
    """A channel that gives what it was told to give."""

    def __init__(self, *packets: bytes) -> None:
        self._data = b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
        self.sent = b""

    def recv(self, size: int) -> bytes:
        piece, self._data = self._data[:size], self._data[size:]
        return piece

    def sendall(self, data: bytes) -> None:
        self.sent += data


VERSION = b"\x02\0\0\0\x03"


@pytest.mark.parametrize(
    "packets",
    [
        (b"SSH, bonjour",),
        (VERSION[:1] + b"\0\0\0\x03" + b"\0\0\0\xff" + b"abc",),
        (VERSION, b"\x66" + b"\0\0\0\x09" + b"\0\0\0\x01h"),
        (VERSION, b"\x65" + b"\0\0\0\x01" + b"\0"),
        (VERSION, b"\x69" + b"\0\0\0\x01"),
    ],
    ids=["no-sftp", "cut-extension", "other-number", "cut-status", "other-kind"],
)
def test_answers_without_sense_end_the_session(packets: tuple[bytes, ...]) -> None:
    with pytest.raises(ProtocolBroken):
        Wire(Scripted(*packets)).call(11, text(b"/")).expect(102, b"/").text()


def test_a_packet_without_end_is_refused_before_it_is_read() -> None:
    endless = Scripted()
    endless._data = b"\xff\xff\xff\xff" + b"x" * 100

    with pytest.raises(ProtocolBroken, match="4294967295"):
        Wire(endless)


@pytest.mark.parametrize("flags", [0, 1, 4, 8, 0x80000000, 0x8000000D])
def test_attributes_are_read_whatever_a_server_leaves_out(flags: int) -> None:
    body = flags.to_bytes(4, "big")
    body += (77).to_bytes(8, "big") if flags & 1 else b""
    body += (0o100644).to_bytes(4, "big") if flags & 4 else b""
    body += (1).to_bytes(4, "big") + (5).to_bytes(4, "big") if flags & 8 else b""
    body += (1).to_bytes(4, "big") + text(b"k") + text(b"v") if flags & 0x80000000 else b""
    seen = Fields(body).attributes()

    assert (seen.size, seen.mode, seen.mtime) == (
        77 if flags & 1 else None,
        0o100644 if flags & 4 else None,
        5 if flags & 8 else None,
    )


@pytest.mark.parametrize(
    ("status", "told", "error_class"),
    [
        (2, "ne connaît pas", ErrorClass.OPERATOR),
        (3, "refuse l'accès", ErrorClass.OPERATOR),
        (8, "opération", ErrorClass.OPERATOR),
        (4, "disk quota", ErrorClass.TRANSIENT),
        (7, "disk quota", ErrorClass.TRANSIENT),
        (99, "disk quota", ErrorClass.TRANSIENT),
    ],
)
def test_every_status_has_a_class_and_a_sentence(status: int, told: str, error_class: ErrorClass) -> None:
    answer = Answer(101, status.to_bytes(4, "big") + text(b"disk quota") + text(b""))
    with pytest.raises(Exception, match=told) as failed:
        answer.expect(101, b"/depot/a.xml")

    assert failed.value.error_class is error_class  # type: ignore[attr-defined]
    assert "/depot/a.xml" in str(failed.value)


# -- our own disk -----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes, where this user may mount one."""
    folder = tmp_path / "petit"
    folder.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True, check=False
    )
    if not done or done.returncode:
        pytest.skip("no small file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_here_leaves_everything_there_and_gives_back_its_room(
    quick_server: Server, small_disk: Path, tmp_path: Path
) -> None:
    house = make_house(tmp_path / "maison")
    shutil.rmtree(house.root / "spool")
    house.spool.root.symlink_to(small_disk)
    house.spool.create(["AAA123"])
    depot = quick_server.folder("depot")
    for nom, size, mtime in (("a.xml", 1000, 1), ("gros.tar.gz", 5_000_000, 2), ("z.xml", 1000, 3)):
        (depot / nom).write_bytes(os.urandom(size))
        os.utime(depot / nom, (mtime, mtime))
    serveur = quick_server.serveur(Dossier("AAA123", str(depot), apres="supprimer"), connexions=1)
    bilan = house.call(serveur)

    assert set(house.taken()) == {"a.xml", "z.xml"}  # what fits is taken
    assert [(e.nom, e.error_class) for e in bilan.ennuis] == [("gros.tar.gz", ErrorClass.ENGINE)]
    assert [path.name for path in depot.iterdir()] == ["gros.tar.gz"]

    house.spool.room = lambda: 1 << 40  # type: ignore[method-assign]  # as if others filled it meanwhile
    bilan = house.call(serveur)

    assert [e.error_class for e in bilan.ennuis] == [ErrorClass.ENGINE]
    assert "No space left" in bilan.ennuis[0].message
    assert [path.name for path in depot.iterdir()] == ["gros.tar.gz"]
    assert list((small_disk / "pull" / "partenaire").glob("*.part")) == []


def test_a_session_outlives_a_refusal(quick_server: Server, tmp_path: Path) -> None:
    with connect(quick_server.serveur(), tmp_path) as remote:
        for _ in range(3):
            with pytest.raises(Exception, match="ne connaît pas"):
                remote.list("/nulle/part")
        (quick_server.folder("depot") / "a").write_bytes(b"x")

        assert [e.nom for e in remote.list(str(quick_server.folder("depot")))] == ["a"]
