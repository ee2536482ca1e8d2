"""What somebody does in a browser, in every test."""

from __future__ import annotations

from console import PASSE
from playwright.sync_api import Page


def log_in(page: Page, login: str) -> None:
    """Fill in the login, and wait for the first page."""
    page.goto("/connexion")
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe", exact=True).fill(PASSE)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/")
