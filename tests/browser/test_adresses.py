"""No page of the console is forgotten by those that look at them all."""

from __future__ import annotations

from pathlib import Path

import pytest
from adresses import CONNEXION, PAGES, SANS_PAGE
from starlette.routing import Route

from edi.console.application import ROUTERS

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "console"
KINDS = ("1280-light", "1280-dark", "390-light", "390-dark")
ROUTES = [r for one in ROUTERS for r in one.routes if isinstance(r, Route) and "GET" in (r.methods or ())]


def test_every_page_is_among_them() -> None:
    """The first route that fits an address answers it."""
    shown = set()
    for address in (CONNEXION | PAGES).values():
        path = address.partition("?")[0]
        shown.add(next((route.path for route in ROUTES if route.path_regex.match(path)), ""))

    assert {route.path for route in ROUTES} - set(SANS_PAGE) == shown - {""}


def test_each_has_its_pictures_and_no_picture_is_of_a_page_that_is_gone() -> None:
    expected = {f"{name}-{kind}.jpg" for name in CONNEXION | PAGES for kind in KINDS}

    assert expected == {path.name for path in IMAGES.glob("*.jpg")}


@pytest.mark.parametrize("name", sorted(SANS_PAGE))
def test_what_shows_no_page_is_still_an_address(name: str) -> None:
    assert name == "/health/live" or name in {route.path for route in ROUTES}
