"""Opening a database and bringing its tables up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from edi import acts
from edi.store import journal

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
ECRIVAINS = 0x6E617665747465  # the advisory lock of whoever writes, in the database of the workspace
_KIND, _READS = "edi_kind", "reads"
BESIDE = {_KIND: "beside"}  # options of a connection whose transactions take no lock of writers
_SESSION = {  # of each connection to a server
    "lock_timeout": "60s",  # SQLite waits 30
    "idle_in_transaction_session_timeout": "10min",
    "tcp_keepalives_idle": "15",  # a machine that is gone must not hold a lock for two hours
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


def open_database(url: str, workspace: Path) -> Engine:
    """An engine for ``url``; a relative SQLite path starts from the workspace.

    Every transaction that may write takes the one lock of writers at once, so that two of ours can never wait
    for each other half-way, and what it has read stays true until it commits. Identifiers are given in the
    order of the commits. Those of :func:`reading` and :func:`beside` wait for nobody.
    """
    parsed = make_url(url)
    engine = (
        _open_sqlite(parsed, workspace) if parsed.get_backend_name() == "sqlite" else _open_server(parsed)
    )
    event.listen(engine, "begin", journal.forget)  # the journal is the last to write

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        journal.append(connection)
        acts.point("commit")

    return engine


def _open_sqlite(url: URL, workspace: Path) -> Engine:
    """WAL with full synchronisation: a commit survives a power cut."""
    url = url.set(database=str(workspace / (url.database or "edi.db")))
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads = _kind(connection) == _READS
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return engine


def _open_server(url: URL) -> Engine:
    """PostgreSQL: connections that were cut are made anew; whoever hangs within a transaction is cut off."""
    engine = create_engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: object) -> None:
        connection.autocommit = True
        wanted = ", ".join("set_config(%s, %s, false)" for _ in _SESSION)
        connection.execute(f"SELECT {wanted}", [part for pair in _SESSION.items() for part in pair])
        connection.autocommit = False

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if _kind(connection) is None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ECRIVAINS})")

    return engine


def _kind(connection: Connection) -> str | None:
    """What a transaction does: only read, write beside others; None: write, alone."""
    kind: str | None = connection.get_execution_options().get(_KIND)
    return kind


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one instant of the database, and nobody waits for it."""
    with engine.connect() as connection:
        options: dict[str, Any] = {_KIND: _READS}
        if engine.dialect.name != "sqlite":  # which sees one instant by itself
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        yield connection.execution_options(**options)


@contextmanager
def beside(engine: Engine) -> Iterator[Connection]:
    """A short transaction that writes without waiting for a decision under way, where the database allows it.

    For rows of its own, by compare-and-swap, and for nothing that the journal tells.
    """
    with engine.connect() as connection, connection.execution_options(**BESIDE).begin():
        yield connection


def revisions(connection: Connection) -> tuple[str, str]:
    """The last migration that this database has seen ('' for none), and the last that there is."""
    return MigrationContext.configure(connection).get_current_revision() or "", last_revision()


def last_revision() -> str:
    """The last migration that there is."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def check_integrity(connection: Connection) -> str:
    """What SQLite finds wrong with its file, '' for nothing; other databases look after themselves."""
    if connection.dialect.name != "sqlite":
        return ""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(10)")]
    return "" if found == ["ok"] else " ; ".join(found)


def upgrade(engine: Engine, at: datetime | None = None) -> None:
    """Run the migrations that this database has not seen yet; up to date, it costs one query.

    ``at`` is this instant, where a migration must write it down; None: by the clock of the machine.
    """
    with reading(engine) as connection:  # whoever only looks need not wait for a decision under way
        seen, last = revisions(connection)
    if seen == last:
        return
    with engine.begin() as connection:  # somebody else may just have done it: then there is nothing to do
        upgrade_within(connection, at)


def upgrade_within(connection: Connection, at: datetime | None = None, *, reprend: bool = False) -> None:
    """The same in a transaction of the caller's: what it makes goes again when that is rolled back.

    ``reprend``: nothing begins here, all rows will come from another database; the journal has no first one.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, at=at, reprend=reprend)
    command.upgrade(config, "head")
