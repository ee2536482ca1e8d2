"""What operators do from pages, in a real browser, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fenetre import log_in
from playwright.sync_api import Page, expect
from workspace import deposit

from edi.app import App
from edi.espace import Espace
from edi.model import Regle
from edi.samples import LotSpec
from edi.store import disjoncteurs
from edi.store.database import reading
from edi.store.disjoncteurs import Mesure
from edi.store.tables import flux

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def held(espace: Espace) -> Espace:
    """A lot of which one invoice waits for what a rule is worth."""
    with espace.engine.begin() as conn:
        disjoncteurs.trip(conn, Regle("edi", "EDI-SERVICE-02"), Mesure(30, 40, 4, 3), espace.now())
    deposit(espace, LotSpec("ubl", 3, numero_flux=40, graine=40, fautes={1: "service-inconnu"}))
    App(espace).run_once()
    return espace


def last_flux(espace: Espace) -> int:
    with reading(espace.engine) as conn:
        return max(row.id for row in conn.execute(flux.select()))


@pytest.mark.parametrize("scripts", [True, False])
def test_a_flux_is_held_then_let_go_and_each_act_is_told(
    open_page: Open, held: Espace, faults: list[str], scripts: bool
) -> None:
    page = open_page(scripts=scripts)
    log_in(page, "marie")
    page.goto(f"/flux/{last_flux(held)}")
    page.get_by_text("Le retenir").click()
    page.locator("#r-retenue").fill("à relire avec le fournisseur")
    page.get_by_role("button", name="Retenir ce flux").click()

    expect(page.get_by_text("à relire avec le fournisseur")).to_be_visible()
    page.get_by_role("link", name="Voir la retenue, la lever").click()
    page.get_by_text("Lever maintenant").click()
    page.locator("td textarea").fill("relu")
    page.get_by_role("button", name="Lever la retenue").click()
    expect(page.get_by_text("ce qui était retenu est jugé au prochain passage")).to_be_visible()
    assert faults == []


def test_an_invoice_is_judged_by_hand_by_two_persons(
    open_page: Open, held: Espace, faults: list[str]
) -> None:
    App(held).run_once()
    marie = open_page()
    log_in(marie, "marie")
    marie.goto(f"/flux/{last_flux(held)}")
    marie.get_by_text("Proposer un jugement").click()
    marie.get_by_label("acceptée : ce constat ne la retient plus").check()
    marie.locator("td textarea").fill("le service vient d'ouvrir")
    marie.get_by_role("button", name="Proposer", exact=True).click()
    expect(marie.get_by_text("une autre personne, valideur, doit maintenant")).to_be_visible()

    vera = open_page(390, "dark")
    log_in(vera, "vera")
    vera.goto("/jugements")
    expect(vera.get_by_text("le service vient d'ouvrir")).to_be_visible()
    vera.get_by_label("Raison").fill("arrêté vérifié")
    vera.get_by_role("button", name="Confirmer").click()
    expect(vera.get_by_text("C'est confirmé")).to_be_visible()
    App(held).run_once()
    marie.reload()

    expect(marie.get_by_role("main").get_by_text("Intégré", exact=True).first).to_be_visible()
    assert faults == []
