"""Several ``edi serve`` on one PostgreSQL and one shared disk: one leads, another takes over, none loses.

What comes of it equals, byte for byte, what one process comes to on SQLite that nobody disturbs.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres import Server
from processus import Noeud, decided, ended_at_last, is_judging, is_treating, outcome_of, wait_until
from workspace import deposit, make_espace

from edi.app import App
from edi.espace import Espace
from edi.samples import LotSpec

pytestmark = pytest.mark.timeout(900)  # each waits for real processes, on machines that others use

LOTS = (
    LotSpec("ubl", 2, numero_flux=1),
    LotSpec("ubl", 10, numero_flux=2, graine=2, fautes=("numero-trop-long", "service-inconnu")),
    LotSpec("cii", 5, numero_flux=3, graine=3),
    LotSpec("mixte", 3, numero_flux=4, graine=4, archive="xml"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that keeps what it has committed, whatever becomes of it."""
    started = Server(durable=True)
    yield started
    started.remove()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process comes to on SQLite."""
    espace = make_espace(tmp_path_factory.mktemp("seul") / "e", base="sqlite:///edi.db", observations=1)
    for lot in LOTS:
        deposit(espace, lot)
    App(espace).run_once()
    espace.engine.dispose()
    outcome = outcome_of(espace.root)
    assert (outcome["left"], outcome["ecarts"], outcome["decided twice"]) == ([], (), [])
    return outcome


@pytest.fixture
def espace(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Espace:
    """A workspace on the server, with all lots deposited."""
    name = f"edi_{abs(hash(request.node.name))}"
    with server.connect() as conn:
        conn.execute(f"CREATE DATABASE {name}")
    made = make_espace(tmp_path / "e", base=server.url(name), observations=1, intervalle=0.3, bail=3)
    for lot in LOTS:
        deposit(made, lot)
    return made


def test_a_process_takes_over_from_the_one_that_was_killed_in_the_middle_of_a_lot(
    espace: Espace, expected: dict[str, Any]
) -> None:
    first = Noeud(espace.root, "premier")
    with ended_at_last(first):
        wait_until(first.leads, "the first leads")
        second = Noeud(espace.root, "second")
        with ended_at_last(second):
            wait_until(lambda: is_judging(espace), "a lot is being judged")
            stood_by = not second.leads()
            first.end(signal.SIGKILL)
            wait_until(lambda: decided(espace) == len(LOTS), "every lot is decided")
            wait_until(lambda: not is_treating(espace), "the last ticket is let go of")
            took_over = second.leads()
            code = second.end()

    assert (stood_by, took_over, code) == (True, True, 0)
    assert expected == outcome_of(espace.root)


def test_a_server_of_databases_that_is_restarted_in_the_middle_of_a_lot_loses_nothing(
    espace: Espace, server: Server, expected: dict[str, Any]
) -> None:
    noeud, logs = Noeud(espace.root, "seul"), espace.root / "logs" / "edi.jsonl"
    with ended_at_last(noeud):
        wait_until(lambda: is_judging(espace), "a lot is being judged")
        server.stop(signal.SIGQUIT)  # a crash
        wait_until(lambda: "database_away" in logs.read_text(), "the node has seen that the server is away")
        server.start()
        wait_until(lambda: decided(espace) == len(LOTS), "every lot is decided")
        wait_until(lambda: not is_treating(espace), "the last ticket is let go of")
        code = noeud.end()

    assert code == 0, noeud.says
    assert expected == outcome_of(espace.root)


def test_a_process_that_only_collects_takes_deposits_and_judges_none(
    espace: Espace, expected: dict[str, Any]
) -> None:
    collecte = Noeud(espace.root, "collecte", EDI_COORDINATION__ROLE="collecte")
    incoming = espace.spool.root / "queue" / "incoming"
    with ended_at_last(collecte):
        wait_until(lambda: len(list(incoming.iterdir())) == len(LOTS), "every deposit is taken")
        time.sleep(1)
        judged = decided(espace), is_treating(espace)
        coordinateur = Noeud(espace.root, "coordinateur")
        with ended_at_last(coordinateur):
            wait_until(lambda: decided(espace) == len(LOTS), "every lot is decided")
            wait_until(lambda: not is_treating(espace), "the last ticket is let go of")
            codes = collecte.end(), coordinateur.end()

    assert (judged, codes) == ((0, False), (0, 0))
    assert expected == outcome_of(espace.root)


@pytest.mark.slow
def test_processes_that_share_the_judgement_treat_nothing_twice(
    espace: Espace, expected: dict[str, Any]
) -> None:
    """The order of decisions, and with it the numbers of return flows, is then a matter of chance."""
    noeuds = [Noeud(espace.root, nom, EDI_COORDINATION__JUGEMENT="partage") for nom in ("un", "deux")]
    with ended_at_last(*noeuds):
        wait_until(lambda: decided(espace) == len(LOTS), "every lot is decided")
        wait_until(lambda: not is_treating(espace), "the last ticket is let go of")
        codes = [noeud.end() for noeud in noeuds]
    outcome = outcome_of(espace.root)
    expected, outcome = ({k: v for k, v in one.items() if k != "answers"} for one in (expected, outcome))

    assert codes == [0, 0]
    assert expected == outcome
