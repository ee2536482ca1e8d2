"""A déposant is told first, then operators, then both that it is settled: a real workspace, a moved clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from attendus import Monde, expect, make_monde, plage, volumes

EXPECTED = expect("22:00", "02:00", volumes=volumes(factures=plage(50, 500), eur=plage(500, 6000)))


@pytest.fixture
def monde(tmp_path: Path) -> Monde:
    """Wednesday evening; AAA123 sent its night's lot the day before."""
    made = make_monde(tmp_path / "e", "2026-11-17T23:00", attendu=EXPECTED)
    made.receive()
    made.look_until("2026-11-18T21:00")
    return made


def test_a_rhythm_that_is_kept_tells_nobody_anything(monde: Monde) -> None:
    for day in range(18, 25):
        if day not in (21, 22):
            monde.look_until(f"2026-11-{day}T22:40")
            monde.receive()
    monde.look_until("2026-11-25T12:00")

    assert (monde.told, monde.folder()) == ([], {})


def test_a_late_deposit_is_told_to_its_deposant_then_to_operators_then_settled(monde: Monde) -> None:
    monde.look_until("2026-11-19T02:10")
    assert monde.folder() == {}
    monde.look_until("2026-11-19T02:20")
    assert list(monde.folder()) == ["signalement-2026-11-18-retard.json", "signalement-2026-11-18-retard.txt"]
    assert "EN RETARD" in monde.folder()["signalement-2026-11-18-retard.txt"]
    assert monde.told == []
    monde.look_until("2026-11-19T03:10")
    assert monde.told == []
    monde.look_until("2026-11-19T04:00")
    assert monde.told == [("19/11 03:20", "OUVERTE", "depot-attendu")]
    monde.receive()
    monde.look_until("2026-11-19T05:00")

    assert monde.told[1:] == [("19/11 04:20", "RESOLUE", "depot-attendu")]
    assert "RÉGLÉ : Dépôt reçu le 19/11/2026 à 04:00" in monde.folder()["signalement-2026-11-18-retard.txt"]
    assert len(monde.folder()) == 2
