"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bases
import pytest

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite what tests/lots expects; review the diff")
    parser.addoption(
        "--base",
        choices=bases.CHOIX,
        default=bases.CHOIX[0],
        help="the database of every workspace that tests make",
    )
    parser.addoption(
        "--moteur",
        choices=("livre", "officiel", "etabli"),
        default="livre",
        help="the form of the official sheets that judges: as shipped, Saxon, or compiled alone",
    )


def pytest_configure(config: pytest.Config) -> None:
    bases.choose(config.getoption("--base"))
    config.addinivalue_line("markers", "sqlite: about what SQLite alone does; skipped on another database")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if bases.is_postgresql() and item.get_closest_marker("sqlite"):
        pytest.skip("about SQLite alone")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    bases.drop_bases(lasting=nextitem is None or nextitem.path != item.path)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    with bases.lasting(fixturedef.scope != "function"):
        return (yield)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of public test documents beside the checkout; a stranger's clone has none."""
    if not CORPUS.is_dir():
        pytest.skip("the public test documents (../shared/corpus) are not beside this checkout")
    return CORPUS


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes make poor names: long, and different in every process when they hold a date or a new key."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def moteur(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form of the official sheets that ``--moteur`` asks for, in the place of what is shipped."""
    asked = request.config.getoption("--moteur")
    if asked == "livre":
        return
    from edi.model.confiance import EtatFeuille
    from edi.validators.schematron.confiance import Confiance

    etat = EtatFeuille.OFFICIEL if asked == "officiel" else EtatFeuille.ETABLI
    monkeypatch.setattr(Confiance, "etat", lambda self, sha256: etat)
    monkeypatch.setattr(Confiance, "samples", lambda self, data: False)
