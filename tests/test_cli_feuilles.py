"""``edi rules packs|build``: how each official sheet does, and which of them compile."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from workspace import make_espace, type_edi

from edi.espace import Espace
from edi.model.confiance import Compte, EtatFeuille, Jalons
from edi.store import feuilles as store
from edi.validators.compiled import engine
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


def test_building_tells_of_each_sheet_its_rules_or_why_it_does_not_compile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def build(sheet: Sheet) -> engine.Built:
        if sheet == EN:
            raise NotCompiled("axe following", "fonction f:x")
        return engine.Built(123)

    monkeypatch.setattr(engine, "build", build)
    monkeypatch.chdir(tmp_path)
    lines = type_edi(capsys, "rules", "build").out.splitlines()
    rows = {cells[1].strip(): cells for line in lines if len(cells := line.split("│")) > 4}
    sheets = {part.sheet.sha256 for group in PACKS.values() for one in group for part in one.parts}

    assert len(rows) == len(sheets)
    assert rows[EN.name][4].strip() == "ne se compile pas : axe following ; fonction f:x"
    assert [cell.strip() for cell in rows["br-fr-ubl"][2:5:2]] == ["123", "compilée"]
