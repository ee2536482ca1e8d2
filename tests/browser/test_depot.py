"""A deposit by hand in a real browser: tried, corrected, deposited, followed to its flux."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fenetre import log_in
from playwright.sync_api import Page, expect

from edi.app import App
from edi.espace import Espace
from edi.samples import LotSpec, make_lot
from edi.samples.pieces import write_pdf

Open = Callable[..., Page]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_lot_is_tried_corrected_deposited_and_followed_to_its_flux(
    open_page: Open, espace: Espace, faults: list[str], tmp_path: Path, scripts: bool
) -> None:
    number = 40 + scripts
    wrong, right = tmp_path / "faux.xml", tmp_path / "juste.xml"
    for path, faute in ((wrong, ("service-inconnu",)), (right, ())):
        spec = LotSpec("ubl", archive="xml", numero_flux=number, graine=number, fautes=faute)
        path.write_bytes(make_lot(spec).data)
    page = open_page(scripts=scripts)
    log_in(page, "marie")
    page.get_by_role("link", name="Déposer").click()
    page.get_by_label("Au nom du déposant").select_option("AAA123")
    page.get_by_label("Raison du dépôt à la main").fill("Panne de son logiciel")
    page.get_by_label("Fichier", exact=True).set_input_files(wrong)
    page.get_by_role("button", name="Essayer à blanc").click()
    expect(page.get_by_role("heading", name="À blanc : faux.xml")).to_be_visible()
    expect(page.get_by_text("Le code service « SERVICE_INCONNU » est inconnu")).to_be_visible()

    page.get_by_label("Fichier", exact=True).set_input_files(right)
    page.get_by_role("button", name="Déposer").click()
    expect(page.get_by_role("heading", name="juste.xml")).to_be_visible()
    expect(page.get_by_text("Pas encore pris")).to_be_visible()
    App(espace).run_once()
    page.reload()
    page.get_by_role("main").get_by_role("link", name="flux n°").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("M00000000")
    expect(page.get_by_text("Intégré", exact=True).first).to_be_visible()
    assert faults == []


def test_a_supplier_types_in_the_data_of_a_pdf(
    open_page: Open, espace: Espace, faults: list[str], tmp_path: Path
) -> None:
    (tmp_path / "Facture 12.pdf").write_bytes(write_pdf(("Facture 12",)))
    page = open_page(390)
    log_in(page, "armor")
    page.get_by_role("link", name="Déposer").click()
    page.get_by_label("Fichier", exact=True).set_input_files(tmp_path / "Facture 12.pdf")
    page.get_by_text("Le fichier est un PDF simple").click()
    said = {"numero": "PDF-12", "date": "15/11/2026", "fournisseur": "00031009400016", "ht": "100"}
    said |= {"destinataire": "12345678200051", "tva": "20", "ttc": "120", "net": "120", "taux1": "20"}
    for nom, value in said.items():
        page.locator(f"#f-{nom}").fill(value)
    page.get_by_role("button", name="Déposer").click()

    expect(page.get_by_role("heading", name="Facture 12.pdf")).to_be_visible()
    expect(page.get_by_text("PDF et données saisies, non signé")).to_be_visible()
    assert faults == []
