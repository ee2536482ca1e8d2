"""The page of alerts: what is wrong, who looks after it, and the acts that say so."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from console import enter
from exploitants import acts, add_everybody, post, refused
from starlette.testclient import TestClient
from workspace import copy_espace, make_espace

from edi.espace import Espace, open_espace
from edi.model import Acteur, Alerte, Gravite, Regle
from edi.store import alertes, disjoncteurs
from edi.store.database import reading
from edi.store.disjoncteurs import Mesure


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Alert 1 is open, alert 2 is over; the rule BR-02 is doubted."""
    root = tmp_path_factory.mktemp("alertes") / "template"
    espace = make_espace(root, annuaire=False)
    add_everybody(espace)
    at = espace.now()
    words = ("disque", "disque", Gravite.CRITIQUE, Acteur.EXPLOITANT, "Le disque est plein.", "Videz-le.")
    ouverte = Alerte(*words, depuis=at, apparue_le=at, vue_le=at, ouverte_le=at, dite_le=at)
    words = ("canal", "canal", Gravite.ATTENTION, Acteur.EXPLOITANT, "Le serveur se tait.", "Appelez.")
    passee = Alerte(*words, depuis=at, apparue_le=at, vue_le=at, ouverte_le=at, dite_le=at, resolue_le=at)
    with espace.engine.begin() as conn:
        for one in (ouverte, passee):
            alertes.save(conn, one)
        disjoncteurs.trip(conn, Regle("en16931 1.3", "BR-02"), Mesure(30, 40, 4, 3), at)
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def marie(espace: Espace) -> TestClient:
    return enter(espace, "marie")


def current(espace: Espace) -> Alerte:
    with reading(espace.engine) as conn:
        (one,) = alertes.current(conn)
    return one


def test_the_page_tells_what_is_wrong_what_was_and_which_rules_are_doubted(marie: TestClient) -> None:
    page = marie.get("/alertes").text

    for told in ("Le disque est plein.", "Videz-le.", "Le serveur se tait.", "BR-02", "S&#39;en occuper"):
        assert told.replace("&#39;", "'") in page.replace("&#39;", "'")


def test_who_looks_after_an_alert_is_told_with_its_reason_until_when_and_in_the_journal(
    marie: TestClient, espace: Espace
) -> None:
    answer = post(marie, "/alertes/1/acquitte", heures="4", raison="Disque commandé,\n livré demain")
    page = marie.get(answer.headers["location"]).text
    ((par, told),) = acts(espace, "alerte-acquittee")

    assert (answer.status_code, par) == (303, "marie")
    assert "Disque commandé, livré demain" in page
    assert json.loads(told)["raison"] == "Disque commandé, livré demain"
    assert current(espace).acquittee_jusqu == espace.now() + timedelta(hours=4)


def test_an_act_without_a_reason_is_refused_with_the_form_as_it_was_filled(
    marie: TestClient, espace: Espace
) -> None:
    answer = post(marie, "/alertes/1/acquitte", heures="72", raison=" ")

    assert answer.status_code == 422
    assert "Dites pourquoi" in answer.text
    assert '<option value="72" selected>' in answer.text
    assert current(espace).acquittee_par == ""


@pytest.mark.parametrize("heures", ["0", "-4", "169"])
def test_nobody_is_left_unreminded_for_ever(marie: TestClient, espace: Espace, heures: str) -> None:
    answer = post(marie, "/alertes/1/acquitte", heures=heures, raison="vu")

    assert answer.status_code == 409
    assert current(espace).acquittee_par == ""


@pytest.mark.parametrize("path", ["/alertes/2/acquitte", "/alertes/99/acquitte", "/alertes/regles/9"])
def test_what_is_over_is_refused_with_a_sentence(marie: TestClient, path: str) -> None:
    answer = post(marie, path, raison="vu", avis="juste")

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("avis", ["juste", "fautive"])
def test_what_a_doubted_rule_is_worth_is_said_once_with_its_reason(
    marie: TestClient, espace: Espace, avis: str
) -> None:
    answer = post(marie, "/alertes/regles/1", avis=avis, raison="relue avec la norme")
    ((par, told),) = acts(espace, f"regle-dite-{avis}")

    assert (answer.status_code, par) == (303, "marie")
    assert json.loads(told)["raison"] == "relue avec la norme"
    assert ("Dite fautive par marie" in marie.get("/alertes").text) is (avis == "fautive")


def test_who_only_looks_sees_no_form_and_who_is_a_supplier_nothing(espace: Espace) -> None:
    assert "S'en occuper" not in enter(espace, "lise").get("/alertes").text.replace("&#39;", "'")
    assert enter(espace, "ouest").get("/alertes").status_code == 403
    for path in ("/alertes/1/acquitte", "/alertes/regles/1"):
        told = dict(refused(espace, path, "lise", "ouest", heures="4", raison="vu", avis="juste"))
        assert told == {"lise": 403, "ouest": 403}
    assert current(espace).acquittee_par == ""


def test_a_form_without_the_token_of_its_session_changes_nothing(marie: TestClient, espace: Espace) -> None:
    answer = marie.post("/alertes/1/acquitte", data={"raison": "vu", "heures": "4"})

    assert answer.status_code == 403
    assert current(espace).acquittee_par == ""


def test_past_alerts_go_on_page_by_page(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        first = alertes.past(conn, 1)
        rest = alertes.past(conn, 1, first[-1].id)

    assert ([one.id for one in first], rest) == ([2], [])
