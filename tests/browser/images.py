"""Pictures of every page of the console over a demonstration: ``images.py FOLDER``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from adresses import CONNEXION, PAGES
from fenetre import ARGUMENTS, log_in, serving
from mobilier import make_demonstration
from playwright.sync_api import Browser, Page, sync_playwright

KINDS = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))
_HAUTEURS = {1280: 1400, 390: 1150}  # of the longest picture of a page, in its own pixels


def shoot(browser: Browser, base: str, folder: Path) -> None:
    """Each page at both widths, in both schemes."""
    for width, scheme in KINDS:
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=0.55 if width > 1000 else 0.7,
            base_url=base,
            locale="fr-FR",
        )
        page = context.new_page()
        for name, path in (CONNEXION | PAGES).items():
            page.goto(path)
            _take(page, folder / f"{name}-{width}-{scheme}.jpg", width)
            if name in CONNEXION:
                log_in(page, "anne")
        context.close()


def _take(page: Page, picture: Path, width: int) -> None:
    """The page, as far down as is worth its bytes."""
    page.locator("img").evaluate_all("all => Promise.all(all.map(i => (i.loading = 'eager', i.decode())))")
    height = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, _HAUTEURS[width])}
    page.screenshot(path=picture, type="jpeg", quality=45, full_page=True, clip=clip)  # type: ignore[arg-type]


def main() -> None:
    """Make the demonstration, serve it, and take the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with (
        patch("socket.gethostname", return_value="exemple"),  # it stands on the page of a run
        tempfile.TemporaryDirectory() as place,
        serving(make_demonstration(Path(place) / "demo")) as base,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        shoot(browser, base, folder)
        browser.close()


if __name__ == "__main__":
    main()
