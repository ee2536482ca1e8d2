"""Opening a database and bringing its tables up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from edi import acts

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def open_database(url: str, workspace: Path) -> Engine:
    """An engine for ``url``; a relative SQLite path starts from the workspace.

    SQLite runs in WAL mode with full synchronisation (a commit survives a power cut), and every transaction
    takes the write lock at once, so that two of ours can never wait for each other half-way.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(url)
        _name_commits(engine)
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
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    _name_commits(engine)
    return engine


def _name_commits(engine: Engine) -> None:
    """A commit is one of the acts that outlive us."""

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        acts.point("commit")


def upgrade(engine: Engine) -> None:
    """Run the migrations that this database has not seen yet; up to date, it costs one query."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(config)
        if MigrationContext.configure(connection).get_current_revision() == script.get_current_head():
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
