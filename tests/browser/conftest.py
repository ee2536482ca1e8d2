"""A real Chromium over a console of its own: Debian's, driven by playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from console import add_user
from fenetre import ARGUMENTS, serving
from playwright.sync_api import Browser, Page, expect, sync_playwright
from workspace import deposit, make_espace

from edi.app import App
from edi.espace import Espace
from edi.model import Role
from edi.samples import LotSpec

CHROMIUM = shutil.which("chromium")

expect.set_options(timeout=30_000)  # milliseconds: a machine at work hashes passwords slowly


@pytest.fixture(
    scope="module"
)  # while it is open, an event loop runs in this thread: no other test may need one
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (.ci/run installs Debian's)")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    """AAA123: a whole lot, one in part, a truncated one; BBB456: a lot under mandat."""
    made = make_espace(tmp_path_factory.mktemp("browser") / "e")
    deposit(made, LotSpec("ubl", 12, numero_flux=1))
    deposit(made, LotSpec("ubl", 10, numero_flux=2, graine=2, fautes={2: "tva-fausse", 9: "service-inconnu"}))
    deposit(made, LotSpec("ubl", 5, numero_flux=3, graine=6, tronque=True))
    App(made).run_once()
    deposit(made, LotSpec("ubl", 3, numero_flux=1, graine=7, appli="BBB456", archive="zip"))
    App(made).run_once()
    deposit(made, LotSpec("facturx", 1, numero_flux=4, graine=8))  # the last invoice: it has a PDF
    App(made).run_once()
    add_user(made, "marie")
    add_user(made, "chef", Role.ADMINISTRATEUR)
    add_user(made, "armor", Role.FOURNISSEUR, "BBB456")
    add_user(made, "lise", Role.LECTURE)
    add_user(made, "vera", Role.VALIDEUR)
    return made


@pytest.fixture(scope="module")
def base(espace: Espace) -> Iterator[str]:
    """Where the console of the workspace answers."""
    with serving(espace) as address:
        yield address


@pytest.fixture
def faults() -> list[str]:
    """What a browser complained about: a refused script or style, an error of ours."""
    return []


@pytest.fixture
def open_page(browser: Browser, base: str, faults: list[str]) -> Iterator[Callable[..., Page]]:
    """A window in which nobody is logged in; what it complains about fails the test."""
    contexts = []

    def make(width: int = 1280, scheme: str = "light", scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            base_url=base,
            locale="fr-FR",
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
