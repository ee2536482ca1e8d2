"""What somebody does in a browser, in every test, and the console that answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from console import PASSE
from playwright.sync_api import Page

from edi import assemblage
from edi.console.serveur import ServeurConsole
from edi.espace import Espace

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
)


@contextmanager
def serving(espace: Espace) -> Iterator[str]:
    """Where the console of a workspace answers, for as long."""
    pipeline = assemblage.make_pipeline(espace, "browser-test", lambda flux, done: None)
    made = assemblage.make_console(espace, pipeline)
    serveur = ServeurConsole(replace(made, reglages=replace(made.reglages, adresse="127.0.0.1:0")))
    thread = threading.Thread(target=serveur.serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serveur.port}"
    finally:
        serveur.stop()
        thread.join()


def ask(page: Page, path: str) -> Any:
    """What the API says to whoever is logged in on this page; the page and the API must agree."""
    answer = page.request.get(f"/api/v1/{path}")
    assert answer.ok, answer.text()
    return answer.json()


def log_in(page: Page, login: str) -> None:
    """Fill in the login, and wait for the first page."""
    page.goto("/connexion")
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe", exact=True).fill(PASSE)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/")
