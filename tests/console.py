"""A console over a workspace, and somebody who is logged in to it, for tests."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from starlette.testclient import TestClient

from edi import assemblage
from edi.console.application import make_application
from edi.console.mots_de_passe import hash_password
from edi.console.visite import Console
from edi.espace import Espace
from edi.model import Role, Utilisateur
from edi.store import utilisateurs

PASSE = "Navette-2026-ok"
_HASH = hash_password(PASSE)  # once: it is slow by design
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Heure:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **lapse: float) -> None:
        self.now += timedelta(**lapse)


def make_console(espace: Espace, heure: Heure) -> Console:
    pipeline = assemblage.make_pipeline(espace, "console-test", lambda flux, done: None)
    return replace(assemblage.make_console(espace, pipeline), horloge=heure)


def make_client(espace: Espace, heure: Heure | None = None, **options: object) -> TestClient:
    """A browser that follows no redirect by itself."""
    app = make_application(make_console(espace, heure or Heure()))
    return TestClient(app, follow_redirects=False, **options)  # type: ignore[arg-type]


def add_user(espace: Espace, login: str, role: Role = Role.OPERATEUR, *deposants: str) -> Utilisateur:
    with espace.engine.begin() as conn:
        return utilisateurs.add(conn, login, login.capitalize(), role, _HASH, NOON, deposants)


def token_of(html: str) -> str:
    """The token of the first form of a page."""
    found = re.search(r'name="jeton" value="([0-9a-f]{64})"', html)
    assert found is not None
    return found[1]


def log_in(client: TestClient, login: str, password: str = PASSE, vers: str = "/") -> int:
    """Fill in the login; the answer's code, 303 when let in."""
    jeton = token_of(client.get("/connexion").text)
    form = {"identifiant": login, "mot_de_passe": password, "vers": vers, "jeton": jeton}
    return client.post("/connexion", data=form).status_code


def enter(espace: Espace, login: str) -> TestClient:
    """The browser of somebody who is logged in."""
    client = make_client(espace)
    assert log_in(client, login) == 303
    return client
