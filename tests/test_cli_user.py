"""``edi user``: accounts made at a terminal; a password is never an argument, one administrator stays."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from workspace import make_espace, type_edi

from edi.console.mots_de_passe import is_password
from edi.espace import Espace
from edi.model import Role
from edi.store import utilisateurs

GOOD = "Navette-2026-ok"


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "e", annuaire=False)


@pytest.fixture
def user(espace: Espace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def type_user(*arguments: str, stdin: str = f"{GOOD}\n") -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        return type_edi(capsys, "-e", espace.root, "user", *arguments)

    return type_user


def kept(espace: Espace, login: str) -> tuple[Any, str]:
    with espace.engine.begin() as conn:
        found = utilisateurs.find(conn, login)
    assert found is not None
    return found


def test_an_account_is_made_with_a_password_read_from_stdin(espace: Espace, user: Any) -> None:
    done = user("add", "marie", "--role", "opérateur", "--nom", "Marie Lefort")
    who, empreinte = kept(espace, "marie")

    assert done.out == "Compte « marie » créé, rôle Opérateur.\n"
    assert (who.nom, who.role, who.actif) == ("Marie Lefort", Role.OPERATEUR, True)
    assert is_password(empreinte, GOOD)
    assert not is_password(empreinte, GOOD + " ")


@pytest.mark.parametrize(
    ("arguments", "stdin", "why"),
    [
        (("add", "marie", "--role", "chef"), GOOD, "« chef » n'est pas un rôle"),
        (("add", "Marie", "--role", "lecture"), GOOD, "en minuscules"),
        (("add", "marie", "--role", "lecture"), "court", "au moins 12 caractères"),
        (("add", "marie", "--role", "fournisseur"), GOOD, "--deposant"),
        (("add", "marie", "--role", "lecture", "--deposant", "AAA123"), GOOD, "--deposant"),
        (("add", "marie", "--role", "fournisseur", "--deposant", "ZZZ999"), GOOD, "ZZZ999"),
        (("passe", "personne"), GOOD, "aucun compte « personne »"),
    ],
)
def test_what_cannot_be_done_is_told_and_makes_no_account(
    espace: Espace, user: Any, arguments: tuple[str, ...], stdin: str, why: str
) -> None:
    done = user(*arguments, stdin=stdin)
    with espace.engine.begin() as conn:
        found = utilisateurs.all_users(conn)

    assert done.code == 2
    assert why in done.err
    assert found == []


def test_a_login_is_given_once(user: Any) -> None:
    user("add", "marie", "--role", "lecture")
    again = user("add", "marie", "--role", "operateur")

    assert (again.code, "existe déjà" in again.err) == (2, True)


def test_a_supplier_and_what_it_sees_are_listed(user: Any) -> None:
    user("add", "four", "--role", "fournisseur", "--deposant", "BBB456", "--deposant", "AAA123")
    (told,) = user("list", "--json").json

    assert (told["role"], told["deposants"], told["actif"]) == ("FOURNISSEUR", ["AAA123", "BBB456"], True)


def test_a_password_is_changed_and_a_role_too(espace: Espace, user: Any) -> None:
    user("add", "marie", "--role", "lecture")
    user("passe", "marie", stdin="Autre-2026-mot\n")
    user("role", "marie", "--role", "fournisseur", "--deposant", "AAA123")
    who, empreinte = kept(espace, "marie")

    assert is_password(empreinte, "Autre-2026-mot")
    assert (who.role, who.deposants) == (Role.FOURNISSEUR, frozenset({"AAA123"}))


@pytest.mark.parametrize("act", [("desactive", "chef"), ("role", "chef", "--role", "lecture")])
def test_the_last_administrator_stays(espace: Espace, user: Any, act: tuple[str, ...]) -> None:
    user("add", "chef", "--role", "administrateur")

    assert "dernier administrateur" in user(*act).err
    user("add", "autre", "--role", "administrateur")
    assert user(*act).code == 0


def test_an_account_is_closed_and_opened_again(espace: Espace, user: Any) -> None:
    user("add", "marie", "--role", "lecture")
    user("desactive", "marie")
    closed = kept(espace, "marie")[0].actif
    user("desactive", "marie", "--annule")

    assert (closed, kept(espace, "marie")[0].actif) == (False, True)
