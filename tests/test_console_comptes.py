"""Accounts in the console: one's own password, everybody's access, and what each role may not do."""

from __future__ import annotations

from pathlib import Path

import pytest
from console import PASSE, Heure, add_user, log_in, make_client, token_of
from starlette.testclient import TestClient
from workspace import make_espace

from edi.console.droits import DROITS, Droit
from edi.espace import Espace
from edi.model import Role
from edi.store import utilisateurs

NEUF = "Autre-2026-mot"
LOGINS = {role: role.name.lower() for role in Role}


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e", annuaire=False)
    for role, login in LOGINS.items():
        add_user(made, login, role, *(["AAA123"] if role is Role.FOURNISSEUR else []))
    return made


def enter(espace: Espace, login: str) -> TestClient:
    client = make_client(espace, Heure())
    assert log_in(client, login) == 303
    return client


def change(client: TestClient, **values: str) -> int:
    form = {"ancien": PASSE, "nouveau": NEUF, "encore": NEUF, **values}
    form["jeton"] = token_of(client.get("/compte").text)
    return client.post("/compte/mot-de-passe", data=form).status_code


def number_of(espace: Espace, role: Role) -> int:
    with espace.engine.begin() as conn:
        found = utilisateurs.find(conn, LOGINS[role])
    assert found is not None
    return found[0].id


def close(client: TestClient, number: int, actif: str = "false") -> int:
    jeton = token_of(client.get("/").text)
    return client.post(f"/comptes/{number}/acces", data={"actif": actif, "jeton": jeton}).status_code


# -- one's own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_everybody_changes_its_own_password_and_stays_while_its_other_sessions_end(
    espace: Espace, role: Role
) -> None:
    here, elsewhere = enter(espace, LOGINS[role]), enter(espace, LOGINS[role])

    assert change(here) == 303
    assert here.get("/compte").status_code == 200
    assert elsewhere.get("/compte").status_code == 303
    assert log_in(elsewhere, LOGINS[role]) == 403
    assert log_in(elsewhere, LOGINS[role], NEUF) == 303


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"ancien": "faux"}, 403),
        ({"encore": NEUF + "x"}, 422),
        ({"nouveau": "court", "encore": "court"}, 422),
        ({"nouveau": PASSE, "encore": PASSE}, 422),
        ({"nouveau": "Lecture-2026-a", "encore": "Lecture-2026-a"}, 422),
    ],
)
def test_a_password_that_is_not_changed_stays(espace: Espace, values: dict[str, str], code: int) -> None:
    client = enter(espace, "lecture")

    assert change(client, **values) == code
    assert log_in(make_client(espace), "lecture") == 303


# -- everybody's ------------------------------------------------------------------------------------------


def test_an_administrator_closes_an_account_and_opens_it_again(espace: Espace) -> None:
    admin, other = enter(espace, "administrateur"), enter(espace, "lecture")
    number = number_of(espace, Role.LECTURE)

    assert close(admin, number) == 303
    assert other.get("/").status_code == 303
    assert log_in(other, "lecture") == 403
    assert close(admin, number, "true") == 303
    assert log_in(other, "lecture") == 303


def test_nobody_closes_its_own_account(espace: Espace) -> None:
    admin = enter(espace, "administrateur")

    assert close(admin, number_of(espace, Role.ADMINISTRATEUR)) == 409
    assert close(admin, 999) == 404
    assert admin.get("/comptes").status_code == 200


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATEUR])
def test_nobody_else_sees_or_changes_accounts(espace: Espace, role: Role) -> None:
    client = enter(espace, LOGINS[role])

    assert client.get("/comptes").status_code == 403
    assert close(client, number_of(espace, Role.LECTURE)) == 403
    assert 'href="/comptes"' not in client.get("/").text
    assert log_in(make_client(espace), "lecture") == 303


def test_each_right_is_of_some_role_and_a_supplier_never_sees_the_platform() -> None:
    assert set(DROITS) == set(Role)
    assert frozenset().union(*DROITS.values()) == set(Droit)
    assert Droit.VOIR_PLATEFORME not in DROITS[Role.FOURNISSEUR]
