"""Each page, at both widths and in both schemes: axe-core finds nothing, and it fits its window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from adresses import CONNEXION, PAGES
from axe_playwright_python.sync_playwright import Axe
from fenetre import log_in
from mobilier import make_demonstration
from playwright.sync_api import Page

from edi.espace import Espace

NORMS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    """Something on every page."""
    return make_demonstration(tmp_path_factory.mktemp("pages") / "demo")


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "dark"),
        pytest.param(1280, "light", marks=pytest.mark.slow),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
    ],
)
def test_no_page_breaks_a_rule_of_accessibility_or_its_window(
    open_page: Callable[..., Page], width: int, scheme: str
) -> None:
    page = open_page(width, scheme)
    found = {}
    for name, path in (CONNEXION | PAGES).items():
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[path, "wider than its window"] = [page.title()]
        for fault in Axe().run(page, options=NORMS).response["violations"]:
            found[path, fault["id"]] = [node["html"][:160] for node in fault["nodes"][:3]]
        if name in CONNEXION:
            log_in(page, "anne")

    assert found == {}
