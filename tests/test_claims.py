"""A claim is won once, void when its owner is gone, and an outdone claim finishes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bases import open_base
from sqlalchemy import Engine
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.espace import Espace
from edi.lifecycle.advance import receive_flux
from edi.lifecycle.claims import (
    KeysReserved,
    LostClaim,
    assert_claimed,
    claim_flux,
    free_keys,
    release_flux,
    reserve,
)
from edi.model import CleFacture, Flux, FluxStatut, Processus
from edi.presence import Presence
from edi.samples import LotSpec
from edi.spool import is_plain_name
from edi.store import emissions, processus
from edi.store import flux as flux_store

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
GOOD = LotSpec("ubl", 2, numero_flux=1)


@pytest.fixture
def base(tmp_path: Path) -> Engine:
    engine = open_base(tmp_path)
    with engine.begin() as conn:
        for name in ("one", "two"):
            processus.enter(conn, Processus(name, "here", 1, NOW, NOW))
        for ticket in ("001-AAA123", "002-AAA123"):
            receive_flux(conn, ticket, "AAA123", f"{ticket}.xml", NOW)
    return engine


def claim(base: Engine, owner: str, flux_id: int = 1) -> Flux | None:
    with base.begin() as conn:
        return claim_flux(conn, flux_id, owner)


def test_a_flux_is_claimed_by_one_process_at_a_time(base: Engine) -> None:
    mine = claim(base, "one")
    theirs = claim(base, "two")
    assert mine is not None
    with base.begin() as conn:
        release_flux(conn, mine)
    later = claim(base, "two")

    assert (mine.proprietaire, mine.jeton) == ("one", 1)
    assert theirs is None
    assert later is not None
    assert (later.proprietaire, later.jeton) == ("two", 2)


def test_the_claim_of_a_process_that_is_gone_is_void_and_can_finish_nothing(base: Engine) -> None:
    stale = claim(base, "one")
    assert stale is not None
    with base.begin() as conn:
        processus.leave(conn, "one")
    newer = claim(base, "two")
    assert newer is not None

    with base.begin() as conn, pytest.raises(LostClaim):
        assert_claimed(conn, stale)
    with base.begin() as conn:
        release_flux(conn, stale)  # lets go of nothing: it is no longer its own
        assert_claimed(conn, newer)


def test_keys_are_reserved_all_or_none_until_they_are_freed(base: Engine) -> None:
    a, b, c = (CleFacture("100000009", f"F-{n}", 2026) for n in "abc")
    with base.begin() as conn:
        reserve(conn, 1, {a, b})
        reserve(conn, 1, {a, b})  # judged again: its own
    with base.begin() as conn, pytest.raises(KeysReserved) as refused:
        reserve(conn, 2, {b, c})
    with base.begin() as conn:
        reserve(conn, 2, {c})  # nothing of the refused reservation was kept
        free_keys(conn, 1)
        reserve(conn, 2, {b, c})

    assert refused.value.flux_id == 1


def test_a_return_flow_is_emitted_by_one_process_at_a_time(base: Engine) -> None:
    with base.begin() as conn:
        booked = emissions.plan(conn, 1, "AAA123", "CSO1100A", lambda n: f"CSO-{n}", NOW)
        first = emissions.claim(conn, booked.id, "one")
        second = emissions.claim(conn, booked.id, "two")
        processus.leave(conn, "one")
        taken_over = emissions.claim(conn, booked.id, "two")
        emissions.confirm(conn, booked.id, NOW, "ab")
        after = emissions.claim(conn, booked.id, "two")

    assert (first, second, taken_over, after) == (True, False, True, False)


# -- who is present ---------------------------------------------------------------------------------------


def presence(espace: Espace, name: str, machine: str = "here", ttl: int = 60) -> Presence:
    return Presence(espace.engine, espace.spool, name, machine, 1, timedelta(seconds=ttl))


@pytest.mark.parametrize(
    ("machine", "age", "buried"),
    [
        ("here", 0, True),  # no lock: it is dead, whatever its heartbeat says
        ("elsewhere", 59, False),
        ("elsewhere", 60, False),
        ("elsewhere", 61, True),
    ],
)
def test_a_process_is_gone_when_its_lock_is_free_or_its_heartbeat_old(
    tmp_path: Path, machine: str, age: int, buried: bool
) -> None:
    espace = make_espace(tmp_path / "e")
    with espace.engine.begin() as conn:
        processus.enter(conn, Processus("other", machine, 2, NOW, NOW))
    me = presence(espace, "me")
    with me.at_work(lambda: NOW):
        told = me.reconcile(NOW + timedelta(seconds=age))

    assert [what.sujet for what in told] == (["other"] if buried else [])


def test_a_process_that_holds_its_lock_is_left_alone_however_old_its_heartbeat(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e")
    with presence(espace, "other").at_work(lambda: NOW), presence(espace, "me").at_work(lambda: NOW):
        told = presence(espace, "me").reconcile(NOW + timedelta(days=1))

    assert told == []


def test_a_process_that_was_thought_dead_knows_it_at_its_next_heartbeat(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e")
    me = presence(espace, "me")
    with me.at_work(lambda: NOW):
        with espace.engine.begin() as conn:
            processus.leave(conn, "me")
        beats = [me.beat(NOW), me.beat(NOW)]
        with espace.engine.begin() as conn:
            present = [one.id for one in processus.all_present(conn)]

    assert (beats, present) == ([False, True], ["me"])


# -- two applications on one spool ------------------------------------------------------------------------


def test_a_stale_application_cannot_finish_what_another_has_taken_over(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e")
    deposit(espace, GOOD)
    slow, quick = App(espace), App(espace)
    with slow.presence.at_work(lambda: NOW):
        slow.collect()
        (entry,) = espace.spool.entries("incoming")
        claimed = slow.pipeline.conduite.claim(entry)
        assert claimed is not None
        active = espace.spool.move(entry, "active")
    # It is thought dead here; the other one goes on with its work.
    (done,) = quick.run_once()
    before = answers(espace)
    with pytest.raises(LostClaim):
        slow.pipeline._treat(active, claimed)

    assert done.statut is FluxStatut.INTEGRE
    assert answers(espace) == before
    assert [what.proprietaire for what in flux_list(espace)] == [""]


def test_a_flux_whose_ticket_was_lost_is_made_again_from_the_store(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e", annuaire=False)
    deposit(espace, GOOD)
    (held,) = App(espace).run_once()
    (entry,) = espace.spool.entries("hold")
    data = entry.path.read_bytes()
    entry.path.unlink()
    entry.path.parent.rmdir()
    me = presence(espace, "me")
    with me.at_work(lambda: NOW):
        told = me.reconcile(NOW)
    (back,) = espace.spool.entries("incoming")

    assert [what.sujet for what in told] == [held.ticket]
    assert (back.ticket, back.nom, back.path.read_bytes()) == (held.ticket, held.nom, data)


def flux_list(espace: Espace) -> tuple[Flux, ...]:
    with espace.engine.begin() as conn:
        return flux_store.search(conn)[1]


def test_the_name_of_a_process_fits_a_file_and_a_column(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e")
    first, second = App(espace).name, App(espace).name

    assert first != second
    assert is_plain_name(first)
    assert "~" not in first
    assert len(first) <= 80
