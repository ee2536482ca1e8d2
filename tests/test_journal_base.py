"""The journal of a database that was there before, and of several processes that write at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from journaux import prove, rows_of
from sqlalchemy import text
from workspace import deposit, make_espace

from edi.app import App
from edi.espace import Espace, open_espace
from edi.samples import LotSpec
from edi.store.database import MIGRATIONS, upgrade

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from edi.store import journal
from edi.store.database import open_database

base = open_database(sys.argv[1], Path())
for n in range(40):
    with base.begin() as conn:
        for k in range(3):
            journal.note_act(conn, "essai", f"{sys.argv[2]} {n} {k}", datetime.now(UTC), par=sys.argv[2])
"""


def test_two_processes_that_write_at_once_make_one_chain_and_cut_no_transaction_in_two(
    tmp_path: Path,
) -> None:
    espace = make_espace(tmp_path / "e", annuaire=False)
    url = espace.engine.url.render_as_string(hide_password=False)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, name]) for name in ("un", "deux")]
    codes = [writer.wait(timeout=120) for writer in writers]
    told = [row.sujet for row in rows_of(espace) if row.genre == "ACTE"]

    assert codes == [0, 0]
    assert len(told) == 240
    assert all(told[n].split()[:2] == told[n + 2].split()[:2] for n in range(0, 240, 3))
    assert prove(espace).ruptures == ()


def make_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def make_old(root: Path) -> Espace:
    """A workspace whose database never had a journal."""
    espace = make_espace(root)
    deposit(espace, LotSpec("ubl", 3, numero_flux=1))
    App(espace).run_once()
    script = ScriptDirectory.from_config(make_config())
    ours = next(one for one in script.walk_revisions() if (one.doc or "").startswith("journal:"))
    with espace.engine.begin() as connection:
        config = make_config()
        config.attributes["connection"] = connection
        command.downgrade(config, str(ours.down_revision))
    return espace


def test_the_journal_of_an_old_database_begins_with_what_was_there(tmp_path: Path) -> None:
    old = make_old(tmp_path / "e")
    upgrade(old.engine, old.now())
    espace = open_espace(old.root)
    (first,) = rows_of(espace)
    avant = json.loads(first.contenu)["avant"]

    assert (first.genre, first.le) == ("OUVERTURE", "2026-11-20T08:00:00.000000+00:00")
    assert avant["VERDICT"] == {"lignes": 3, "dernier": 3}
    assert avant["FACTURE"]["lignes"] == 6
    assert prove(espace).ruptures == ()


def test_what_was_under_way_when_the_journal_began_goes_on_in_it(tmp_path: Path) -> None:
    old = make_old(tmp_path / "e")
    with old.engine.begin() as conn:
        conn.execute(text("UPDATE emission SET emis_le = NULL, sha256 = ''"))
    upgrade(old.engine, old.now())
    espace = open_espace(old.root)
    deposit(espace, LotSpec("ubl", 1, numero_flux=2, graine=2))
    App(espace).run_once()
    left = [row.sujet for row in rows_of(espace) if row.genre == "DEPART"]

    assert len(left) == 4  # two of before, two of now
    assert prove(espace).ruptures == ()
