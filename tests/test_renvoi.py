"""Sending a return flow once more: the very same bytes, or a sentence that says why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from console import enter
from exploitants import acts, add_everybody, post, refused
from sqlalchemy import update
from starlette.testclient import TestClient
from workspace import answers, copy_espace, deposit, make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace
from edi.model import Emission
from edi.samples import LotSpec
from edi.store import emissions
from edi.store.database import reading
from edi.store.tables import emission


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("renvoi") / "template"
    espace = make_espace(root)
    deposit(espace, LotSpec("ubl", 2, numero_flux=1, fautes={1: "service-inconnu"}))
    App(espace).run_once()
    add_everybody(espace)
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def marie(espace: Espace) -> TestClient:
    return enter(espace, "marie")


def told(espace: Espace) -> tuple[Emission, ...]:
    with reading(espace.engine) as conn:
        return emissions.of_flux(conn, 1)


def lose_answers(espace: Espace) -> dict[str, bytes]:
    """What the déposant had, and has no more."""
    left = answers(espace)
    for nom in left:
        (espace.spool.outbox("AAA123") / nom).unlink()
    return left


def address(one: Emission) -> str:
    return f"/flux/1/retours/{one.id}/renvoi"


def test_what_a_deposant_has_lost_comes_back_byte_for_byte_and_the_journal_says_why(
    marie: TestClient, espace: Espace
) -> None:
    left = lose_answers(espace)
    for one in told(espace):
        assert post(marie, address(one), raison="dossier effacé chez lui").status_code == 303
    said = acts(espace, "retour-renvoye")

    assert answers(espace) == left
    assert [(par, json.loads(text)["raison"]) for par, text in said] == [
        ("marie", "dossier effacé chez lui")
    ] * len(left)
    assert "remis là où" in marie.get("/flux/1?fait=renvoye").text


def test_what_would_not_be_the_same_is_not_sent(marie: TestClient, espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(update(emission).values(sha256="0" * 64))
    lose_answers(espace)
    answer = post(marie, address(told(espace)[0]), raison="perdu")

    assert (answer.status_code, answers(espace)) == (409, {})
    assert "ne se refait pas à l&#39;identique" in answer.text
    assert acts(espace, "retour-renvoye") == []


def test_what_has_not_left_yet_is_not_sent(marie: TestClient, espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(update(emission).values(emis_le=None))

    assert post(marie, address(told(espace)[0]), raison="perdu").status_code == 409
    assert acts(espace, "retour-renvoye") == []


def test_without_a_reason_nothing_is_sent(marie: TestClient, espace: Espace) -> None:
    lose_answers(espace)

    assert post(marie, address(told(espace)[0]), raison="").status_code == 422
    assert answers(espace) == {}


def test_an_out_that_cannot_be_written_is_told_and_nothing_is_said_done(
    marie: TestClient, espace: Espace
) -> None:
    shutil.rmtree(espace.spool.outbox("AAA123"))
    answer = post(marie, address(told(espace)[0]), raison="perdu")

    assert answer.status_code == 409
    assert "ne se laisse pas écrire" in answer.text
    assert acts(espace, "retour-renvoye") == []


def test_only_who_may_act_sends_and_a_supplier_is_refused_even_its_own(espace: Espace) -> None:
    path = address(told(espace)[0])

    assert set(dict(refused(espace, path, "lise", "ouest", "armor", raison="perdu")).values()) == {403}
    assert "Renvoyer" not in enter(espace, "ouest").get("/flux/1").text


@pytest.mark.parametrize("path", ["/flux/1/retours/999/renvoi", "/flux/9/retours/1/renvoi"])
def test_what_is_not_there_is_not_sent(marie: TestClient, path: str) -> None:
    assert post(marie, path, raison="perdu").status_code == 404


def test_the_command_does_the_same(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    left = lose_answers(espace)
    nom = min(left)
    lacking = type_edi(capsys, "-e", espace.root, "flux", "renvoie", nom)
    done = type_edi(capsys, "-e", espace.root, "flux", "renvoie", nom, "--raison", "perdu")
    unknown = type_edi(capsys, "-e", espace.root, "flux", "renvoie", "rien.xml", "--raison", "perdu")

    assert (lacking.code, "dites pourquoi" in lacking.err) == (2, True)
    assert (done.code, done.out.strip()) == (0, f"{nom} : remis à AAA123 (son dossier out).")
    assert answers(espace) == {nom: left[nom]}
    assert (unknown.code, "aucun flux retour « rien.xml »" in unknown.err) == (2, True)
