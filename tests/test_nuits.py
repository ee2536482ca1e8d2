"""Nights on end by a clock of our own: each due date once, catch-ups once, every relevé of every day."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from bases import is_postgresql
from nuits import EspaceDeNuit, history, make_nights
from sqlalchemy import event
from workspace import answers, deposit

from edi.app import App
from edi.bilan import chiffres
from edi.model import Issue
from edi.nuit.echeances import due_between
from edi.samples import LotSpec
from edi.store import bilans

NUIT = 'nom = "nuit"'
# 02:30 does not exist in one of these nights, and comes twice in another.
SEMAINE = """nom = "semaine"
debut = "02:30"
fin = "04:00"
jours = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "dimanche"]
feries = "decaler"
etapes = ["collecte", "traitement", "emission", "rapport"]
"""
DAY = timedelta(days=1)
COUNTED = ("flux", "recues", "acceptees", "rejetees", "en_attente")
LOT = LotSpec("ubl", 2, numero_flux=1, archive="xml")


def lot(numero: int) -> LotSpec:
    return LotSpec("ubl", 1, numero_flux=numero, graine=numero, archive="xml")


def hurry(espace: EspaceDeNuit) -> None:
    """No power is cut here: what is committed need not lie on the disk."""
    espace.engine.dispose()

    @event.listens_for(espace.engine, "connect")
    def relax(connection: Any, record: object) -> None:
        relaxed = "SET synchronous_commit = off" if is_postgresql() else "PRAGMA synchronous = OFF"
        connection.execute(relaxed)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "stop", "deposits"),
    [
        # All Saints on a Sunday, the Armistice on a Wednesday, the hour that comes twice
        ("2026-10-12T12:00", "2026-11-16", ["2026-10-24", "2026-11-11", "2026-11-17", "2026-11-20"]),
        # Easter Monday, the day after the night without 02:30
        ("2027-03-05T12:00", "2027-04-12", ["2027-03-27", "2027-03-29", "2027-04-12", "2027-04-17"]),
    ],
)
def test_forty_five_nights_with_holidays_a_change_of_hour_a_stop_of_two_days_and_double_starts(
    tmp_path: Path, start: str, stop: str, deposits: list[str]
) -> None:
    espace = make_nights(tmp_path / "e", start, NUIT, SEMAINE)
    hurry(espace)
    clock, began, lost = espace.horloge, espace.now(), (day(stop), day(stop) + DAY)
    other = App(espace)
    app = App(espace, settled=lambda flux: other.run_jobs(("nuit", "semaine")))  # while that one is at work
    coming = sorted(map(day, deposits))
    while clock.at < began + 45 * DAY:
        if coming and espace.today() >= coming[0]:
            coming.pop(0)
            deposit(espace, lot(len(deposits) - len(coming)))
        if not lost[0] <= (espace.now() - timedelta(hours=12)).date() <= lost[1]:
            app.run_jobs(())
        clock.move(hours=6, minutes=7)
    app.run_jobs(())

    for nom, tache in espace.settings.taches.items():
        passed = {one.jour: one for one in history(espace, nom)}
        due = [one.jour for one in due_between(tache, began.date() - DAY, clock.at) if one.ouvre > began]
        assert list(passed) == due
        assert {one.issue for one in passed.values()} == {Issue.REUSSI, Issue.RATTRAPE}
        caught_up = [one for one in passed.values() if one.issue is Issue.RATTRAPE]
        assert [one.rattrape_par for one in caught_up] == [
            passed[due[due.index(one.jour) + 1]].id for one in caught_up
        ]
        assert len(caught_up) == 1
    assert sum(one.doubles for nom in espace.settings.taches for one in history(espace, nom)) == len(deposits)
    assert len(answers(espace)) == 2 * len(deposits)
    assert_balanced(espace, flux=len(deposits))
    for nom in espace.settings.taches:
        assert_reports_balanced(espace, nom, factures=len(deposits))


def assert_balanced(espace: EspaceDeNuit, flux: int, appli: str = "AAA123") -> None:
    """One relevé for each day since the first, and together they count each flux once."""
    found = sorted(espace.spool.statut(appli).glob("releve-*.json"))
    days = [date.fromisoformat(path.stem.removeprefix("releve-")) for path in found]
    totals: Counter[str] = Counter()
    for path in found:
        told = json.loads(path.read_bytes())["totaux"]
        totals.update(
            {word: told[word] for word in ("flux", "recues", "acceptees", "rejetees", "en_attente")}
        )
        assert told["recues"] == told["acceptees"] + told["rejetees"] + told["en_attente"]

    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert days[-1] == espace.today() - timedelta(days=1)
    assert totals["flux"] == flux
    assert totals["recues"] == totals["acceptees"] + totals["rejetees"]


def assert_reports_balanced(espace: EspaceDeNuit, tache: str, factures: int) -> None:
    """Each run has a report, each report is balanced, and together they count each invoice once."""
    runs = [one for one in history(espace, tache) if one.issue is Issue.REUSSI]
    with espace.engine.begin() as conn:
        kept = [bilans.kept(conn, one.id) for one in runs]
    told = [chiffres.read(text) for text in kept if text]
    comptes = [bilan.compte for bilan in told]

    assert [bilan.entete.jour for bilan in told] == [one.jour for one in runs]
    assert {one.ecart for one in comptes} == {0}
    assert [one.en_attente for one in comptes[:-1]] == [one.reportees for one in comptes[1:]]
    assert sum(one.recues for one in comptes) == sum(one.acceptees for one in comptes) == factures
    assert sum(bilan.flux for bilan in told) == factures
    assert len(told[-1].historique) == min(len(runs), 30)
    assert {f"{one.jour}-{tache}.{ending}" for one in runs for ending in ("html", "txt")} <= set(
        espace.spool.reports()
    )
