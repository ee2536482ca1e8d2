"""What an operator does all day, in a real browser: log in, find an invoice, understand its rejection."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fenetre import ask, log_in
from playwright.sync_api import Page, expect
from sqlalchemy import select
from workspace import deposit

from edi.app import App
from edi.espace import Espace
from edi.samples import LotSpec
from edi.store.database import reading
from edi.store.tables import facture

Open = Callable[..., Page]


def rejected(espace: Espace) -> str:
    """The number of the invoice that was rejected for its service."""
    with reading(espace.engine) as conn:
        query = (
            select(facture.c.numero).where(facture.c.statut == "NON_CONFORME").order_by(facture.c.id.desc())
        )
        return str(conn.execute(query.limit(1)).scalar_one())


@pytest.mark.parametrize("scripts", [True, False])
def test_a_rejected_invoice_is_found_from_its_number_and_its_cause_is_read_on_its_page(
    open_page: Open, espace: Espace, faults: list[str], scripts: bool
) -> None:
    page = open_page(scripts=scripts)
    log_in(page, "marie")
    expect(page.get_by_role("heading", name="Aujourd'hui")).to_be_visible()
    page.get_by_role("searchbox").fill(rejected(espace))
    page.keyboard.press("Enter")
    page.get_by_role("link", name=rejected(espace), exact=True).first.click()

    expect(page.get_by_text("Le code service « SERVICE_INCONNU » est inconnu")).to_be_visible()
    line = page.locator(".xml .touchee")
    expect(line).to_contain_text("SERVICE_INCONNU")
    if not scripts:
        page.get_by_role("link", name="Voir dans le document").click()
    expect(line).to_be_in_viewport()
    assert faults == []


def test_an_expired_session_leads_back_to_the_page_after_the_login(open_page: Open) -> None:
    page = open_page()
    log_in(page, "marie")
    page.context.clear_cookies()
    page.goto("/flux?statut=INTEGRE")
    page.get_by_label("Identifiant").fill("marie")
    page.get_by_label("Mot de passe").fill("Navette-2026-ok")
    page.get_by_role("button", name="Se connecter").click()

    expect(page).to_have_url("/flux?statut=INTEGRE")


def test_a_supplier_sees_its_own_flux_alone(open_page: Open) -> None:
    page = open_page()
    log_in(page, "armor")
    page.get_by_role("link", name="Flux").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    assert [one["deposant"] for one in ask(page, "flux")["elements"]] == ["BBB456"]
    page.goto("/flux/1")
    expect(page.get_by_role("heading", name="Cette page n'existe pas")).to_be_visible()
    assert page.request.get("/api/v1/flux/1").status == 404


@pytest.mark.parametrize("scripts", [True, False])
def test_the_pdf_of_an_invoice_is_seen_on_its_page_and_read_in_full(
    open_page: Open, faults: list[str], scripts: bool
) -> None:
    page = open_page(scripts=scripts)
    log_in(page, "marie")
    page.goto("/factures/26")
    drawn = page.get_by_role("img", name="Première page de facture_0001.pdf")
    drawn.scroll_into_view_if_needed()
    expect(drawn).to_have_js_property("naturalWidth", 1240)
    drawn.click()
    page.get_by_text("Texte de la page 1").click()

    expect(page.get_by_text("Total TTC")).to_be_visible()
    assert faults == []


def test_keys_lead_through_a_list(open_page: Open, faults: list[str]) -> None:
    page = open_page()
    log_in(page, "marie")
    page.goto("/flux")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("tbody th a").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("jk")
    expect(page.get_by_role("searchbox")).to_have_value("jk")
    assert faults == []


def test_a_page_left_open_draws_itself_again_when_a_lot_comes(open_page: Open, espace: Espace) -> None:
    page = open_page()
    log_in(page, "marie")
    page.goto("/flux")
    rows = page.locator("tbody tr")
    before = rows.count()
    deposit(espace, LotSpec("ubl", 1, numero_flux=9, graine=9, archive="xml"))
    App(espace).run_once()

    expect(rows).to_have_count(before + 1, timeout=30_000)
