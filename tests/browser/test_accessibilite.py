"""What axe-core finds wrong with each page, at both widths and in both schemes: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from fenetre import log_in
from playwright.sync_api import Page

NORMS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
PAGES = (
    "/connexion",
    "/",
    "/flux",
    "/flux?du=bof&statut=REJETE",
    "/flux/2",
    "/factures/14",
    "/factures/26",
    "/factures/26/pdf",
    "/deposer",
    "/deposer/depots",
    "/annuaire",
    "/annuaire?quoi=services",
    "/annuaire/00021290200019",
    "/annuaire/00021290200019/corriger?service=VOIRIE",
    "/mandats",
    "/mandats/1",
    "/mandats/nouveau",
    "/alertes",
    "/quarantaine",
    "/jugements",
    "/retenues",
    "/rejets",
    "/rejets/EDI-SERVICE-02",
    "/compte",
    "/comptes",
    "/plateforme",
    "/deposants",
    "/deposants/AAA123",
    "/regles",
    "/regles/en16931-ubl/1.3.16",
    "/regles/catalogue?cherche=service",
    "/nuits",
    "/rien",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_breaks_a_rule_of_accessibility(
    open_page: Callable[..., Page], width: int, scheme: str
) -> None:
    page = open_page(width, scheme)
    found = {}
    for path in PAGES:
        if path == "/":
            log_in(page, "chef")
        page.goto(path)
        for fault in Axe().run(page, options=NORMS).response["violations"]:
            found[path, fault["id"]] = [node["html"][:160] for node in fault["nodes"][:3]]

    assert found == {}
