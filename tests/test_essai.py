"""``test/``: the judgement that a deposit would get, answered in ``statut/test``, without any effect."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.espace import Espace
from edi.samples import LotSpec, make_lot
from edi.store.tables import metadata

LOT = LotSpec("ubl", 3, numero_flux=1, fautes=("service-inconnu",))


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


def put(espace: Espace, nom: str = "", data: bytes | None = None) -> str:
    lot = make_lot(LOT)
    nom = nom or lot.nom
    (espace.spool.inbox("AAA123", "test") / nom).write_bytes(lot.data if data is None else data)
    return nom


def answer(espace: Espace, nom: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer_path(espace, nom).read_bytes())
    return told


def answer_path(espace: Espace, nom: str, suffix: str = "json") -> Path:
    return espace.spool.statut("AAA123") / "test" / f"{nom}.{suffix}"


def rows(espace: Espace) -> dict[str, int]:
    """How many rows each table has, but for those that processes come and go in."""
    with espace.engine.begin() as conn:
        return {
            nom: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for nom, table in metadata.tables.items()
        }


def test_a_tested_lot_is_judged_as_a_deposit_would_be_and_leaves_no_trace(espace: Espace) -> None:
    nom, before = put(espace), rows(espace)
    App(espace).run_once()
    tested = answer(espace, nom)
    after = rows(espace)
    deposit(espace, LOT)
    App(espace).run_once()
    deposited = json.loads((espace.spool.statut("AAA123") / "AAA1231100000000000000001.json").read_bytes())

    assert tested["verdict"] == "serait accepté en partie"
    assert tested["totaux"] == deposited["totaux"]
    assert [f["constats"] for f in tested["factures"]] == [f["constats"] for f in deposited["factures"]]
    assert after == before
    assert list(espace.spool.inbox("AAA123", "test").iterdir()) == []
    assert list((espace.spool.root / "essai").iterdir()) == []


def test_the_text_says_what_is_wrong_what_to_do_and_that_it_has_no_effect(espace: Espace) -> None:
    nom = put(espace)
    App(espace).run_once()
    text = answer_path(espace, nom, "txt").read_text("utf-8")

    assert "serait accepté en partie" in text
    assert "sans effet juridique" in text
    assert "EDI-SERVICE-02" in text
    assert "À faire :" in text
    assert answers(espace) == {}


def test_a_tested_lot_that_is_accepted_already_is_told_its_doublons(espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 2, numero_flux=1))
    App(espace).run_once()
    lot = make_lot(LotSpec("ubl", 2, numero_flux=1))
    nom = put(espace, lot.nom.replace("0001.", "0002."), lot.data)
    App(espace).run_once()
    codes = {c["code"] for facture in answer(espace, nom)["factures"] for c in facture["constats"]}

    assert codes == {"EDI-DOUBLON-01"}


def test_a_file_without_a_flux_name_is_recognised_by_its_content(espace: Espace) -> None:
    nom = put(espace, "brouillon.xml", make_lot(replace(LOT, nombre=1, fautes=(), archive="xml")).data)
    App(espace).run_once()
    told = answer(espace, nom)

    assert told["verdict"] == "serait accepté"
    assert [c["code"] for c in told["constats"]] == ["EDI-ENV-13"]


def test_readiness_is_that_of_in(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", readiness="temoin", observations=2)
    nom = put(espace)
    App(espace).run_once()
    waiting = answer(espace, nom)
    (espace.spool.inbox("AAA123", "test") / f"{nom}.ok").touch()
    App(espace).run_once()

    assert waiting["verdict"] == "pas encore jugé"
    assert "témoin attendu" in waiting["raison"]
    assert answer(espace, nom)["verdict"] == "serait accepté en partie"
    assert list(espace.spool.inbox("AAA123", "test").iterdir()) == []


def test_a_trial_that_was_interrupted_is_answered_at_the_next_pass(espace: Espace) -> None:
    nom = put(espace)
    espace.spool.take_trial("AAA123", nom, "0001-AAA123")
    (espace.spool.root / "essai" / "0000-AAA123").mkdir()  # killed before the rename
    App(espace).run_once()

    assert answer(espace, nom)["verdict"] == "serait accepté en partie"
    assert list((espace.spool.root / "essai").iterdir()) == []


def test_trials_give_way_to_deposits(espace: Espace) -> None:
    app = App(espace)
    put(espace)
    answered = app.essais.turn(busy=lambda: True)

    assert answered == 0
    assert app.essais.moving
    assert app.essais.turn() == 1


def test_one_process_at_a_time_looks_at_trials(espace: Espace) -> None:
    put(espace)
    with espace.spool.alone_at_trials():
        meanwhile = App(espace).essais.turn()

    assert meanwhile == 0
    assert App(espace).essais.turn() == 1


def test_an_answer_that_cannot_be_written_keeps_the_file(espace: Espace) -> None:
    nom = put(espace)
    folder = espace.spool.statut("AAA123") / "test"
    folder.rename(folder.with_name("away"))
    refused = App(espace).essais.turn()
    folder.with_name("away").rename(folder)

    assert refused == 0
    assert App(espace).essais.turn() == 1
    assert answer_path(espace, nom).is_file()


def test_what_is_no_ordinary_file_stays_where_it_lies(espace: Espace, tmp_path: Path) -> None:
    (tmp_path / "secret.xml").write_bytes(b"<secret/>")
    link = espace.spool.inbox("AAA123", "test") / "lien.xml"
    link.symlink_to(tmp_path / "secret.xml")
    App(espace).run_once()

    assert link.is_symlink()
    assert list((espace.spool.statut("AAA123") / "test").iterdir()) == []
