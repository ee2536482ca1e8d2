"""The migrations, from nothing to the last, on both databases: they come to the tables that are described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from bases import CHOIX, lay_empty_base, made_on
from sqlalchemy import Engine, inspect, text

from edi.store.database import MIGRATIONS, last_revision, open_database, revisions, upgrade
from edi.store.tables import metadata


@pytest.fixture(params=CHOIX)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with made_on(request.param):
        engine = open_database(lay_empty_base(), tmp_path)
    yield engine
    engine.dispose()


def test_every_migration_runs_and_comes_to_the_tables_that_are_described(empty: Engine) -> None:
    upgrade(empty)
    with empty.begin() as conn:
        seen, last = revisions(conn)
        options = {"compare_type": True, "compare_server_default": False}
        differences = compare_metadata(MigrationContext.configure(conn, opts=options), metadata)

    assert last == seen
    assert differences == []


def test_all_migrations_can_be_taken_back(empty: Engine) -> None:
    upgrade(empty)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with empty.begin() as conn:
        config.attributes["connection"] = conn
        command.downgrade(config, "base")
        left = set(inspect(conn).get_table_names())
        command.upgrade(config, "head")
        after = revisions(conn)[0]

    assert {"alembic_version"} == left
    assert last_revision() == after


def test_numbers_of_rows_have_64_bits(empty: Engine) -> None:
    upgrade(empty)
    large = 2**40
    names = "id ticket appli nom interface idflux sha256 taille recu_le statut incident".split()
    counts = "tentatives acceptees rejetees".split()
    values = {**dict.fromkeys(names, "x"), **dict.fromkeys(counts, 0), "id": large, "taille": large}
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    with empty.begin() as conn:
        conn.execute(text(f"INSERT INTO flux ({columns}) VALUES ({places})"), values)
        kept = conn.execute(text("SELECT id, taille FROM flux")).one()
        if empty.dialect.name == "postgresql":
            conn.execute(text("SELECT setval('flux_id_seq', :last)"), {"last": large})

    assert (large, large) == tuple(kept)
