"""Servers for the tests of this folder, and a workspace small enough to be made a hundred times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rig import SSHD, Server, asyncssh_server, sshd
from sqlalchemy import Engine

from edi.app.compagnons import side_by_side
from edi.canaux import Bilan, Canaux
from edi.model import Deposant, Emission, Envoi, Serveur
from edi.spool import Spool
from edi.store import emissions
from edi.store.database import open_database, upgrade
from edi.wiring import tickets


@pytest.fixture(scope="session")
def _sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not SSHD.exists():
        pytest.skip("no OpenSSH server on this machine (Debian: openssh-server)")
    with sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="session")
def _asyncssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with asyncssh_server(tmp_path_factory.mktemp("asyncssh")) as server:
        yield server


@pytest.fixture(params=["sshd", "asyncssh"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Server:
    """Each of the two servers, with an empty folder of the test's own."""
    running: Server = request.getfixturevalue(f"_{request.param}")
    return Server(running.port, tmp_path / "distant", running.host_key, running.key, running.kind)


@pytest.fixture
def quick_server(_asyncssh: Server, tmp_path: Path) -> Server:
    """The one that is always there."""
    return Server(_asyncssh.port, tmp_path / "distant", _asyncssh.host_key, _asyncssh.key, "asyncssh")


@dataclass
class House:
    """Our side of the line: a spool, a database, a clock that is set by hand."""

    spool: Spool
    base: Engine
    root: Path
    at: datetime = datetime(2026, 11, 20, 9, tzinfo=UTC)
    pause: Callable[[float], None] = lambda seconds: None
    deposants: dict[str, Deposant] = field(default_factory=lambda: {"AAA123": Deposant("AAA123", siret="")})
    made: Callable[[Emission], tuple[bytes, str] | None] = lambda emission: None
    built: Callable[[Envoi], tuple[str, bytes] | None] = lambda envoi: None
    halted: threading.Event = field(default_factory=threading.Event)

    def canaux(self, *serveurs: Serveur) -> Canaux:
        return Canaux(
            root=self.root,
            serveurs=serveurs,
            deposants=self.deposants,
            limite=1 << 31,
            spool=self.spool,
            base=self.base,
            give_ticket=tickets(),
            make=self.made,
            confirm=lambda conn, emission, at, sha256: emissions.confirm(conn, emission.id, at, sha256),
            build=self.built,
            write=lambda signalement: [],
            now=lambda: self.at,
            pause=self.pause,
            side_by_side=side_by_side,
            halted=self.halted.is_set,
        )

    def call(self, serveur: Serveur, *, forced: bool = True) -> Bilan:
        return self.canaux(serveur).call([serveur], forced=forced)

    def later(self, **lapse: float) -> None:
        self.at += timedelta(**lapse)

    def taken(self) -> dict[str, bytes]:
        """What lies in ``incoming``: name -> bytes. A name there twice is a fault."""
        found: dict[str, bytes] = {}
        for entry in self.spool.entries("incoming"):
            assert entry.nom not in found, f"{entry.nom} was taken twice"
            found[entry.nom] = entry.path.read_bytes()
        return found


@cache
def _empty_database() -> bytes:
    """Migrated once: hundreds of houses are made from it."""
    with TemporaryDirectory() as folder:
        base = open_database("sqlite:///edi.db", Path(folder))
        upgrade(base)
        with base.connect() as conn:
            conn.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.dispose()
        return (Path(folder) / "edi.db").read_bytes()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path / "maison")


def make_house(root: Path) -> House:
    root.mkdir()
    (root / "edi.db").write_bytes(_empty_database())
    base = open_database("sqlite:///edi.db", root)
    spool = Spool(root / "spool")
    spool.create(["AAA123"])
    return House(spool, base, root)


@pytest.fixture
def new_house(tmp_path: Path) -> Callable[[], House]:
    """As many as are wanted."""
    count = iter(range(10_000))
    return lambda: make_house(tmp_path / f"maison-{next(count)}")
