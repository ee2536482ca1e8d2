"""Tokens of programs: made at a terminal or on the page of accounts, shown once, told by the journal."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from api import as_program
from console import add_user, enter, token_of
from journaux import rows_of
from starlette.testclient import TestClient
from workspace import make_espace, type_edi

from edi.espace import Espace
from edi.model import Role
from edi.store import jetons

SECRET = re.compile(r"nvt_[A-Za-z0-9_-]{43}")


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e", annuaire=False)
    add_user(made, "chef", Role.ADMINISTRATEUR)
    add_user(made, "marie")
    return made


@pytest.fixture
def edi_jeton(espace: Espace, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *arguments: type_edi(capsys, "-e", espace.root, "jeton", *arguments)


def acts(espace: Espace) -> list[tuple[str, str, Any]]:
    told = [(row, json.loads(row.contenu)) for row in rows_of(espace) if row.genre == "ACTE"]
    return [
        (contenu["acte"], row.par, contenu.get("deposants"))
        for row, contenu in told
        if row.sujet.startswith("jeton ")
    ]


def test_a_token_is_shown_once_serves_and_is_revoked(espace: Espace, edi_jeton: Any) -> None:
    made = edi_jeton("create", "erp", "--role", "fournisseur", "--deposant", "AAA123", "--jours", "90")
    (secret,) = SECRET.findall(made.out)
    client = as_program(espace, secret)
    served = client.get("flux").status_code
    (listed,) = edi_jeton("list", "--json").json
    revoked = edi_jeton("revoke", "erp")

    assert made.out.startswith("Jeton « erp » créé, rôle Fournisseur, voit AAA123 ; il sert jusqu'au ")
    assert served == 200
    assert (listed["nom"], listed["role"], listed["deposants"]) == ("erp", "FOURNISSEUR", ["AAA123"])
    assert secret not in edi_jeton("list").out
    assert revoked.out == "Jeton « erp » révoqué.\n"
    assert client.get("flux").status_code == 401
    assert [(acte, seen) for acte, _, seen in acts(espace)] == [
        ("jeton-cree", ["AAA123"]),
        ("jeton-revoque", ["AAA123"]),
    ]
    assert secret not in (espace.root / "logs" / "edi.jsonl").read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("create", "ERP", "--role", "lecture"), "minuscules"),
        (("create", "erp", "--role", "chef"), "« chef » n'est pas un rôle"),
        (("create", "erp", "--role", "fournisseur"), "--deposant"),
        (("create", "erp", "--role", "fournisseur", "--deposant", "ZZZ999"), "ZZZ999"),
        (("create", "erp", "--role", "lecture", "--jours", "0"), "de 1 à 1095 jours"),
        (("create", "pris", "--role", "lecture"), "donnez un autre nom"),
        (("revoke", "personne"), "aucun jeton « personne »"),
    ],
)
def test_a_token_that_cannot_be_made_says_why(edi_jeton: Any, arguments: tuple[str, ...], why: str) -> None:
    edi_jeton("create", "pris", "--role", "lecture")
    refused = edi_jeton(*arguments)

    assert (refused.code, refused.out) == (2, "")
    assert why in refused.err


def fill(client: TestClient, **values: str) -> Any:
    form = {"nom": "erp", "role": "LECTURE", "deposants": "", "jours": "30", **values}
    return client.post("/comptes/jetons", data={**form, "jeton": token_of(client.get("/comptes").text)})


def test_an_administrator_makes_one_on_the_page_which_shows_it_that_once(espace: Espace) -> None:
    client = enter(espace, "chef")
    answer = fill(client, role="FOURNISSEUR", deposants="aaa123, BBB456")
    (secret,) = SECRET.findall(answer.text)

    assert answer.status_code == 201
    assert secret not in client.get("/comptes").text
    assert as_program(espace, secret).get("flux").status_code == 200
    assert acts(espace) == [("jeton-cree", "chef", ["AAA123", "BBB456"])]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"nom": "ERP"}, "minuscules"),
        ({"role": "CHEF"}, "Choisissez un rôle et un nombre de jours."),
        ({"jours": "²"}, "Choisissez un rôle et un nombre de jours."),
        ({"jours": "9999"}, "Un jeton sert de 1 à 1095 jours."),
        ({"deposants": "AAA123"}, "Un jeton de fournisseur nomme les déposants qu'il voit"),
        ({"role": "FOURNISSEUR", "deposants": "ZZZ999"}, "ZZZ999"),
    ],
)
def test_what_is_typed_wrongly_is_told_and_kept(espace: Espace, values: dict[str, str], why: str) -> None:
    answer = fill(enter(espace, "chef"), **values)
    page = html.unescape(answer.text)

    assert (answer.status_code, why in page) == (422, True)
    assert f'value="{values.get("nom", "erp")}"' in page
    assert acts(espace) == []


def test_one_is_revoked_on_the_page_once(espace: Espace) -> None:
    client = enter(espace, "chef")
    fill(client)
    form = {"jeton": token_of(client.get("/comptes").text)}
    with espace.engine.begin() as conn:
        (made,) = jetons.all_tokens(conn)
    codes = [client.post(f"/comptes/jetons/{made.id}/revocation", data=form).status_code for _ in range(2)]

    assert codes == [303, 409]
    assert "Révoqué" in client.get("/comptes").text
    assert [acte for acte, _, _ in acts(espace)] == ["jeton-cree", "jeton-revoque"]


def test_only_administrators_make_tokens(espace: Espace) -> None:
    client = enter(espace, "marie")
    form = {"nom": "erp", "role": "LECTURE", "jours": "30", "jeton": token_of(client.get("/compte").text)}

    assert client.post("/comptes/jetons", data=form).status_code == 403
    assert client.post("/comptes/jetons/1/revocation", data=form).status_code == 403
    assert acts(espace) == []
