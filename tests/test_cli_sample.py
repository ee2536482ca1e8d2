"""``edi sample``: lots, faults and annuaire from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.cli.sample import app
from edi.samples import FAULTS, FORMATS, LotSpec, make_lot, services_csv, structures_csv

runner = CliRunner()


def test_a_lot_is_written_under_its_name_and_nothing_else_stays(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    arguments = "lot --nombre 3 --faute service-inconnu --graine 4 --appli BBB456 --numero 7 --archive zip"
    result = runner.invoke(app, [*arguments.split(), "--vers", str(folder), "--json"])
    spec = LotSpec(
        nombre=3, fautes=("service-inconnu",), graine=4, appli="BBB456", numero_flux=7, archive="zip"
    )
    expected = make_lot(spec)

    assert result.exit_code == 0
    assert [path.name for path in folder.iterdir()] == [expected.nom]
    assert (folder / expected.nom).read_bytes() == expected.data
    assert json.loads(result.stdout) == {
        "fichier": str(folder / expected.nom),
        "factures": 3,
        "fautes": [{"faute": "service-inconnu", "code": "EDI-SERVICE-02"}],
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--faute service-inconu", "service-inconnu"),
        ("--format mixte --faute tva-fausse", "format mixte"),
        ("--format xcbl", "ubl-reforme"),
        ("--archive rar", "tar.gz"),
        ("--appli abc", "AAA123"),
        ("--archive xml --nombre 2", "--nombre 1"),
        ("--nombre 1 --faute doublon", "2 factures"),
    ],
)
def test_an_illegal_wish_is_refused_with_the_legal_ones(arguments: str, told: str, tmp_path: Path) -> None:
    result = runner.invoke(
        app, ["lot", *arguments.split(), "--vers", str(tmp_path / "in")], env={"COLUMNS": "4000"}
    )

    assert result.exit_code == 2
    assert told in result.output
    assert not (tmp_path / "in").exists()


def test_faults_are_listed_with_the_code_they_provoke() -> None:
    result = runner.invoke(app, ["fautes", "--json"])
    rows = {row["faute"]: row for row in json.loads(result.stdout)}

    assert rows.keys() == FAULTS.keys()
    codes = rows["numero-trop-long"]["codes"]
    assert {form: code for form, code in codes.items() if code != "EDI-NUMERO-02"} == {"mixte": "EDI-XSD-06"}
    assert set(codes) == set(FORMATS)


def test_the_annuaire_is_written_as_two_files(tmp_path: Path) -> None:
    result = runner.invoke(app, ["annuaire", "--vers", str(tmp_path)])

    assert result.exit_code == 0
    assert (tmp_path / "structures.csv").read_bytes() == structures_csv()
    assert (tmp_path / "services.csv").read_bytes() == services_csv()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["services.csv", "structures.csv"]
