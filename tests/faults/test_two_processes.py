"""Two real ``edi serve`` on one spool and one database: no flux is treated twice, none is left.

Lots come in for a few seconds (``EDI_SECONDS``; minutes in the long form), one of the two servers is killed
and started again every now and then, and the other goes on with what it had begun.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.lifecycle.statuts import FLUX_TERMINAL
from edi.samples import LotSpec
from edi.store import flux as flux_store
from edi.store import processus
from edi.store.tables import facture_statut, flux_statut

SECONDS = float(os.environ.get("EDI_SECONDS", "8"))
SEED = int(os.environ.get("EDI_TEST_SEED", "20261126"))
TERMINAL = [statut.name for statut in FLUX_TERMINAL]


def start(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "edi", "-e", str(root), "serve"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until_idle(espace: Espace, many: int, seconds: float) -> None:
    """Until that many deliveries are decided."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with espace.engine.begin() as conn:
            total, found = flux_store.search(conn, limit=100_000)
        if total == many and all(flux.statut in FLUX_TERMINAL for flux in found):
            return
        time.sleep(0.2)
    raise AssertionError(f"{total} of {many} deliveries, {Counter(flux.statut.name for flux in found)}")


def wait_until_at_work(espace: Espace, servers: list[subprocess.Popen[bytes]], seconds: float) -> None:
    """Until each server has said that it is there: before that, a signal finds no one to heed it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with espace.engine.begin() as conn:
            present = {one.pid for one in processus.all_present(conn)}
        if {server.pid for server in servers} <= present:
            return
        time.sleep(0.05)
    raise AssertionError(f"at work: {present}")


def test_two_servers_share_the_work_and_treat_nothing_twice(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e", observations=1, intervalle=0.3, bail=3)
    draw = random.Random(SEED)
    servers = [start(espace.root), start(espace.root)]
    numero = kills = 0
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            numero += 1
            deposit(espace, LotSpec("ubl", draw.choice((1, 3, 8)), numero_flux=numero, graine=numero))
            time.sleep(draw.random() * 0.25)
            if numero % 15 == 0:
                rank = draw.randrange(2)
                servers[rank].send_signal(signal.SIGKILL)
                servers[rank].wait(20)
                servers[rank] = start(espace.root)
                kills += 1
        wait_until_idle(espace, numero, max(120, SECONDS))
        wait_until_at_work(espace, servers, 60)
        for server in servers:
            server.send_signal(signal.SIGTERM)
        codes = [server.wait(60) for server in servers]
    finally:
        for server in servers:
            if server.poll() is None:
                server.kill()
                server.wait(20)

    assert codes == [0, 0]
    assert_everything_happened_once(open_espace(espace.root), numero)
    print(f"{numero} lots, {kills} kills; seed {SEED}")


def assert_everything_happened_once(espace: Espace, many: int) -> None:
    App(espace).run_once()  # whoever comes next buries the last one that was killed
    with espace.engine.begin() as conn:
        decided = conn.execute(
            select(flux_statut.c.flux_id).where(flux_statut.c.apres.in_(TERMINAL))
        ).scalars()
        decisions = Counter(decided)
        told = Counter(conn.execute(select(facture_statut.c.facture_id, facture_statut.c.apres)).all())
        present = processus.all_present(conn)
    reports = [nom for nom in answers(espace) if nom.startswith("CSO")]

    assert set(decisions.values()) == {1}
    assert len(decisions) == len(reports) == many
    assert set(told.values()) == {1}
    assert present == ()  # the killed were buried, the others took their leave: no claim holds
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_a_server_that_was_stopped_for_a_while_finishes_what_it_had_begun(tmp_path: Path) -> None:
    """Its lock is still held, so that on one machine it is waited for, and its flux with it."""
    espace = make_espace(tmp_path / "e", observations=1, intervalle=0.3, bail=3)
    for numero in range(1, 9):
        deposit(espace, LotSpec("ubl", 8, numero_flux=numero, graine=numero))
    first = start(espace.root)
    second = None
    try:
        while not list((espace.spool.root / "queue" / "active").iterdir()):
            assert first.poll() is None
            time.sleep(0.005)
        first.send_signal(signal.SIGSTOP)
        second = start(espace.root)
        time.sleep(3)
        first.send_signal(signal.SIGCONT)
        wait_until_idle(espace, 8, 60)
    finally:
        for server in filter(None, (first, second)):
            server.send_signal(signal.SIGTERM)
            server.wait(60)

    assert_everything_happened_once(open_espace(espace.root), 8)
