"""Which process leads, as the configuration says; on PostgreSQL see test_postgresql.py and cluster/."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from bases import made_on
from workspace import deposit, make_espace

from edi.app import App
from edi.app.coordination import VerrouDeFichier, make_verrou
from edi.espace import Espace
from edi.model import FluxStatut
from edi.samples import LotSpec
from edi.spool import Spool
from edi.store import flux as flux_store
from edi.store.database import reading


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    with made_on("sqlite"):
        return make_espace(tmp_path / "e", observations=1)


def under(espace: Espace, **coordination: str) -> Espace:
    """The same workspace, its processes sharing the work as told."""
    section = espace.settings.coordination.model_copy(update=coordination)
    return replace(espace, settings=espace.settings.model_copy(update={"coordination": section}))


def test_the_lock_of_a_file_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    Spool(tmp_path).create([])
    first, second = VerrouDeFichier(Spool(tmp_path)), VerrouDeFichier(Spool(tmp_path))
    held = [(first.hold(), second.hold()), (first.hold(), second.hold())]
    first.release()
    after = second.hold(), first.hold()
    second.release()

    assert held == [(True, False), (True, False)]
    assert after == (True, False)


@pytest.mark.parametrize(
    ("role", "jugement", "expected"),
    [
        ("complet", "auto", [True, True]),
        ("complet", "partage", [True, True]),
        ("complet", "seul", [True, False]),
        ("collecte", "auto", [False, False]),
        ("collecte", "partage", [False, False]),
    ],
)
def test_who_may_lead_on_sqlite(espace: Espace, role: str, jugement: str, expected: list[bool]) -> None:
    told = under(espace, role=role, jugement=jugement)
    verrous = [make_verrou(told), make_verrou(told)]
    held = [verrou.hold() for verrou in verrous]
    for verrou in verrous:
        verrou.release()

    assert expected == held


def test_a_process_that_does_not_lead_takes_deposits_and_judges_none(espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 1, numero_flux=1))
    told: list[bool] = []
    standing_by = App(under(espace, role="collecte"), led=told.append)
    judged = standing_by.serve(threading.Event(), until_idle=True)
    with reading(espace.engine) as conn:
        _, (taken,) = flux_store.search(conn)
    leading = App(espace).serve(threading.Event(), until_idle=True)

    assert (judged, told, taken.statut) == ([], [False], FluxStatut.RECU)
    assert [flux.statut for flux in leading] == [FluxStatut.INTEGRE]
