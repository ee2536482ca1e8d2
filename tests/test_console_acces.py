"""Who comes in, who does not, and how long somebody stays: the door of the console."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import structlog
from console import NOON, PASSE, Heure, add_user, log_in, make_client, token_of
from fastapi.routing import APIRoute
from sqlalchemy import select
from starlette.testclient import TestClient
from workspace import copy_espace, make_espace

from edi.console.application import ROUTERS
from edi.console.mots_de_passe import find_weakness
from edi.console.pages.seance import local
from edi.console.portier import LIBRES
from edi.espace import Espace, open_espace
from edi.model import Role
from edi.store import utilisateurs
from edi.store.tables import seance, utilisateur


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("console") / "template"
    espace = make_espace(root, annuaire=False)
    for login, role, *seen in (("marie", Role.OPERATEUR), ("four", Role.FOURNISSEUR, "AAA123")):
        add_user(espace, login, role, *seen)
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def heure() -> Heure:
    return Heure()


@pytest.fixture
def client(espace: Espace, heure: Heure) -> TestClient:
    return make_client(espace, heure)


# -- strangers --------------------------------------------------------------------------------------------


def test_every_page_sends_a_stranger_to_the_login_and_back_after_it(client: TestClient) -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    pages = {r.path for r in routes if "GET" in r.methods} - set(LIBRES)

    assert pages >= {"/"}
    for path in (*sorted(pages), "/rien/de/tel"):
        answer = client.get(re.sub(r"\{\w+\}", "1", path))
        assert (path, answer.status_code) == (path, 303)
        assert answer.headers["location"].startswith("/connexion?vers=%2F")


def test_what_changes_something_refuses_a_stranger(client: TestClient) -> None:
    assert client.post("/deconnexion").status_code == 401


@pytest.mark.parametrize(
    "host", ["navette/static/?", "navette/connexion?", "navette/health/live#", "navette/static/x\\"]
)
def test_what_a_stranger_calls_its_host_opens_nothing(client: TestClient, host: str) -> None:
    for path in ("/", "/flux", "/comptes"):
        answer = client.get(path, headers={"Host": host})
        assert (path, answer.status_code in (303, 400)) == (path, True)


def test_health_and_static_files_need_no_login(client: TestClient) -> None:
    assert client.get("/health/live").text == "vivant\n"
    assert client.get("/static/navette.css").status_code == 200


def test_every_answer_forbids_what_no_page_of_ours_needs(client: TestClient) -> None:
    log_in(client, "marie")
    for path in ("/", "/connexion", "/static/navette.css", "/rien"):
        headers = client.get(path).headers
        assert "'unsafe-inline'" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'; ")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_no_page_bears_a_script_or_a_style_of_its_own(client: TestClient) -> None:
    log_in(client, "marie")
    for path in ("/", "/rien"):
        html = client.get(path).text
        assert " style=" not in html
        assert "<style" not in html
        assert "<script>" not in html


def test_a_fault_of_ours_says_nothing_of_itself_and_bears_the_same_headers(espace: Espace) -> None:
    client = make_client(espace, raise_server_exceptions=False)
    log_in(client, "marie")
    with espace.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE flux RENAME COLUMN nom TO secret_de_famille")
    page = client.get("/flux")

    assert page.status_code == 500
    assert "La page n&#39;a pas pu être faite" in page.text
    assert "flux.nom" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")


# -- coming in --------------------------------------------------------------------------------------------


def test_somebody_who_logs_in_sees_the_first_page_under_its_name(client: TestClient) -> None:
    assert log_in(client, "marie") == 303
    page = client.get("/")

    assert page.status_code == 200
    assert "Marie" in page.text


def test_case_and_blanks_around_a_login_do_not_matter(client: TestClient) -> None:
    assert log_in(client, " Marie ") == 303


@pytest.mark.parametrize("login", ["marie", "personne"])
def test_a_wrong_password_and_an_unknown_account_are_told_in_the_same_words(
    client: TestClient, login: str
) -> None:
    jeton = token_of(client.get("/connexion").text)
    form = {"identifiant": login, "mot_de_passe": "faux", "jeton": jeton}
    answer = client.post("/connexion", data=form)

    assert answer.status_code == 403
    assert "Identifiant, mot de passe ou code inconnu." in answer.text
    assert client.get("/").status_code == 303


def test_the_database_knows_neither_the_password_nor_the_token(client: TestClient, espace: Espace) -> None:
    log_in(client, "marie")
    with espace.engine.begin() as conn:
        kept = [*conn.execute(select(utilisateur.c.empreinte)).scalars()]
        tokens = [*conn.execute(select(seance.c.sha256)).scalars()]

    assert all(one.startswith("$argon2id$") for one in kept)
    assert len(tokens) == 1
    assert client.cookies["navette"] not in tokens


def test_the_token_changes_at_each_login_and_the_old_one_is_void(client: TestClient) -> None:
    log_in(client, "marie")
    old = client.cookies["navette"]
    client.cookies.delete("navette")
    client.cookies.set("navette", old)
    jeton = token_of(client.get("/").text)
    form = {"identifiant": "marie", "mot_de_passe": PASSE, "jeton": jeton}
    new = client.post("/connexion", data=form).cookies["navette"]
    client.cookies.clear()
    client.cookies.set("navette", old)

    assert new != old
    assert client.get("/").status_code == 303


def test_behind_tls_cookies_are_bound_to_this_host_and_never_sent_in_clear(espace: Espace) -> None:
    client = make_client(espace, base_url="https://navette.example")
    jeton = token_of(client.get("/connexion").text)
    form = {"identifiant": "marie", "mot_de_passe": PASSE, "jeton": jeton}
    (cookie,) = [
        line
        for line in client.post("/connexion", data=form).headers.get_list("set-cookie")
        if line.startswith("__Host-navette=")
    ]

    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("vers", "there"),
    [
        ("/flux?statut=REJETE", "/flux?statut=REJETE"),
        ("//ailleurs.example/", "/"),
        ("/\\ailleurs.example/", "/"),
        ("https://ailleurs.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_the_login_leads_to_our_own_pages_alone(vers: str, there: str) -> None:
    assert local(vers) == there


def test_tries_of_one_account_are_put_off_longer_and_longer(client: TestClient, heure: Heure) -> None:
    codes = [log_in(client, "marie", "faux") for _ in range(6)]

    assert codes == [403] * 5 + [429]
    assert log_in(client, "marie") == 429  # the right one does not help either
    heure.pass_(seconds=2)
    assert log_in(client, "marie", "faux") == 403
    heure.pass_(seconds=2)
    assert log_in(client, "marie") == 429  # four seconds, this time
    heure.pass_(seconds=2)
    assert log_in(client, "marie") == 303


def test_tries_from_one_address_are_put_off_whatever_the_account(client: TestClient) -> None:
    codes = [log_in(client, f"compte{rank}", "faux") for rank in range(22)]

    assert codes == [403] * 21 + [429]


def test_refused_logins_are_logged_by_number_and_tell_no_secret(client: TestClient) -> None:
    with structlog.testing.capture_logs() as told:
        log_in(client, "marie", "Mauvais-Secret-1")
        log_in(client, "Secret-Tape-Ici-1", "x")
    refused = [one for one in told if one["event"] == "login_refused"]

    assert [one["user"] for one in refused] == [1, None]
    assert "secret" not in json.dumps(told).lower()


# -- staying, leaving -------------------------------------------------------------------------------------


def test_a_session_ends_when_nobody_looks_for_half_an_hour(client: TestClient, heure: Heure) -> None:
    log_in(client, "marie")
    for _ in range(3):
        heure.pass_(minutes=29)
        assert client.get("/").status_code == 200
    heure.pass_(minutes=30)

    assert client.get("/").status_code == 303


def test_a_session_ends_after_ten_hours_however_busy(client: TestClient, heure: Heure) -> None:
    log_in(client, "marie")
    for _ in range(29):
        heure.pass_(minutes=20)
        assert client.get("/").status_code == 200
    heure.pass_(minutes=20)

    assert client.get("/").status_code == 303


def test_a_page_that_draws_itself_again_does_not_keep_its_session_open(
    client: TestClient, heure: Heure
) -> None:
    log_in(client, "marie")
    heure.pass_(minutes=29)
    assert client.get("/", headers={"X-Navette-Automate": "1"}).status_code == 200
    heure.pass_(minutes=1)

    assert client.get("/").status_code == 303


def test_news_are_told_once_when_something_has_changed_and_end_with_the_server(espace: Espace) -> None:
    client = make_client(espace)
    log_in(client, "marie")
    looks = iter([False, True])
    client.app.state.finit = lambda: next(looks)  # type: ignore[attr-defined]
    told = client.get("/nouvelles?depuis=autre").text

    assert re.fullmatch(r"retry: 5000\n\nevent: change\ndata: [0-9a-f]{16}\n\n", told)


def test_who_logs_out_is_out_even_with_the_same_cookie(client: TestClient) -> None:
    log_in(client, "marie")
    token, jeton = client.cookies["navette"], token_of(client.get("/").text)

    assert client.post("/deconnexion", data={"jeton": jeton}).status_code == 303
    client.cookies.set("navette", token)
    assert client.get("/").status_code == 303


def test_a_form_without_the_token_of_its_session_changes_nothing(client: TestClient) -> None:
    log_in(client, "marie")
    for data in ({}, {"jeton": ""}, {"jeton": "0" * 64}, {"jeton": "é"}):
        assert client.post("/deconnexion", data=data).status_code == 403

    assert client.get("/").status_code == 200


def test_no_route_changes_anything_without_the_token_of_a_form(client: TestClient, espace: Espace) -> None:
    add_user(espace, "chef", Role.ADMINISTRATEUR)
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    changing = {(m, r.path) for r in routes for m in r.methods - {"GET", "HEAD"}}
    log_in(client, "chef")

    assert {path for _, path in changing} >= {"/connexion", "/deconnexion", "/comptes/{number}/acces"}
    for method, path in sorted(changing):
        answer = client.request(method, re.sub(r"\{\w+\}", "1", path), data={"actif": "false"})
        assert (path, answer.status_code) == (path, 403)


def test_a_login_form_without_its_cookie_is_refused(client: TestClient) -> None:
    jeton = token_of(client.get("/connexion").text)
    client.cookies.clear()
    form = {"identifiant": "marie", "mot_de_passe": PASSE, "jeton": jeton}

    assert client.post("/connexion", data=form).status_code == 403
    assert client.post("/connexion", data={**form, "jeton": ""}).status_code == 403


def test_a_form_that_is_far_too_long_is_not_read(client: TestClient) -> None:
    log_in(client, "marie")

    assert client.post("/deconnexion", data={"jeton": "x" * 100_000}).status_code == 413


@pytest.mark.parametrize("what", ["deactivate", "password", "role"])
def test_who_is_changed_must_log_in_again(client: TestClient, espace: Espace, what: str) -> None:
    log_in(client, "marie")
    with espace.engine.begin() as conn:
        who, empreinte = utilisateurs.find(conn, "marie") or pytest.fail("no such user")
        if what == "deactivate":
            utilisateurs.set_active(conn, who, actif=False)
        elif what == "password":
            utilisateurs.change_password(conn, who, empreinte)
        else:
            utilisateurs.change_role(conn, who, Role.LECTURE, ())

    assert client.get("/").status_code == 303
    assert log_in(client, "marie") == (403 if what == "deactivate" else 303)


# -- passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Court-2026a", "au moins 12"),
        ("Juste-2026-a", ""),
        ("toutenminuscules", "trois sortes"),
        ("minuscules2026", "trois sortes"),
        ("minuscules-2026", ""),
        ("Minuscules2026", ""),
        ("MINUSCULES-2026", ""),
        ("Élégante-été-", ""),
        ("A1-" * 200, "au plus"),
        ("Marie-2026-secret", "identifiant"),
    ],
)
def test_a_password_is_long_and_mixed(password: str, why: str) -> None:
    found = find_weakness(password, "marie")

    assert (why in found) if why else (found == "")


def test_the_clock_of_a_rehearsal_does_not_keep_sessions_open(espace: Espace) -> None:
    assert espace.now() < NOON.replace(year=2100)
    assert make_client(espace).app.state.console.horloge is not espace.now  # type: ignore[attr-defined]
