"""Pictures of every page of the console over the sample lots of a demonstration: ``images.py FOLDER``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from console import add_user
from fenetre import log_in
from playwright.sync_api import Browser, sync_playwright

from edi import assemblage
from edi.console.serveur import ServeurConsole
from edi.espace import open_espace
from edi.model import Role

PAGES = {
    "accueil": "/",
    "flux-liste": "/flux",
    "flux": "/flux/2",
    "facture": "/factures/30",
    "facture-pdf": "/factures/38",
    "pdf": "/factures/38/pdf",
    "deposer": "/deposer",
    "depots-manuels": "/deposer/depots",
    "annuaire": "/annuaire?cherche=*brest*",
    "structure": "/annuaire/00021290200019",
    "corriger": "/annuaire/00021290200019/corriger?service=VOIRIE",
    "mandats": "/mandats",
    "mandat": "/mandats/1",
    "quarantaine": "/quarantaine",
    "retenues": "/retenues",
    "jugements": "/jugements",
    "alertes": "/alertes",
    "rejets": "/rejets",
    "rejet": "/rejets/EDI-SERVICE-02",
    "compte": "/compte",
    "comptes": "/comptes",
    "plateforme": "/plateforme",
    "deposants": "/deposants",
    "deposant": "/deposants/AAA123",
    "regles": "/regles",
    "catalogue": "/regles/catalogue?cherche=service",
    "nuits": "/nuits",
}
KINDS = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))


def shoot(browser: Browser, base: str, folder: Path) -> None:
    """Each page at both widths, in both schemes."""
    for width, scheme in KINDS:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=0.6 if width > 1000 else 0.8,
            base_url=base,
        )
        page = context.new_page()
        page.goto("/connexion")
        page.screenshot(path=folder / f"connexion-{width}-{scheme}.jpg", type="jpeg", quality=60)
        log_in(page, "anne")
        for name, path in PAGES.items():
            page.goto(path)
            picture = folder / f"{name}-{width}-{scheme}.jpg"
            page.screenshot(path=picture, type="jpeg", quality=60, full_page=width > 1000)
        context.close()


def main() -> None:
    """Make the demonstration, serve it, and take the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "demo"
        subprocess.run([sys.executable, "-m", "edi", "demo", root], check=True, stdout=subprocess.DEVNULL)
        espace = open_espace(root)
        add_user(espace, "anne", Role.ADMINISTRATEUR)
        add_user(espace, "marie", Role.OPERATEUR)
        add_user(espace, "armor", Role.FOURNISSEUR, "BBB456")
        made = assemblage.make_console(
            espace, assemblage.make_pipeline(espace, "images", lambda flux, done: None)
        )
        serveur = ServeurConsole(replace(made, reglages=replace(made.reglages, adresse="127.0.0.1:0")))
        thread = threading.Thread(target=serveur.serve)
        thread.start()
        try:
            with sync_playwright() as driver:
                arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
                browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
                shoot(browser, f"http://127.0.0.1:{serveur.port}", folder)
                browser.close()
        finally:
            serveur.stop()
            thread.join()


if __name__ == "__main__":
    main()
