"""The test bench: what it measures is the real thing, and what it prints holds every row."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from workspace import type_edi

from edi.banc.espace import Banc, Ecarte, make_espace
from edi.banc.graphe import GROUPES, write_svg
from edi.banc.jeux import JEUX, Depot, make_depot, spec_of
from edi.banc.machine import Machine
from edi.banc.mesures import (
    COURT,
    Entier,
    Lignes,
    Resultats,
    Tour,
    compute_ratios,
    mean_parts,
    middle,
    quantile,
)
from edi.banc.naif import Naif
from edi.banc.sonde import ETAPES, LIBELLES, RESTE, Duree, Sonde, hooked
from edi.banc.tableau import line_up, make_tableaux, nombre
from edi.samples import make_files, make_lot

ALL = [fonction for etape in ETAPES for fonction in etape.fonctions]
SEEN = {etape.nom for etape in ETAPES} - {"contre_epreuve"} | {RESTE}  # no document is of the sample


@pytest.fixture(scope="module")
def banc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Banc]:
    made = Banc(make_espace(tmp_path_factory.mktemp("banc") / "espace"))
    with made.at_work():
        yield made


def duree(secondes: float) -> Duree:
    return Duree(secondes, secondes / 2, 1)


def resultats() -> Resultats:
    """Figures that are easy to reckon with."""
    etapes = {nom: duree(0.001) for nom in sorted(SEEN)}
    entier = Entier("ubl", "E1 UBL", 10, 20_000, duree(0.012), etapes, duree(0.007), duree(0.001), 0.02, 0.5)
    return Resultats(
        Machine("modèle", 2, 8 * 1024**3, 0.001, "3.11", "0.1", "13", 0.5),
        COURT,
        (entier, replace(entier, jeu="e2", libelle="E2 mixte")),
        {"ubl": Naif(duree(0.12), duree(0.06))},
        {1: 0.010, 2: 0.005},
        (Lignes(100, 64_000, duree(0.2)), Lignes(1_000, 600_000, duree(3.0))),
        (0.1, 0.2, 0.3, 0.4),
        12.0,
    )


# -- the whole of it --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_short_bench_prints_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = type_edi(capsys, "bench", "--court", "--graphe", "banc.svg", "--disque", tmp_path)
    shown = done.out.replace("\N{NO-BREAK SPACE}", " ")
    rows = [jeu.libelle for jeu in JEUX] + [LIBELLES[nom] for nom in SEEN]
    rows += ["un fsync de 4 Ko", "│ 1 000  │", "│ 5 000  │", "médiane (p50)", "p99", "objectif"]
    rows += [f"│ {many}            │" for many in COURT.travailleurs]

    assert (done.code, done.err) == (0, "")
    assert [row for row in rows if row not in shown] == []
    assert [path.name for path in tmp_path.iterdir()] == ["banc.svg"]  # the workspace is gone


def test_a_folder_that_is_not_there_is_told_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "bench", "--disque", tmp_path / "absent")

    assert (done.code, done.out) == (2, "")
    assert "n'est pas un dossier" in done.err


# -- stages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fonction", ALL)
def test_every_function_of_a_stage_is_there_and_is_put_back(fonction: str) -> None:
    def find() -> Any:
        module, _, path = fonction.partition(":")
        found: Any = importlib.import_module(module)
        for nom in path.split("."):
            found = getattr(found, nom)
        return found

    before = find()
    with hooked(fonction, lambda function: lambda *args, **named: function(*args, **named)):
        hooked_one = find()

    assert hooked_one is not before
    assert find() is before


def test_a_name_that_is_nowhere_is_no_stage() -> None:
    with pytest.raises(AttributeError), hooked("edi.judge:nulle_part", lambda function: function):
        pass


@pytest.mark.parametrize("jeu", ["ubl", "facturx"])
def test_a_lot_goes_through_every_stage_and_they_add_up(banc: Banc, jeu: str) -> None:
    sonde = Sonde()
    total = banc.pass_through(banc.make(jeu, 4), sonde)
    called = {nom for nom, one in sonde.durees.items() if one.appels or nom == RESTE}
    summed = sum(one.secondes for one in sonde.durees.values())

    assert called == SEEN
    assert total.secondes * 0.5 < summed <= total.secondes
    assert sonde.durees["officielles"].appels == sonde.durees["propres"].appels == 4


def test_what_a_stage_calls_is_not_charged_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(second) for second in range(100))
    monkeypatch.setattr("edi.banc.sonde._clocks", lambda: (next(clock), 0.0))
    sonde = Sonde()
    inner = sonde._wrap("base", lambda: None)
    outer = sonde._wrap("decision", inner)
    with sonde.at_work():
        outer()
        inner()

    # The clock ticks at each change: at the start, into and out of each stage, at the end.
    assert {nom: (one.secondes, one.appels) for nom, one in sonde.durees.items()} == {
        RESTE: (3.0, 0),
        "decision": (2.0, 1),
        "base": (2.0, 2),
    }


def test_a_lot_that_is_not_accepted_whole_gives_no_figures(banc: Banc) -> None:
    banc.numero += 1
    spec = replace(spec_of(JEUX[0], 3, banc.numero, banc.espace.today()), fautes=("ttc-faux",))
    faulty = Depot(JEUX[0], make_lot(spec), make_files(spec))

    with pytest.raises(Ecarte, match="n'a pas été intégré en entier"):
        banc.pass_through(faulty)


def test_lots_of_the_bench_are_about_as_long_as_those_of_the_rules(banc: Banc) -> None:
    sizes = {jeu.nom: make_depot(jeu, 2, 900, banc.espace.today()).octets for jeu in JEUX}

    assert {nom: 15_000 < size < 30_000 for nom, size in sizes.items()} == {
        "ubl": True,
        "cii": True,
        "facturx": True,
        "e2": False,  # a few XML data and a PDF of one page
    }


# -- figures ----------------------------------------------------------------------------------------------


def test_ratios_are_those_of_one_run() -> None:
    ratios = compute_ratios(resultats())

    assert ratios["ubl: entier/jugement"] == 0.5
    assert ratios["ubl: plancher/jugement"] == 7.0
    assert ratios["ubl, part: fsync"] == pytest.approx(1 / 7, abs=1e-4)
    assert ratios["ubl, part: base"] == pytest.approx(1 / 14, abs=1e-4)
    assert ratios["ubl: entier/voie ordinaire"] == 10.0
    assert ratios["ubl: entier/voie ordinaire sans XSD"] == 5.0
    assert ratios["2 travailleurs/1"] == 2.0
    assert ratios["ligne: 1000/100"] == 1.5
    assert ratios["latence médiane/objectif"] == 0.2
    assert sum(value for nom, value in ratios.items() if ", part: " in nom) == pytest.approx(1, abs=1e-3)
    assert "e2: entier/voie ordinaire" not in ratios


def test_what_is_left_of_judging_counts_waits_for_the_disk_and_no_other() -> None:
    stages = {"fsync": duree(0.002), "base": duree(0.5)}  # each by half of the processor

    assert Tour(duree(0.012), duree(0.007), duree(0.001), stages).part_du_jugement == pytest.approx(0.5)


@pytest.mark.parametrize(("part", "expected"), [(0.5, 2.0), (0.99, 4.0), (0.25, 1.0), (0.0, 1.0), (1.0, 4.0)])
def test_a_quantile_is_a_value_that_was_measured(part: float, expected: float) -> None:
    assert quantile((3.0, 1.0, 4.0, 2.0), part) == expected


def test_rounds_come_to_their_median_and_stages_to_their_mean() -> None:
    middling = middle([Duree(1, 9, 5), Duree(3, 7, 5), Duree(2, 8, 5)])
    parts = mean_parts([{"base": Duree(1, 1, 4), "fsync": Duree(2, 0, 2)}, {"base": Duree(3, 1, 4)}], 10)

    assert middling == Duree(2, 8, 5)
    assert parts == {"base": Duree(0.2, 0.1, 4), "fsync": Duree(0.1, 0.0, 1)}


def test_tables_are_lined_up() -> None:
    for tableau in make_tableaux(resultats()):
        for rank, column in enumerate(zip(tableau.colonnes, *tableau.lignes, strict=True)):
            assert rank == 0 or len({len(cell) for cell in column}) == 1
        assert line_up(tableau) == tableau


def test_numbers_are_written_as_french_accountants_write_them() -> None:
    assert nombre(1234567.891, 1) == "1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,9"


def test_the_drawing_shows_every_kind_of_lot_and_every_group_of_stages() -> None:
    svg = write_svg(resultats())
    texts = [element.text for element in etree.fromstring(svg).iter("{*}text")]

    assert [one.libelle for one in resultats().entiers if one.libelle not in texts] == []
    assert [nom for nom, _, _ in GROUPES if nom not in texts] == []
    assert {stage for _, stages, _ in GROUPES for stage in stages} == set(LIBELLES)
