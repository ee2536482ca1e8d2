"""A workspace goes from SQLite to PostgreSQL with all that it knows, and back; or nothing has moved."""

from __future__ import annotations

from pathlib import Path

import pytest
from bases import SQLITE, lay_empty_base, made_on
from sqlalchemy import Engine, func, inspect, select
from workspace import copy_espace, deposit, make_espace, type_edi

from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.model import FluxStatut
from edi.samples import LotSpec
from edi.store.database import open_database
from edi.store.demenagement import NotNew, Unequal, move
from edi.store.tables import flux, journal, metadata, processus

LOT = LotSpec("ubl", 30, numero_flux=1, fautes=("destinataire-inconnu",))
AGAIN = LotSpec("ubl", 4, numero_flux=2, graine=7)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace on SQLite that has treated a lot, one invoice of which was rejected."""
    root = tmp_path_factory.mktemp("demenagement") / "template"
    espace = make_espace(root, base=SQLITE, observations=1)
    assert treat(espace, LOT) is FluxStatut.INTEGRE_PARTIEL
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    return open_espace(copy_espace(template, tmp_path / "e"))


@pytest.fixture
def neuve(tmp_path: Path) -> str:
    """The address of a new database on PostgreSQL."""
    with made_on("postgresql"):
        return lay_empty_base()


def treat(espace: Espace, spec: LotSpec) -> FluxStatut:
    deposit(espace, spec)
    app = App(espace)
    with app.presence.at_work(real_now):
        app.recover()
        app.collect()
        (done,) = app.drain()
    return done.statut


def rows_of(engine: Engine, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    with engine.begin() as conn:
        return {
            table.name: sorted(repr(tuple(row)) for row in conn.execute(select(table)))
            for table in metadata.sorted_tables
            if table.name not in without
        }


def tables_of(engine: Engine) -> list[str]:
    with engine.connect() as conn:
        return inspect(conn).get_table_names()


def name_base(espace: Espace, address: str) -> Espace:
    config = espace.root / "config" / "edi.toml"
    text = config.read_text("utf-8").replace(f'base = "{espace.settings.espace.base}"', f'base = "{address}"')
    config.write_text(text, "utf-8")
    return open_espace(espace.root)


def test_the_command_moves_everything_and_work_goes_on_there(
    espace: Espace, neuve: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows_of(espace.engine)
    done = type_edi(capsys, "--espace", espace.root, "base", "copie", neuve)
    there = name_base(espace, neuve)
    after = rows_of(there.engine, without=("journal", "journal_tete"))
    said = rows_of(there.engine)["journal"]
    with there.engine.begin() as conn:
        last = conn.execute(select(func.max(flux.c.id))).scalar_one()
    reminded, new = treat(there, LOT), treat(there, AGAIN)
    with there.engine.begin() as conn:
        numbers = list(conn.execute(select(flux.c.id).order_by(flux.c.id)).scalars())

    assert (done.code, done.err) == (0, "")
    assert "copiées dans" in done.out
    assert "espace.base" in done.out
    assert after == {nom: rows for nom, rows in before.items() if nom in after}
    assert set(before["journal"]) < set(said)
    assert len(said) == len(before["journal"]) + 1  # the move itself
    assert (reminded, new) == (FluxStatut.RAPPEL, FluxStatut.INTEGRE)
    assert numbers[-2:] == [last + 1, last + 2]
    assert audit(there.engine, there.spool, real_now()).ecarts == ()
    assert rows_of(espace.engine) == before  # the old one is as it was
    there.engine.dispose()


def test_and_comes_back(espace: Espace, neuve: str, tmp_path: Path) -> None:
    before = rows_of(espace.engine, without=("journal", "journal_tete"))
    server = open_database(neuve, tmp_path)
    back = open_database("sqlite:///retour.db", tmp_path)
    first = move(espace.engine, server, espace.now())
    second = move(server, back, espace.now())

    assert rows_of(back, without=("journal", "journal_tete")) == before
    assert (second.tables, second.lignes) == (first.tables, first.lignes + 1)
    server.dispose()
    back.dispose()


@pytest.mark.parametrize("address", ["postgresql", "sqlite:///autre.db"])
@pytest.mark.parametrize("at", [0.0, 0.3, 0.9])
def test_what_stops_half_way_leaves_nothing(espace: Espace, neuve: str, address: str, at: float) -> None:
    cible = open_database(neuve if address == "postgresql" else address, espace.root)

    def stop(done: int, of: int) -> None:
        if done > at * of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(espace.engine, cible, espace.now(), listen=stop)
    left = tables_of(cible)
    made = move(espace.engine, cible, espace.now())

    assert left == []
    assert made.lignes > 300
    cible.dispose()


def test_what_does_not_read_equal_leaves_nothing(
    espace: Espace, neuve: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edi.store import demenagement

    write = demenagement.write_rows

    def lose_one(conn: object, table: object, rows: list[object]) -> None:
        write(conn, table, rows[1:] if table is journal else rows)  # type: ignore[arg-type]

    monkeypatch.setattr(demenagement, "write_rows", lose_one)
    cible = open_database(neuve, espace.root)
    with pytest.raises(Unequal, match="journal"):
        move(espace.engine, cible, espace.now())

    assert tables_of(cible) == []
    cible.dispose()


def test_only_a_new_database_is_filled(espace: Espace, template: Path, tmp_path: Path) -> None:
    other = open_espace(copy_espace(template, tmp_path / "autre"))
    before = rows_of(other.engine)
    with pytest.raises(NotNew):
        move(espace.engine, other.engine, espace.now())

    assert rows_of(other.engine) == before


def test_while_somebody_is_at_work_nothing_is_moved(
    espace: Espace, neuve: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = App(espace)
    with app.presence.at_work(real_now):
        done = type_edi(capsys, "--espace", espace.root, "base", "copie", neuve)
    cible = open_database(neuve, espace.root)

    assert done.code != 0
    assert app.name in done.err
    assert "arrêtez d'abord" in done.err
    assert tables_of(cible) == []
    cible.dispose()


def test_a_process_that_died_does_not_stand_in_the_way(
    espace: Espace, neuve: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = App(espace)
    app.presence._enter(real_now())  # and no lock of its name: it is gone
    done = type_edi(capsys, "--espace", espace.root, "base", "copie", "--json", neuve)
    cible = open_database(neuve, espace.root)
    with cible.begin() as conn:
        living = conn.execute(select(func.count()).select_from(processus)).scalar_one()

    assert done.code == 0
    assert '"lignes"' in done.out
    assert living == 0
    cible.dispose()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("n'importe quoi", "n'est pas une adresse"),
        ("oracle+rien://serveur/base", "n'est pas une adresse"),
        ("postgresql+psycopg://navette:secret@127.0.0.1:1/navette", "n'est pas joignable"),
        (SQLITE, "c'est la base de cet espace"),
    ],
)
def test_an_address_that_does_not_do_is_told(
    espace: Espace, capsys: pytest.CaptureFixture[str], address: str, told: str
) -> None:
    done = type_edi(capsys, "--espace", espace.root, "base", "copie", address)

    assert done.code != 0
    assert told in done.err
    assert "secret" not in done.err + done.out
