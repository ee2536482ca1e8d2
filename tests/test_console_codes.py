"""One-time codes: asked for by who wants them, each used once, forgotten at a terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from console import PASSE, Heure, add_user, log_in, make_client, token_of
from starlette.testclient import TestClient
from workspace import make_espace, type_edi

from edi.console.codes import find_step
from edi.espace import Espace

# RFC 6238, appendix B: the secret "12345678901234567890", six digits of the eight.
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("second", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)

    assert find_step(RFC, code, at) == second // 30


@pytest.mark.parametrize(("late", "step"), [(-60, None), (-30, 100), (0, 100), (30, 100), (60, None)])
def test_a_clock_may_be_half_a_minute_off(late: int, step: int | None) -> None:
    code = pyotp.TOTP(RFC).generate_otp(100)

    assert find_step(RFC, code, datetime.fromtimestamp(3000 + late, UTC)) == step


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "é", "١٢٣٤٥٦"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert find_step(RFC, code, datetime.fromtimestamp(3000, UTC)) is None


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e", annuaire=False)
    add_user(made, "marie")
    return made


@pytest.fixture
def heure() -> Heure:
    return Heure()


@pytest.fixture
def client(espace: Espace, heure: Heure) -> TestClient:
    made = make_client(espace, heure)
    assert log_in(made, "marie") == 303
    return made


def code_at(secret: str, heure: Heure) -> str:
    return pyotp.TOTP(secret).generate_otp(int(heure.now.timestamp()) // 30)


def enroll(client: TestClient, heure: Heure) -> str:
    """Have codes asked for; the secret."""
    page = client.get("/compte").text
    found = re.search(r'class="code secret">([A-Z2-7 ]+)<', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    form = {"code": code_at(secret, heure), "jeton": token_of(page)}
    assert client.post("/compte/code", data=form).status_code == 303
    return secret


def enter(client: TestClient, code: str) -> int:
    client.cookies.clear()
    form = {"identifiant": "marie", "mot_de_passe": PASSE, "code": code}
    form["jeton"] = token_of(client.get("/connexion").text)
    return client.post("/connexion", data=form).status_code


def test_a_password_alone_no_longer_lets_in(client: TestClient, heure: Heure) -> None:
    secret = enroll(client, heure)
    heure.pass_(seconds=30)

    assert enter(client, "") == 403
    assert enter(client, "000000") == 403
    assert enter(client, code_at(secret, heure)) == 303


def test_a_code_is_used_once(client: TestClient, heure: Heure) -> None:
    secret = enroll(client, heure)
    assert enter(client, code_at(secret, heure)) == 403  # that one enrolled
    heure.pass_(seconds=30)
    code = code_at(secret, heure)

    assert enter(client, code) == 303
    assert enter(client, code) == 403


def test_a_wrong_first_code_changes_nothing(client: TestClient) -> None:
    form = {"code": "000000", "jeton": token_of(client.get("/compte").text)}

    assert client.post("/compte/code", data=form).status_code == 422
    assert enter(client, "") == 303


def test_who_shows_both_is_asked_for_no_code_any_more(client: TestClient, heure: Heure) -> None:
    secret = enroll(client, heure)
    heure.now += timedelta(seconds=30)
    jeton = token_of(client.get("/compte").text)
    code = code_at(secret, heure)

    for form, answer in (
        ({"mot_de_passe": "faux", "code": code}, 403),
        ({"mot_de_passe": PASSE, "code": "000000"}, 403),
        ({"mot_de_passe": PASSE, "code": code}, 303),
    ):
        assert client.post("/compte/sans-code", data={**form, "jeton": jeton}).status_code == answer
    assert enter(client, "") == 303


def test_a_lost_telephone_is_mended_at_a_terminal(
    client: TestClient, espace: Espace, heure: Heure, capsys: pytest.CaptureFixture[str]
) -> None:
    enroll(client, heure)
    done = type_edi(capsys, "-e", espace.root, "user", "sanscode", "marie")

    assert (done.code, enter(client, "")) == (0, 303)
