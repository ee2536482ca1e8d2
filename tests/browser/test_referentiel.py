"""An operator corrects the registry by its pages, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fenetre import log_in
from playwright.sync_api import Locator, Page, expect
from workspace import deposit

from edi.app import App
from edi.espace import Espace
from edi.model import SIRET, Identifiant
from edi.samples import LotSpec
from edi.store import annuaire
from edi.store.database import reading

BREST = Identifiant(SIRET, "00021290200019")
_FAR = 120  # keys that anybody presses


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(_FAR):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not lead to {wanted}")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_closed_service_is_opened_and_a_wrong_flag_cleared_with_the_keyboard_alone(
    open_page: Callable[..., Page], espace: Espace, faults: list[str], scripts: bool
) -> None:
    service, lot = ("VOIRIE", "service-inactif") if scripts else ("TRAVAUX_2024", "service-echu")
    deposit(espace, LotSpec("ubl", 2, numero_flux=20 + scripts, graine=20 + scripts, fautes={1: lot}))
    App(espace).run_once()
    page = open_page(scripts=scripts)
    log_in(page, "marie")

    reach(page, page.get_by_role("link", name="Annuaire"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_label("SIRET, SIREN, nom"))
    page.keyboard.type("ville*brest" if scripts else BREST.valeur)
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("link", name="VILLE DE BREST - EXEMPLE"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("link", name=f"Corriger le service {service}"))
    page.keyboard.press("Enter")
    if scripts:
        reach(page, page.get_by_label("Ouvert : il reçoit des factures"))
        page.keyboard.press("Space")
    else:
        reach(page, page.get_by_label("Valable jusqu'au"))
        page.keyboard.press("Delete")
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
    reach(page, page.get_by_label("Raison"))
    page.keyboard.type("rouvert, appel de la mairie")
    reach(page, page.get_by_role("button", name="Corriger", exact=True))
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Correction enregistrée")
    expect(page.get_by_role("status")).to_contain_text("maintenant")
    expect(page.locator("#histoire + ol li").first).to_contain_text("correction de marie")
    with reading(espace.engine) as conn:
        found = annuaire.services_of(conn, {BREST.valeur})[BREST.valeur, service]
    assert (found.actif, found.fin) == (True, None)
    assert faults == []
