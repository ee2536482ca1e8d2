"""What an operator does with a rejection: understand it, mend the registry, try, accept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from console import add_user
from fenetre import ask, log_in
from playwright.sync_api import Page, expect
from sqlalchemy import select
from test_accessibilite import NORMS
from test_rejeu import open_service
from workspace import deposit, make_espace

from edi.app import App
from edi.espace import Espace
from edi.model import Role
from edi.samples import LotSpec
from edi.store.database import reading
from edi.store.tables import facture

Open = Callable[..., Page]
CHANGE, A_CHANGE = "Ce qui changerait", "Ce qui a changé"
LONG = 60_000  # milliseconds: workers are started for each replay


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    """Invoices of two déposants whose service the annuaire does not hold; one whose total is wrong."""
    made = make_espace(tmp_path_factory.mktemp("rejets") / "e")
    faults = {1: "service-inconnu", 2: "service-inconnu", 3: "ttc-faux"}
    deposit(made, LotSpec("ubl", 5, numero_flux=1, fautes=faults))
    deposit(made, LotSpec("ubl", 2, graine=5, prefixe="FB", appli="BBB456", fautes={0: "service-inconnu"}))
    App(made).run_once()
    add_user(made, "marie")
    add_user(made, "lucie", Role.LECTURE)
    add_user(made, "armor", Role.FOURNISSEUR, "BBB456")
    return made


def first_rejected(espace: Espace) -> str:
    with reading(espace.engine) as conn:
        query = select(facture.c.numero).where(facture.c.statut == "NON_CONFORME").order_by(facture.c.id)
        return str(conn.execute(query.limit(1)).scalar_one())


def accept_what_passes(page: Page, reason: str) -> None:
    """Begin a dry run, wait for it, then do it for good."""
    page.get_by_role("button", name="Rejuger à blanc").click()
    expect(page.get_by_role("heading", name=CHANGE)).to_be_visible(timeout=LONG)
    page.get_by_label("Raison").fill(reason)
    page.get_by_role("button", name="Rejouer et accepter ce qui passe").click()
    expect(page.get_by_role("heading", name=A_CHANGE)).to_be_visible(timeout=LONG)


@pytest.mark.parametrize("login", ["lucie", "armor"])
def test_who_may_not_act_is_offered_nothing_and_refused(open_page: Open, login: str) -> None:
    page = open_page()
    log_in(page, login)
    page.goto("/rejets")
    page.get_by_role("link", name="EDI-SERVICE-02").first.click()
    expect(page.get_by_role("heading", name="Que faire ?")).to_be_visible()
    expect(page.get_by_role("button", name="Rejuger à blanc")).to_have_count(0)

    assert send(page, "/rejeux", token(page)) == 403
    assert send(page, "/rejeux/1/valider", token(page)) == 403


def token(page: Page) -> str:
    return str(page.locator('input[name="jeton"]').first.get_attribute("value"))


def send(page: Page, path: str, jeton: str) -> int:
    form = {"objet": "facture", "numero": "2", "raison": "x", "jeton": jeton}
    return page.request.post(path, form=form, max_redirects=0).status


def test_a_form_of_another_session_is_refused(open_page: Open) -> None:
    page = open_page()
    log_in(page, "marie")

    assert send(page, "/rejeux", "0" * 64) == 403


@pytest.mark.parametrize("path", ["/rejets", "/rejets/EDI-SERVICE-02"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_rejections_is_wider_than_its_window(open_page: Open, path: str, width: int) -> None:
    page = open_page(width)
    log_in(page, "marie")
    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_rejected_invoice_is_understood_mended_tried_and_accepted(
    open_page: Open, espace: Espace, faults: list[str]
) -> None:
    page = open_page()
    log_in(page, "marie")
    page.get_by_role("searchbox").fill(first_rejected(espace))
    page.keyboard.press("Enter")
    page.get_by_role("link", name=first_rejected(espace), exact=True).first.click()
    expect(page.get_by_text("Le code service « SERVICE_INCONNU » est inconnu")).to_be_visible()
    expect(page.locator(".xml .touchee")).to_contain_text("SERVICE_INCONNU")
    invoice = page.url
    said = f"factures/{invoice.rpartition('/')[2].partition('?')[0].partition('#')[0]}"
    assert ask(page, said)["statut"] == "NON_CONFORME"

    page.get_by_role("button", name="Rejuger à blanc").click()
    expect(page.get_by_text("1 encore rejetée", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Rejouer et accepter")).to_have_count(0)

    page.goto(invoice)
    page.get_by_role("link", name="12345678200028").first.click()
    page.get_by_role("link", name="TEST DESTINATAIRE SERVICE").click()
    page.get_by_role("link", name="Ajouter un service").click()
    page.get_by_label("Code du service").fill("SERVICE_INCONNU")
    page.get_by_label("Ouvert : il reçoit des factures").check()
    page.get_by_label("Raison").fill("ouvert hier, appel du destinataire")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("status")).to_contain_text("passerai")  # so many rejected invoices, at least

    page.goto(invoice)
    accept_what_passes(page, "service ouvert à l'annuaire")
    expect(page.get_by_text("1 acceptée", exact=False).first).to_be_visible()
    expect(page.get_by_text("part au prochain passage")).to_be_visible()
    page.goto(invoice)
    expect(page.locator(".titre")).to_contain_text("Mise à disposition")
    assert ask(page, said)["statut"] == "MISE_A_DISPOSITION"

    App(espace).run_once()
    page.get_by_role("link", name="AAA123110000000000000000").first.click()
    expect(page.get_by_text("FEN1200A").last).to_be_visible()
    expect(page.get_by_text("à émettre")).to_have_count(0)
    expect(page.get_by_text("Des factures rejugées ont été acceptées")).to_have_count(0)  # still in part
    assert faults == []


def test_a_whole_cause_is_judged_again_from_its_page(
    open_page: Open, espace: Espace, faults: list[str]
) -> None:
    open_service(espace)
    page = open_page(scripts=False)  # the page of a run draws itself again without scripts too
    log_in(page, "marie")
    page.get_by_role("link", name="Rejets").click()
    page.get_by_role("link", name="EDI-SERVICE-02").first.click()
    expect(page.get_by_role("heading", name="Depuis quand")).to_be_visible()
    accept_what_passes(page, "service ouvert à l'annuaire")
    page.goto("/rejets")

    expect(page.get_by_role("link", name="EDI-SERVICE-02")).to_have_count(0)
    assert "EDI-SERVICE-02" not in str(ask(page, "rejets"))
    expect(page.get_by_text("Derniers rejeux")).to_be_visible()
    App(espace).run_once()
    page.goto("/flux/2")
    expect(page.get_by_text("FEN1200A").last).to_be_visible()
    expect(page.get_by_text("à émettre")).to_have_count(0)
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_replay_is_told_to_everybody(open_page: Open, width: int, scheme: str) -> None:
    page = open_page(width, scheme)
    log_in(page, "marie")
    found = {}
    for path in ("/rejets", "/rejets/EDI-SERVICE-02", "/rejeux/1", "/rejeux/3"):
        page.goto(path)
        for fault in Axe().run(page, options=NORMS).response["violations"]:
            found[path, fault["id"]] = [node["html"][:160] for node in fault["nodes"][:3]]
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    assert found == {}
