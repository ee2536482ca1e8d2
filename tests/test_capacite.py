"""The capacity model: it finds again what made the data, and what a volume needs follows from it."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from edi.capacite.ajustement import fit
from edi.capacite.besoins import SAXON, Empreinte, Volume, find_besoins, find_rate
from edi.capacite.modele import (
    Charge,
    Enfants,
    Jugement,
    Modele,
    Observe,
    as_json,
    fit_modele,
    from_json,
)

VRAI = Modele(
    {"ubl": Jugement(0.003, 0.0002, 0.0), "e2": Jugement(0.002, 0.0, 3e-8), "cii": Jugement(0.004, 0.0, 0.0)},
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
CHARGES = (
    *(
        Charge("ubl", n, lignes, 2_000 + 600 * lignes)
        for n, lignes in ((5, 5), (200, 5), (40, 50), (10, 300))
    ),
    *(Charge("e2", n, 5, octets) for n, octets in ((5, 4_000), (200, 4_000), (30, 90_000), (10, 700_000))),
    *(Charge("cii", n, 10, 18_000) for n in (5, 100)),
)
COEFFICIENTS = (
    "par_lot",
    "par_facture",
    "par_octet",
    "base_par_lot",
    "base_par_facture",
    "attente_par_lot",
    "attente_par_facture",
    "envoi",
    "rendement",
)
UNSEEN = (Charge("ubl", 77, 33, 21_800), Charge("e2", 25, 5, 300_000), Charge("cii", 60, 10, 18_000))
VOLUME = Volume(1_000_000, 8, {"ubl": 0.6, "e2": 0.4}, 10, {"ubl": 8_000, "e2": 150_000}, 50, pointe=2.0)
EMPREINTE = Empreinte(2_000, 300, 110e6, 150e6)


def observe(charge: Charge, noise: float = 0.0, seed: int = 0) -> Observe:
    """A lot as the true model would have it measured, up to some noise."""
    rng = random.Random(f"{seed}|{charge}")
    parts = [VRAI.jugement(charge), VRAI.autour(charge), VRAI.base(charge), VRAI.attente(charge)]
    seen = [part * rng.uniform(1 - noise, 1 + noise) for part in parts]
    return Observe(charge, *seen, sum(seen))


def enfants() -> list[Enfants]:
    return [Enfants(CHARGES[1], many, VRAI.predict(CHARGES[1], many)) for many in (1, 2, 4)]


# -- the fit ----------------------------------------------------------------------------------------------


def test_least_squares_find_the_coefficients_that_made_the_data() -> None:
    rows = [(1.0, x, y) for x, y in ((1, 5), (2, 1), (7, 3), (4, 4), (9, 100_000))]
    measured = [2 + 3 * x + 0.5 * y for _, x, y in rows]

    assert fit(rows, measured) == pytest.approx([2, 3, 0.5])


def test_a_coefficient_that_would_be_negative_is_none_at_all() -> None:
    rows = [(1.0, x) for x in (1, 2, 3, 4)]

    fixed, slope = fit(rows, [5.0, 4.0, 3.0, 2.0])

    assert slope == 0.0
    assert 2.0 < fixed < 5.0


@pytest.mark.parametrize(
    ("rows", "measured", "why"),
    [
        ([(1.0, 2.0)], [3.0], "1 measures for 2 coefficients"),
        ([(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)], [1.0, 2.0, 3.0], "told apart"),
        ([(1.0,), (1.0,)], [1.0, 0.0], "not positive"),
        ([], [], "0 measures"),
    ],
)
def test_data_that_tell_nothing_are_refused(
    rows: list[tuple[float, ...]], measured: list[float], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        fit(rows, measured)


def test_a_model_without_noise_is_found_again() -> None:
    found = fit_modele([observe(charge) for charge in CHARGES], VRAI.fsync, enfants())

    assert found.jugements["ubl"].par_ligne == pytest.approx(VRAI.jugements["ubl"].par_ligne)
    assert found.jugements["e2"].par_octet == pytest.approx(VRAI.jugements["e2"].par_octet)
    assert found.jugements["cii"].fixe == pytest.approx(VRAI.jugements["cii"].fixe)
    assert [getattr(found, name) for name in COEFFICIENTS] == pytest.approx(
        [getattr(VRAI, name) for name in COEFFICIENTS]
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_of_noise_leaves_predictions_of_unseen_lots_within_a_fifth(seed: int) -> None:
    found = fit_modele([observe(charge, 0.1, seed) for charge in CHARGES], VRAI.fsync, enfants())
    errors = [
        found.predict(charge, workers) / VRAI.predict(charge, workers) - 1
        for charge in UNSEEN
        for workers in (0, 1, 2, 4)
    ]

    assert [error for error in errors if abs(error) > 0.2] == []


def test_workers_are_not_fitted_without_one_alone() -> None:
    with pytest.raises(ValueError, match="one worker"):
        fit_modele([observe(charge) for charge in CHARGES], VRAI.fsync, enfants()[1:])


def test_a_model_survives_its_file() -> None:
    assert from_json(json.loads(json.dumps(as_json(VRAI)))) == VRAI


# -- predictions ------------------------------------------------------------------------------------------


def test_a_lot_takes_its_judgement_what_is_around_it_and_the_disk() -> None:
    charge = Charge("ubl", 10, 5, 1_000)

    expected = 10 * 0.004 + (0.03 + 0.015 + 5e-5) + (0.02 + 0.01) + (0.06 + 0.003)

    assert VRAI.predict(charge) == pytest.approx(expected)


def test_a_slower_disk_makes_the_waits_longer_and_nothing_else() -> None:
    charge = CHARGES[1]

    assert VRAI.predict(charge, 0, 0.004) - VRAI.predict(charge) == pytest.approx(VRAI.attente(charge))


def test_workers_shorten_the_judgement_alone() -> None:
    charge = CHARGES[1]
    gained = VRAI.predict(charge, 1) - VRAI.predict(charge, 3)

    assert gained == pytest.approx(VRAI.jugement(charge) * (1 - 1 / 2.8))


# -- needs ------------------------------------------------------------------------------------------------


def test_what_a_volume_needs_is_what_its_busiest_hour_asks_for() -> None:
    needs = find_besoins(VRAI, VOLUME, EMPREINTE)

    assert needs.debit == pytest.approx(1_000_000 / 8 / 3600 * 2 / 0.7)
    assert needs.coeurs == needs.coordinateurs + needs.travailleurs
    assert needs.coeurs_base == pytest.approx(needs.debit * (0.02 / 50 + 0.001))
    assert needs.disque == pytest.approx(1_000_000 * (0.6 * 8_000 + 0.4 * 150_000 + 300))
    assert needs.base == pytest.approx(2e9)
    assert needs.memoire == pytest.approx(needs.coordinateurs * (150e6 + SAXON) + needs.travailleurs * 110e6)


@pytest.mark.parametrize("many", [1_000, 1_000_000, 20_000_000])
def test_the_processors_that_are_named_keep_the_rate(many: int) -> None:
    volume = VOLUME._replace(factures=many)
    needs = find_besoins(VRAI, volume, EMPREINTE)
    each = needs.travailleurs // needs.coordinateurs
    lots = [(share, Charge(jeu, 50, 10, volume.octets[jeu])) for jeu, share in volume.melange.items()]
    taken = sum(share * VRAI.predict(lot, each) / 50 for share, lot in lots)

    assert needs.coordinateurs / taken >= volume.rate


def test_one_coordinator_keeps_more_with_more_workers_and_less_than_what_it_does_alone_allows() -> None:
    rates = [find_rate(VRAI, VOLUME, many) for many in (1, 2, 8, 64)]
    lots = [(share, Charge(jeu, 50, 10, VOLUME.octets[jeu])) for jeu, share in VOLUME.melange.items()]
    bound = 1 / sum(share * VRAI.seul(lot) / 50 for share, lot in lots)

    assert rates == sorted(rates)
    assert rates[-1] < bound


def test_ten_times_the_volume_needs_about_ten_times_the_processors() -> None:
    one, ten = (find_besoins(VRAI, VOLUME._replace(factures=many), EMPREINTE) for many in (10**7, 10**8))

    assert 8 < ten.coeurs / one.coeurs < 12


def test_a_slower_disk_never_needs_less() -> None:
    quick, slow = (find_besoins(VRAI, VOLUME, EMPREINTE, fsync) for fsync in (0.001, 0.02))

    assert slow.coeurs >= quick.coeurs
    assert slow.coordinateurs > quick.coordinateurs


def test_a_mix_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        find_besoins(VRAI, VOLUME._replace(melange={"ubl": 0.5}), EMPREINTE)


def test_a_kind_that_was_never_measured_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        replace(VRAI, jugements={}).predict(CHARGES[0])
