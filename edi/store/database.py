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
from sqlalchemy.engine import make_url

from edi import acts
from edi.store import journal

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_ONLY_READS = "edi_only_reads"


def open_database(url: str, workspace: Path) -> Engine:
    """An engine for ``url``; a relative SQLite path starts from the workspace.

    SQLite runs in WAL mode with full synchronisation (a commit survives a power cut), and every transaction
    takes the write lock at once, so that two of ours can never wait for each other half-way.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(url)
        _watch_transactions(engine)
        return engine
    parsed = parsed.set(database=str(workspace / (parsed.database or "edi.db")))
    engine = create_engine(parsed, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get(_ONLY_READS, False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    _watch_transactions(engine)
    return engine


def _watch_transactions(engine: Engine) -> None:
    """The journal is the last to write; a commit is one of the acts that outlive us."""
    event.listen(engine, "begin", journal.forget)

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        journal.append(connection)
        acts.point("commit")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one instant of the database, and nobody waits for it."""
    with engine.connect() as connection:
        options: dict[str, Any] = {_ONLY_READS: True}
        if engine.dialect.name != "sqlite":  # which sees one instant by itself
            options["isolation_level"] = "REPEATABLE READ"
        yield connection.execution_options(**options)


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
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(config)
        if MigrationContext.configure(connection).get_current_revision() == script.get_current_head():
            return
        config.attributes.update(connection=connection, at=at)
        command.upgrade(config, "head")
