"""What of all that a déposant sends counts towards what is expected of it, as the database tells it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from attendus import expect, make_monde, record
from sqlalchemy import update
from workspace import deposit, make_espace

from edi.alertes.observation import Observation
from edi.app import App
from edi.espace import Espace
from edi.model import FluxStatut, Recu, Seuils
from edi.samples import LotSpec
from edi.store import depots, suivis
from edi.store.tables import facture, flux


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


def counted(espace: Espace) -> list[Recu]:
    """All that counts since a day."""
    with espace.engine.begin() as conn:
        seen = depots.received(conn, "AAA123", espace.now() - timedelta(days=1))
        return list(depots.with_amounts(conn, seen))


def test_a_real_lot_counts_with_its_invoices_and_their_sum(espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 5, fautes=("service-inconnu",)))
    App(espace).run_once()
    (one,) = counted(espace)
    with espace.engine.begin() as conn:
        known = conn.execute(facture.select()).all()

    assert (one.factures, len(known)) == (5, 5)
    assert one.montants == (("EUR", sum((row.ttc for row in known), Decimal(0))),)


@pytest.mark.parametrize(
    ("change", "total"),
    [({"type": "381"}, ()), ({"devise": ""}, ()), ({"devise": "USD"}, (("USD", Decimal("1000.00")),))],
)
def test_avoirs_have_no_amount_and_currencies_are_apart(
    espace: Espace, change: dict[str, str], total: tuple[tuple[str, Decimal], ...]
) -> None:
    record(espace, "AAA123", espace.now(), 1)
    with espace.engine.begin() as conn:
        conn.execute(update(facture).values(change))

    assert [one.montants for one in counted(espace)] == [total]


@pytest.mark.parametrize("change", [{"statut": FluxStatut.RAPPEL.name}, {"nature": "statuts"}])
def test_reminders_and_flux_of_statuts_do_not_count(espace: Espace, change: dict[str, str]) -> None:
    record(espace, "AAA123", espace.now(), 1)
    with espace.engine.begin() as conn:
        conn.execute(update(flux).values(change))

    assert counted(espace) == []


def test_the_redeposit_of_what_was_rejected_does_not_count(espace: Espace) -> None:
    for number in (1, 2):
        record(espace, "AAA123", espace.now(), number)
    with espace.engine.begin() as conn:
        for number in (1, 2):
            suivis.follow(conn, number)
        suivis.link_reste(conn, 2, 1)

    assert [one.flux_id for one in counted(espace)] == [1]


def test_a_flux_that_is_not_decided_has_no_number_yet(espace: Espace) -> None:
    record(espace, "AAA123", espace.now(), 1, statut=FluxStatut.EN_COURS)

    assert [one.factures for one in counted(espace)] == [None]


@pytest.mark.parametrize(("expected", "habits"), [(False, {"AAA123"}), (True, set())])
def test_silence_is_for_those_of_whom_nothing_is_expected(
    tmp_path: Path, expected: bool, habits: set[str]
) -> None:
    attendu = expect("22:00", "02:00") if expected else None
    monde = make_monde(tmp_path / "espace", "2026-11-17T23:00", attendu=attendu)
    monde.receive()
    look = Observation((), ["AAA123"], (), [], Seuils())
    with monde.espace.engine.begin() as conn:
        assert set(look.take(conn, monde.espace.now()).habitudes) == habits
