"""Accounts and tokens through the API: for administrators alone, and one of them is always left."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from api import API, as_program, make_token
from console import Heure, add_user, enter
from exploitants import acts
from starlette.testclient import TestClient
from workspace import make_espace

from edi.espace import Espace
from edi.model import Role

NEUF = {"nom": "erp.ouest", "role": "FOURNISSEUR", "deposants": ["aaa123"], "jours": 90}


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e", annuaire=False)
    add_user(made, "chef", Role.ADMINISTRATEUR)
    add_user(made, "marie")
    add_user(made, "armor", Role.FOURNISSEUR, "BBB456")
    return made


@pytest.fixture
def chef(espace: Espace) -> TestClient:
    return as_program(espace, make_token(espace, Role.ADMINISTRATEUR, nom="secours"))


def done(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def number(client: TestClient, login: str) -> int:
    return next(one["id"] for one in done(client.get("comptes")) if one["identifiant"] == login)


# -- accounts ---------------------------------------------------------------------------------------------


def test_accounts_are_told_without_what_opens_them(chef: TestClient) -> None:
    told = chef.get("comptes")
    seen = {one["identifiant"]: (one["role"], one["deposants"], one["actif"]) for one in told.json()}

    assert seen == {
        "armor": ("FOURNISSEUR", ["BBB456"], True),
        "chef": ("ADMINISTRATEUR", [], True),
        "marie": ("OPERATEUR", [], True),
    }
    assert "argon2" not in told.text


def test_an_account_is_closed_with_its_sessions_and_opened_again(espace: Espace, chef: TestClient) -> None:
    marie, path = enter(espace, "marie"), f"comptes/{number(chef, 'marie')}/acces"
    closed = done(chef.post(path, json={"actif": False}))
    code = marie.get("/").status_code
    opened = done(chef.post(path, json={"actif": True}))

    assert (closed["actif"], opened["actif"], code) == (False, True, 303)
    assert [par for par, _ in acts(espace, "compte-ferme")] == ["jeton:secours"]
    assert [par for par, _ in acts(espace, "compte-rouvert")] == ["jeton:secours"]
    assert chef.post("comptes/99/acces", json={"actif": False}).status_code == 404


def test_a_program_does_not_close_the_account_of_the_last_administrator(
    espace: Espace, chef: TestClient
) -> None:
    path = f"comptes/{number(chef, 'chef')}/acces"
    refused = chef.post(path, json={"actif": False})
    add_user(espace, "adjoint", Role.ADMINISTRATEUR)

    assert refused.status_code == 409
    assert "dernier administrateur actif" in refused.json()["detail"]
    assert done(chef.post(path, json={"actif": False}))["actif"] is False


# -- tokens -----------------------------------------------------------------------------------------------


def test_a_token_is_made_its_secret_told_once_and_revoked(espace: Espace, chef: TestClient) -> None:
    made = done(chef.post("jetons", json=NEUF))
    erp = as_program(espace, made["secret"])
    listed = chef.get("jetons")
    before = erp.get("flux").status_code
    over = done(chef.post(f"jetons/{made['id']}/revocation", json={}))

    assert (made["role"], made["deposants"], made["cree_par"]) == (
        "FOURNISSEUR",
        ["AAA123"],
        "jeton:secours",
    )
    assert made["secret"] not in listed.text
    assert {one["nom"]: one["valable"] for one in listed.json()} == {"erp.ouest": True, "secours": True}
    assert (before, erp.get("flux").status_code) == (200, 401)
    assert (over["valable"], over["revoque_par"]) == (False, "jeton:secours")
    assert chef.post(f"jetons/{made['id']}/revocation", json={}).status_code == 409
    assert [par for par, _ in acts(espace, "jeton-cree")][-1] == "jeton:secours"
    assert made["secret"] not in json.dumps(acts(espace, "jeton-cree"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"deposants": []}, 409),
        ({"deposants": ["ZZZ999"]}, 409),
        ({"role": "LECTURE"}, 409),
        ({"nom": "secours"}, 409),
        ({"nom": "Avec Majuscules"}, 422),
        ({"role": "ROI"}, 422),
        ({"jours": 0}, 422),
        ({"jours": 1_096}, 422),
        ({"secret": "nvt_choisi"}, 422),
    ],
)
def test_a_token_that_cannot_be_is_not_made(chef: TestClient, changes: dict[str, Any], code: int) -> None:
    answer = chef.post("jetons", json=NEUF | changes)

    assert answer.status_code == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["nom"] for one in chef.get("jetons").json()] == ["secours"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATEUR])
def test_nobody_else_sees_or_changes_accounts_and_tokens(espace: Espace, role: Role) -> None:
    client = as_program(
        espace, make_token(espace, role, *(["AAA123"] if role is Role.FOURNISSEUR else []), nom="autre")
    )
    answers = [
        client.get("comptes"),
        client.get("jetons"),
        client.post("comptes/1/acces", json={"actif": False}),
        client.post("jetons", json=NEUF),
        client.post("jetons/1/revocation", json={}),
    ]

    assert [one.status_code for one in answers] == [403] * 5


def test_an_administrator_in_its_browser_reads_and_does_not_act(espace: Espace) -> None:
    client = enter(espace, "chef")

    assert client.get(f"{API}/comptes").status_code == 200
    assert client.post(f"{API}/jetons", json=NEUF).status_code == 401


# -- whoever asks -----------------------------------------------------------------------------------------


def test_a_program_is_told_what_it_may_do_and_until_when(espace: Espace) -> None:
    heure = Heure()
    token = make_token(espace, Role.FOURNISSEUR, "BBB456", nom="erp")
    told = done(as_program(espace, token, heure).get("compte"))

    assert (told["identifiant"], told["role"], told["droits"]) == ("jeton:erp", "FOURNISSEUR", ["DEPOSER"])
    assert told["deposants"] == ["BBB456"]
    assert (told["jeton"]["nom"], told["jeton"]["valable"]) == ("erp", True)
    assert token not in json.dumps(told)


def test_a_person_in_its_browser_is_told_who_it_is(espace: Espace) -> None:
    told = enter(espace, "marie").get(f"{API}/compte").json()

    assert (told["identifiant"], told["jeton"]) == ("marie", None)
    assert "AGIR" in told["droits"]


def test_a_token_that_has_expired_is_told_so(espace: Espace, chef: TestClient) -> None:
    short = done(chef.post("jetons", json=NEUF | {"jours": 1}))
    heure = Heure()
    heure.now = datetime.fromisoformat(short["expire_le"])
    client = as_program(espace, make_token(espace, Role.ADMINISTRATEUR, nom="apres"), heure)
    told = {one["nom"]: (one["valable"], one["revoque_le"]) for one in client.get("jetons").json()}

    assert told["erp.ouest"] == (False, None)
    assert told["secours"] == (True, None)
