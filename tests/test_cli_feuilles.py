"""``edi rules packs|build``: how each official sheet does, and which of them compile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from workspace import make_espace, type_edi

from edi.cli.feuilles import build_sheet
from edi.espace import Espace
from edi.model.confiance import Compte, EtatFeuille, Jalons
from edi.store import feuilles as store
from edi.validators.compiled.engine import NotCompiled
from edi.validators.schematron.confiance import COMPILED
from edi.validators.schematron.packs import PACKS, Sheet

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
EN = PACKS["en16931-ubl"][0].parts[0].sheet


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "espace", annuaire=False)
    ecart = Compte(
        EN.name, 1_200, 300, 1, {"valeur NaN": 7, "profondeur": 2}, "manque : BR-01 en /Invoice[1]"
    )
    counted = {EN.sha256: (ecart, EtatFeuille.JEUNE)}
    with made.engine.begin() as conn:
        store.record(conn, COMPILED.compiler, counted, Jalons(), AT)
        store.record(conn, "older", {"b" * 64: (ecart, EtatFeuille.OMBRE)}, Jalons(), AT)
    return made


def test_the_list_of_packs_tells_how_each_sheet_does(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    told = type_edi(capsys, "-e", espace.root, "rules", "packs", "--json").json
    (sheet,) = next(row["feuilles"] for row in told if row["id"] == "en16931-ubl")
    (fresh,) = next(row["feuilles"] for row in told if row["id"] == "br-fr-ubl")

    assert sheet == {
        "nom": EN.name,
        "sha256": EN.sha256,
        "etat": "écartée",
        "depuis": "2026-11-20T09:00:00+00:00",
        "documents": 1_200,
        "replis": 9,
        "doubles": 300,
        "ecarts": 1,
        "dernier_ecart": "manque : BR-01 en /Invoice[1]",
        "raisons_des_replis": {"valeur NaN": 7, "profondeur": 2},
    }
    assert (fresh["etat"] in ("à l'essai", "jeune"), fresh["documents"]) == (True, 0)


def test_people_read_it_in_tables(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    told = type_edi(capsys, "-e", espace.root, "rules", "packs").out

    assert all(word in told for word in ("forme compilée", "écartée", "1200", "valeur NaN", "manque : BR-01"))


def test_outside_of_a_workspace_sheets_are_told_as_they_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    told = type_edi(capsys, "rules", "packs", "--json").json

    assert {one["etat"] for row in told for one in row["feuilles"]} <= {"à l'essai", "jeune"}


def test_where_the_configuration_wants_official_sheets_alone_it_is_said(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    config = espace.root / "config" / "edi.toml"
    config.write_text(f'[regles]\nmoteur = "officiel"\n{config.read_text("utf-8")}', encoding="utf-8")
    told = type_edi(capsys, "-e", espace.root, "rules", "packs", "--json").json

    assert {one["etat"] for row in told for one in row["feuilles"]} == {"officielle seule"}


class Built(NamedTuple):
    asserts: int


def refuse(sheet: Sheet) -> Built:
    raise NotCompiled("axe following", "fonction f:x")


def test_building_tells_of_each_sheet_its_rules_or_why_it_does_not_compile() -> None:
    nom, asserts, duree, told = build_sheet(EN, lambda sheet: Built(979))
    assert (nom, asserts, duree[-2:], told) == (EN.name, "979", " s", "compilée")
    missing = replace(EN, package="", folder="/nowhere", file="sheet.xslt")

    assert build_sheet(EN, refuse)[1::2] == ("", "ne se compile pas : axe following ; fonction f:x")
    assert build_sheet(missing, refuse)[3].startswith("absente (")


def test_every_known_sheet_is_built_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = type_edi(capsys, "rules", "build").out.splitlines()
    names = [cells[1].strip() for line in lines if len(cells := line.split("│")) > 4]
    sheets = {part.sheet.sha256 for group in PACKS.values() for one in group for part in one.parts}

    assert len(set(names)) == len(names) == len(sheets)
