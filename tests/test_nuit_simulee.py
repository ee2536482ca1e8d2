"""The simulated night: whatever fails, no invoice is lost, nothing is left, and the accounts agree."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from edi.capacite.modele import Charge, Jugement, Modele

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

from nuit_simulee.monde import HEURE, Scenario, clock, draw_depots, scenarios
from nuit_simulee.plateforme import Lot, Plateforme, cut
from nuit_simulee.recit import COLONNES, as_row, find_broken, tell, write_svg

MODELE = Modele(
    {jeu: Jugement(0.004, 0.0002, 0.0) for jeu in ("ubl", "cii", "facturx", "e2")},
    par_lot=0.03,
    par_facture=0.0015,
    par_octet=5e-9,
    base_par_lot=0.02,
    base_par_facture=0.001,
    attente_par_lot=0.06,
    attente_par_facture=0.0003,
    fsync=0.002,
    envoi=0.0002,
    rendement=0.9,
)
SMALL = {"fournisseurs": 40, "factures": 8_000}
NIGHTS = [one.nom for one in scenarios()]


def play(scenario: Scenario) -> Plateforme:
    nuit = Plateforme(scenario, MODELE)
    nuit.run()
    return nuit


@pytest.mark.parametrize("rank", range(len(NIGHTS)), ids=NIGHTS)
@pytest.mark.parametrize("graine", [1, 2, 3])
def test_no_invoice_is_lost_and_the_accounts_agree(rank: int, graine: int) -> None:
    nuit = play(scenarios(**SMALL, graine=graine)[rank])

    assert find_broken(nuit) == []
    assert tell(nuit).perdues == 0


def test_each_failure_has_happened() -> None:
    by_name = {one.nom: tell(play(one)) for one in scenarios(**SMALL)}
    calm = by_name["rien ne manque"]

    assert calm.morts == calm.rejuges == 0
    assert by_name["travailleurs qui meurent"].morts > 0
    assert by_name["serveurs injoignables trois heures"].plus_longue > calm.plus_longue + HEURE
    assert by_name["base absente dix minutes"].p99 > calm.p99
    assert by_name["lots monstres"].factures == calm.factures + 40 * 500
    assert by_name["ruée à la fin"].presentes > calm.presentes


def test_a_night_is_drawn_from_its_seed_alone() -> None:
    one, same, other = (Scenario("nuit", graine=graine, factures=5_000) for graine in (7, 7, 8))

    assert draw_depots(one) == draw_depots(same)
    assert draw_depots(one) != draw_depots(other)


def test_every_supplier_deposits_and_no_lot_is_too_large() -> None:
    depots = draw_depots(Scenario("nuit", factures=50_000))

    assert {depot.fournisseur for depot in depots} == set(range(500))
    assert max(depot.charge.factures for depot in depots) <= 500
    assert abs(sum(depot.charge.factures for depot in depots) - 50_000) < 500


def test_a_lot_whose_decision_finds_no_database_is_judged_again_and_answered_once() -> None:
    scenario = Scenario("coupure", fournisseurs=3, factures=3, serveurs=0.0)
    nuit = Plateforme(scenario, MODELE)
    first = nuit.lots[0].depot.le
    # The database goes while the first lot is judged, and is back a minute later.
    cutting = Scenario("coupure", fournisseurs=3, factures=3, serveurs=0.0, base=(first + 0.001, first + 60))
    nuit = play(cutting)

    assert (nuit.lots[0].essais, tell(nuit).rejuges) == (2, 1)
    assert nuit.lots[0].repondu >= first + 60
    assert find_broken(nuit) == []


def test_an_account_that_is_false_is_seen() -> None:
    nuit = play(Scenario("nuit", fournisseurs=5, factures=200))
    nuit.releve.repondues -= 1
    nuit.releve.somme *= 1.01
    nuit.queue.items.append(Lot(nuit.lots[0].depot))
    told = " ; ".join(find_broken(nuit))

    assert "answered" in told
    assert "Little" in told
    assert "1 lots are left" in told


def test_shares_hold_all_invoices_and_a_monster_is_cut_finely() -> None:
    assert [one.factures for one in cut(Charge("ubl", 60, 10, 1_000))] == [25, 25, 10]
    assert {one.factures for one in cut(Charge("ubl", 500, 1_000, 600_000))} == {2}
    assert [one.factures for one in cut(Charge("ubl", 1, 5_000, 3_000_000))] == [1]


def test_two_coordinators_answer_the_same_night_sooner() -> None:
    crowd = {"fournisseurs": 20, "factures": 20_000, "ruee": 1.0, "duree": HEURE, "serveurs": 0.0}
    slow = replace(MODELE, par_facture=0.1)
    nights = [Plateforme(Scenario("ruée", **crowd, coordinateurs=many), slow) for many in (1, 2)]
    for night in nights:
        night.run()
    one, two = map(tell, nights)

    assert two.plus_longue < one.plus_longue
    assert two.factures == one.factures


def test_a_row_has_all_columns_and_the_drawing_all_nights() -> None:
    nights = [play(one) for one in scenarios(**SMALL)[:2]]
    texts = " ".join(element.text or "" for element in etree.fromstring(write_svg(nights)).iter("{*}text"))

    assert len(as_row(tell(nights[0]))) == len(COLONNES)
    assert [night.scenario.nom for night in nights if night.scenario.nom not in texts] == []


def test_the_night_begins_at_six_in_the_evening() -> None:
    assert [clock(seconds) for seconds in (0, 6.5 * HEURE)] == ["18:00", "00:30"]
