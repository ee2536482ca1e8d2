"""The database that ``--base`` asks for: one for each workspace, made from one that is migrated already."""

from __future__ import annotations

import atexit
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path

from postgres import Server
from sqlalchemy import Engine

from edi.store.database import open_database, upgrade

MORNING = "2026-11-20T09:00:00+01:00"  # the samples' own day
SQLITE = "sqlite:///edi.db"
CHOIX = ("sqlite", "postgresql")

_TEMPLATE = "edi_modele"
_numbers = count(1)
_made: list[tuple[str, bool]] = []  # what lies on the server, and whether a module still needs it
_lasting = False
_asked = CHOIX[0]


def choose(asked: str) -> None:
    """What ``--base`` says, once for all tests of this process."""
    global _asked
    _asked = asked


@contextmanager
def made_on(wanted: str) -> Iterator[None]:
    """For a test that speaks of one database, or of both, whatever ``--base`` says."""
    before = _asked
    choose(wanted)
    try:
        yield
    finally:
        choose(before)


def is_postgresql() -> bool:
    return _asked == "postgresql"


def lay_base(root: Path) -> str:
    """A database for a new workspace, migrated in the morning of the samples: its address."""
    if is_postgresql():
        return _create(f"TEMPLATE {_template()} STRATEGY FILE_COPY")
    (root / "edi.db").write_bytes(_migrated())
    return SQLITE


def lay_empty_base() -> str:
    """The address of a database without any table."""
    return _create("TEMPLATE template0") if is_postgresql() else SQLITE


def copy_base(config: Path) -> None:
    """Give a workspace that was copied, as files, a copy of the database that its configuration names."""
    text = config.read_text("utf-8")
    found = re.search(r'^base = "postgresql.*/(edi_\d+)\?.*"$', text, re.MULTILINE)
    if found is None:
        return  # its database was one of the files
    with server().connect() as conn:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        conn.execute(others, [found[1]])
    copied = _create(f"TEMPLATE {found[1]} STRATEGY FILE_COPY")
    config.write_text(text.replace(found[0], f'base = "{copied}"'), "utf-8")


def open_base(root: Path) -> Engine:
    """A migrated database of its own for a test that needs no workspace."""
    return open_database(lay_base(root), root)


@contextmanager
def lasting(wanted: bool) -> Iterator[None]:
    """What is made meanwhile, by a fixture that tests share, stays until the last test of its module."""
    global _lasting
    before, _lasting = _lasting, _lasting or wanted
    try:
        yield
    finally:
        _lasting = before


def drop_bases(*, lasting: bool) -> None:
    """End a test, or with ``lasting`` a module: what it made on the server is of no use any more."""
    gone = [name for name, stays in _made if lasting or not stays]
    if gone:
        with server().connect() as conn:
            for name in gone:
                conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _made[:] = [one for one in _made if one[0] not in gone]


@cache
def server() -> Server:
    """The server of this process; it ends with it."""
    started = Server()
    atexit.register(started.remove)
    return started


def _create(how: str) -> str:
    name = f"edi_{next(_numbers)}"
    with server().connect() as conn:
        conn.execute(f"CREATE DATABASE {name} {how}")
    _made.append((name, _lasting))
    return server().url(name)


@cache
def _template() -> str:
    with server().connect() as conn:
        conn.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
    engine = open_database(server().url(_TEMPLATE), Path())
    upgrade(engine, datetime.fromisoformat(MORNING))
    engine.dispose()
    return _TEMPLATE


@cache
def _migrated() -> bytes:
    """A database file as the migrations make it, once for all that need one."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(SQLITE, Path(folder))
        upgrade(engine, datetime.fromisoformat(MORNING))
        engine.dispose()  # which leaves its journal in the file
        return (Path(folder) / "edi.db").read_bytes()
