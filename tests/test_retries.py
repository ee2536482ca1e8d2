"""Only what may come to something else is tried again, later each time; nothing waits without a deadline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edi.model import ErrorClass, FluxStatut
from edi.retries import CEILING, DELAIS, FIRST, deadline, next_try

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("classe", ErrorClass)
def test_only_failures_that_may_pass_are_tried_again(classe: ErrorClass) -> None:
    tried = next_try(AT, 1, classe, "001-AAA123") is not None

    assert tried == (classe in (ErrorClass.TRANSIENT, ErrorClass.CLUSTER, ErrorClass.ENGINE))


def delays(name: str, many: int = 30) -> list[float]:
    found = [next_try(AT, n, ErrorClass.TRANSIENT, name) for n in range(1, many + 1)]
    return [(at - AT).total_seconds() for at in found if at is not None]


def test_the_delay_doubles_up_to_a_ceiling_and_is_spread_by_a_quarter_at_most() -> None:
    for rank, delay in enumerate(delays("001-AAA123")):
        plain = min(FIRST * 2**rank, CEILING)

        assert plain <= delay <= plain * 1.25


def test_what_was_held_by_one_outage_does_not_all_come_back_at_once() -> None:
    firsts = {round(delays(f"{n:03d}-AAA123", 1)[0], 2) for n in range(100)}

    assert len(firsts) > 90


def test_the_next_try_is_the_same_whoever_computes_it() -> None:
    assert delays("001-AAA123") == delays("001-AAA123")


@pytest.mark.parametrize("statut", FluxStatut)
def test_every_statut_that_is_not_final_has_a_deadline_and_somebody_who_must_look(statut: FluxStatut) -> None:
    assert (deadline(statut, AT) is not None) == statut.en_cours
    if statut.en_cours:
        assert DELAIS[statut].qui
        assert DELAIS[statut].duree > timedelta(0)
