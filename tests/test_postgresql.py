"""What PostgreSQL alone does: writers take turns, claims wait for nobody, a lock ends with its session."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bases import made_on, open_base, server
from sqlalchemy import Engine, select, text

from edi.lifecycle.advance import receive_flux
from edi.lifecycle.claims import assert_claimed, claim_flux, release_flux
from edi.model import Flux, Processus
from edi.store import processus
from edi.store.database import beside, open_database, reading
from edi.store.tables import flux
from edi.store.verrous import VerrouDeSession

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Engine]:
    with made_on("postgresql"):
        engine = open_base(tmp_path)
    with engine.begin() as conn:
        for name in ("one", "two"):
            processus.enter(conn, Processus(name, "here", 1, NOW, NOW))
    yield engine
    engine.dispose()


@pytest.fixture
def received(base: Engine) -> Flux:
    with base.begin() as conn:
        return receive_flux(conn, "001-AAA123", "AAA123", "a.xml", NOW)


def test_writers_take_turns_so_that_numbers_follow_the_commits(base: Engine) -> None:
    first_wrote, go_on = threading.Event(), threading.Event()
    numbers: list[int] = []

    def write(ticket: str, slowly: bool) -> None:
        with base.begin() as conn:
            made = receive_flux(conn, ticket, "AAA123", "a.xml", NOW)
            if slowly:
                first_wrote.set()
                assert go_on.wait(60)
        numbers.append(made.id)

    slow = threading.Thread(target=write, args=("001-AAA123", True))
    quick = threading.Thread(target=write, args=("002-AAA123", False))
    slow.start()
    assert first_wrote.wait(60)
    quick.start()
    with reading(base) as conn:  # waits for nobody, and sees what is committed
        seen = conn.execute(select(flux.c.id)).all()
    quick.join(0.5)
    waits = quick.is_alive()
    go_on.set()
    for thread in (slow, quick):
        thread.join(60)

    assert (seen, waits) == ([], True)
    assert numbers == [1, 2]


def test_a_claim_does_not_wait_for_a_decision_under_way(base: Engine, received: Flux) -> None:
    with beside(base) as conn:
        held = claim_flux(conn, received.id, "one")
    assert held is not None
    with base.begin() as deciding:
        assert_claimed(deciding, held)
        with beside(base) as conn:
            conn.execute(text("SET LOCAL lock_timeout = '1ms'"))  # whoever waited would be told
            other = claim_flux(conn, received.id, "two")
            again = claim_flux(conn, received.id, "one")
    with beside(base) as conn:
        release_flux(conn, held)
    with beside(base) as conn:
        later = claim_flux(conn, received.id, "two")

    assert (other, again) == (None, None)
    assert later is not None
    assert (later.proprietaire, later.jeton) == ("two", held.jeton + 1)


def test_a_heartbeat_does_not_wait_for_a_decision_under_way(base: Engine) -> None:
    with base.begin(), beside(base) as conn:
        conn.execute(text("SET LOCAL lock_timeout = '1ms'"))
        known = processus.beat(conn, "one", NOW)

    assert known


def test_one_process_at_a_time_holds_the_lock_of_whoever_coordinates(base: Engine) -> None:
    other = open_database(base.url.render_as_string(hide_password=False), Path())
    first, second = VerrouDeSession(base), VerrouDeSession(other)
    held = [(first.hold(), second.hold()), (first.hold(), second.hold())]
    first.release()
    after = second.hold(), first.hold()
    second.release()
    other.dispose()

    assert held == [(True, False), (True, False)]
    assert after == (True, False)


def test_a_session_that_is_cut_lets_another_coordinate_and_says_so(base: Engine) -> None:
    other = open_database(base.url.render_as_string(hide_password=False), Path())
    first, second = VerrouDeSession(base), VerrouDeSession(other)
    assert first.hold()
    with server().connect(str(base.url.database)) as conn:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        conn.execute(cut)
    took = second.hold()
    lost = first.hold()
    second.release()
    other.dispose()

    assert (took, lost) == (True, False)
