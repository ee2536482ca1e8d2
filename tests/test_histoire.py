"""What a lot asks of the database does not grow with what lies there: steps are counted, never time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from passe import make_past
from sqlalchemy import select, update
from visites import counting
from workspace import copy_espace, deposit, later, make_espace

from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.samples import LotSpec
from edi.store import ecritures
from edi.store.database import reading
from edi.store.tables import emission, facture, flux, oubli

COPIES = 500  # of forty invoices: twenty thousand
LE_LOT = LotSpec("ubl", 20, numero_flux=90, prefixe="NO", fautes={2: "service-inconnu"})
# What the copies bring about themselves: their bytes do not lie in the store, and that is kept.
_THEIRS = ("FROM ecart", "ecart SET", "INTO ecart")
_SLACK = 300  # steps: pages end elsewhere


def make_aged(root: Path, copies: int) -> Espace:
    """A workspace on the morning after two lots, with so many more of them before; its day is closed."""
    espace = make_espace(root)
    for numero in (1, 2):
        deposit(espace, LotSpec("ubl", 20, numero_flux=numero, prefixe="PA", fautes={2: "service-inconnu"}))
    App(espace).run_once()
    espace.engine.dispose()
    if copies:
        assert make_past(root / "edi.db", copies) == 40 * (copies + 1)
    espace = later(open_espace(root), 24)
    App(espace).run_once()
    return espace


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    return make_aged(tmp_path_factory.mktemp("histoire") / "vieux", COPIES)


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    return make_aged(tmp_path_factory.mktemp("histoire") / "neuf", 0)


def count_steps(espace: Espace) -> Counter[str]:
    deposit(espace, LE_LOT)
    with counting(espace) as steps:
        (flux_,) = App(espace).run_once()

    assert (flux_.acceptees, flux_.rejetees) == (19, 1)
    return steps


@pytest.mark.sqlite  # whose steps are counted
def test_a_lot_costs_no_more_steps_with_twenty_thousand_old_invoices(young: Espace, aged: Espace) -> None:
    before, after = count_steps(young), count_steps(aged)

    grown = {
        statement: (before[statement], steps)
        for statement, steps in after.items()
        if steps > before[statement] + _SLACK and not any(word in statement for word in _THEIRS)
    }
    assert grown == {}


@pytest.mark.sqlite
def test_the_past_is_looked_at_once_a_day(aged: Espace) -> None:
    with reading(aged.engine) as conn:
        root = ecritures.last_root(conn)

    assert root is not None
    assert root.reperes["VERDICT"] == 40 * (COPIES + 1)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("histoire") / "e"
    espace = make_aged(root, 0)
    deposit(espace, LE_LOT)
    App(espace).run_once()
    espace.engine.dispose()
    return root


class TestAnAuditSinceADay:
    """What came before the root is left to the audit of the day; all of what came after it is seen."""

    @pytest.fixture
    def espace(self, two_days: Path, tmp_path: Path) -> Espace:
        copy_espace(two_days, tmp_path / "e")
        return later(open_espace(tmp_path / "e"), 24)

    def found(self, espace: Espace) -> set[str]:
        with reading(espace.engine) as conn:
            root = ecritures.last_root(conn)
        assert root is not None
        return {
            one.regle
            for one in audit(
                espace.engine, espace.spool, real_now(), complet=False, depuis=root.reperes
            ).ecarts
        }

    def test_agrees_after_ordinary_work(self, espace: Espace) -> None:
        assert set() == self.found(espace)

    @pytest.mark.parametrize(
        ("numero", "expected"), [(3, {"reçues = acceptées + rejetées"}), (1, set())]
    )  # the lot of today, one of the day before
    def test_sees_counts_of_today_alone(self, espace: Espace, numero: int, expected: set[str]) -> None:
        with espace.engine.begin() as conn:
            conn.execute(update(flux).where(flux.c.id == numero).values(acceptees=7, recues=8))

        assert expected == self.found(espace)

    def test_sees_bytes_that_are_gone(self, espace: Espace) -> None:
        with espace.engine.begin() as conn:
            sha256 = conn.execute(select(flux.c.sha256).where(flux.c.id == 3)).scalar_one()
        espace.spool.blob(sha256).unlink()

        assert {"tout octet reçu est au stock"} == self.found(espace)

    def test_does_not_miss_bytes_that_were_forgotten(self, espace: Espace) -> None:
        with espace.engine.begin() as conn:
            sha256 = conn.execute(select(flux.c.sha256).where(flux.c.id == 3)).scalar_one()
            gone = {"taille": 1, "classe": "originaux", "regle": "dix ans", "le": espace.now()}
            conn.execute(oubli.insert().values(flux_id=3, sha256=sha256, fait_le=espace.now(), **gone))
        espace.spool.blob(sha256).unlink()

        assert set() == self.found(espace)

    def test_sees_a_hole_at_the_seam(self, espace: Espace) -> None:
        """What came today does not follow what was there before."""
        with espace.engine.begin() as conn:
            series = (emission.c.interface == "CSO1100A", emission.c.appli == "AAA123")
            conn.execute(update(emission).where(*series, emission.c.flux_id == 3).values(numero=9))

        assert {"les réponses se suivent sans trou"} == self.found(espace)

    def test_sees_an_invoice_that_is_wrongly_registered(self, espace: Espace) -> None:
        with espace.engine.begin() as conn:
            last = conn.execute(select(facture.c.id).where(facture.c.flux_id == 3).limit(1)).scalar_one()
            conn.execute(update(facture).where(facture.c.id == last).values(statut="NON_CONFORME"))

        assert "le registre ne tient que des factures acceptées" in self.found(espace)
