"""``edi annuaire`` and ``edi mandat`` as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edi.cli import app
from edi.cli.espace import Erreur

STRUCTURES = (
    "TypeIdentifiant;Identifiant;RaisonSociale;EmetteurEdi;RecepteurEdi;GestionStatutMiseEnPaiement;"
    "GestionEngagement;GestionService;GestionServiceEngagement;EstMOA;EstMOAUniquement;StructureActive;"
    "CodePostal;Ville\n"
    "1;73282932000074;VILLE DE BREST;false;true;false;false;true;false;false;false;true;29200;BREST\n"
    "1;11000201100044;[bold]ÉTAT[/bold];false;true;false;false;false;false;false;false;true;75012;PARIS\n"
)
SERVICES = "Identifiant;Code;Nom;GestionEGMT;ServiceActif\n73282932000074;SRV;Finances;true;true\n"

Edi = Callable[..., str]


@pytest.fixture
def edi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edi:
    """The command, run in a workspace where both files of the annuaire lie; what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("EDI_ESSAIS__HORLOGE", "2026-03-12T09:00:00+01:00")
    (tmp_path / "structures.csv").write_text(STRUCTURES, encoding="utf-8")
    (tmp_path / "services.csv").write_text(SERVICES, encoding="utf-8")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    run("init", ".")
    return run


def test_both_files_are_imported_and_the_change_is_told(edi: Edi) -> None:
    first = edi("annuaire", "import", "structures.csv", "services.csv").splitlines()
    again = edi("annuaire", "import", "structures.csv").splitlines()

    assert [cells(line) for line in first if "csv" in line] == [
        ["structures.csv", "structures", "2", "2", "0", "0", "0"],
        ["services.csv", "services", "1", "1", "0", "0", "0"],
    ]
    assert [cells(line)[2:] for line in again if "csv" in line] == [["2", "0", "0", "0", "0"]]


def cells(line: str) -> list[str]:
    """The cells of one line of a table."""
    return [cell.strip() for cell in line.split("│")[1:-1]]


def test_a_second_import_names_some_of_the_rows_that_it_changed(edi: Edi, tmp_path: Path) -> None:
    edi("annuaire", "import", "structures.csv", "services.csv")
    changed = SERVICES.replace("Finances;true;true", "Budget;true;false") + "11000201100044;B;;true;true\n"
    (tmp_path / "services.csv").write_text(changed, encoding="utf-8")
    told = edi("annuaire", "import", "services.csv").splitlines()

    assert [line for line in told if line.startswith("services,")] == [
        "services, lignes ajoutées : 11000201100044 B",
        "services, lignes modifiées : 73282932000074 SRV (nom, actif)",
        "services, lignes dont fermées : 73282932000074 SRV (nom, actif)",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("annuaire", "import", "absent.csv"), "le fichier « absent.csv » n'existe pas"),
        (("annuaire", "import", "structures.csv", "structures.csv"), "sont deux exports des structures"),
        (("annuaire", "show", "7328293200007"), "« 7328293200007 » n'est pas un SIRET"),
        (("annuaire", "show", "73282932000074"), "aucun annuaire n'a été importé"),
        (("mandat", "add", "--mandant", "73282", "--mandataire", "AAA123"), "« 73282 » n'est ni un SIRET"),
        (
            ("mandat", "add", "--mandant", "73282932000074", "--mandataire", "aaa123"),
            "« aaa123 » n'est pas un code appli",
        ),
        (
            ("mandat", "add", "--mandant", "73282932000074", "--mandataire", "AAA123", "--du", "31/02/2026"),
            "« 31/02/2026 » n'est pas une date",
        ),
        (("mandat", "sign", "3"), "aucun mandat n° 3"),
        (("mandat", "submit", "3"), "aucun mandat n° 3"),
        (("mandat", "show", "3"), "aucun mandat n° 3"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(edi: Edi, arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(Erreur) as error:
        edi(*arguments)

    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_file_refused_leaves_neither_of_both(edi: Edi) -> None:
    Path("services.csv").write_text(SERVICES + "1;;;;\n", encoding="utf-8")
    with pytest.raises(Erreur, match=r"services.csv : ligne 3, colonne Code"):
        edi("annuaire", "import", "structures.csv", "services.csv")

    assert json.loads(edi("annuaire", "search", "*", "--json")) == []


def test_a_search_shows_what_was_found_as_plain_text(edi: Edi) -> None:
    edi("annuaire", "import", "structures.csv")

    assert "1 structure montrée sur 2." in edi("annuaire", "search", "*", "--limite", "1")
    assert "[bold]ÉTAT[/bold]" in edi("annuaire", "search", "etat")
    assert "0 structure montrée sur 0." in edi("annuaire", "search", "QUIMPER")
    assert [s["identifiant"] for s in json.loads(edi("annuaire", "search", "BRE*", "--json"))] == [
        "73282932000074"
    ]


def test_a_structure_is_shown_with_its_obligations_and_services(edi: Edi) -> None:
    edi("annuaire", "import", "structures.csv", "services.csv")
    shown = edi("annuaire", "show", "732 829 320 00074")
    (told,) = json.loads(edi("annuaire", "show", "73282932000074", "--json"))
    expected = {"siret": "73282932000074", "code": "SRV", "nom": "Finances", "actif": True}

    assert "VILLE DE BREST (SIRET 73282932000074)\n29200 BREST\nLe code service est obligatoire.\n" in shown
    assert "SRV" in shown
    assert told["obligations"] == ["Le code service est obligatoire."]
    assert [{**service, **expected} for service in told["services"]] == told["services"]


def test_a_siret_with_two_digits_exchanged_is_recognised(edi: Edi) -> None:
    edi("annuaire", "import", "structures.csv")
    with pytest.raises(Erreur, match=r"importé le 12/03/2026 ; .* écrire 73282932000074"):
        edi("annuaire", "show", "73282932000047")


def test_a_mandat_lives_from_its_gift_to_its_revocation(edi: Edi) -> None:
    given = edi(
        "mandat", "add", "--mandant", "73282932000074", "--mandataire", "AAA123", "--du", "02/03/2026"
    )
    signed = edi("mandat", "sign", "1", "--signataire", "Soazig Le Goff")
    revoked = edi("mandat", "revoke", "1", "--le", "2026-03-30", "--raison", "fin de contrat")
    (listed,) = json.loads(edi("mandat", "list", "--mandant", "732829320", "--json"))
    expected: dict[str, Any] = {
        "id": 1,
        "mandant_type": "1",
        "mandant": "73282932000074",
        "mandataire": "AAA123",
        "etat": "Actif",
        "cree_le": "2026-03-02",
        "signe_le": "2026-03-12",
        "revoque_le": "2026-03-30",
        "signataire": "Soazig Le Goff",
        "soumis_le": "2026-03-02",
    }
    head = "Mandat n° 1 donné par SIRET 73282932000074 à AAA123 :"

    assert f"{head} En cours de validation depuis le 02/03/2026.\n" == given
    assert f"{head} Actif depuis le 12/03/2026.\n" == signed
    assert f"{head} Actif depuis le 12/03/2026, révoqué le 30/03/2026.\n" == revoked
    assert expected == listed


def test_a_mandat_shows_its_history_and_is_exported(
    edi: Edi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "nolwenn")
    give = ("mandat", "add", "--mandant", "73282932000074", "--mandataire", "AAA123")
    given = edi(*give, "--du", "02/03/2026", "--souscrit")
    sent = edi("mandat", "submit", "1")
    edi("mandat", "sign", "1", "--signataire", "Soazig Le Goff")
    shown = [cells(line) for line in edi("mandat", "show", "1").splitlines() if "│" in line]
    (told,) = json.loads(edi("mandat", "show", "1", "--json"))
    written = edi("mandat", "export", "mandats.csv")

    assert "Souscrit depuis le 02/03/2026" in given
    assert "En cours de validation depuis le 12/03/2026" in sent
    assert shown == [
        ["12/03/2026 09:00", "nolwenn", "Souscrit", "02/03/2026", ""],
        ["12/03/2026 09:00", "nolwenn", "Envoyé à la signature", "12/03/2026", ""],
        ["12/03/2026 09:00", "nolwenn", "Signé par Soazig Le Goff", "12/03/2026", ""],
    ]
    assert [line["acte"] for line in told["histoire"]] == ["SOUSCRIT", "SOUMIS", "SIGNE"]
    assert written == "1 mandat écrit dans mandats.csv.\n"
    assert "AAA123;Soazig Le Goff;02/03/2026;;Actif" in (tmp_path / "mandats.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ("2026-03-12", None, "En cours de validation")),
        (("--signe-le", "2026-03-11"), ("2026-03-11", "2026-03-11", "Actif")),
        (("--signe-le", "2026-03-12"), ("2026-03-12", "2026-03-12", "Actif")),
        (("--signe-le", "2026-03-13"), ("2026-03-12", "2026-03-13", "En cours de validation")),
        (("--du", "2026-03-13"), ("2026-03-13", None, "À venir")),
    ],
)
def test_a_mandat_begins_today_or_on_the_day_it_was_signed(
    edi: Edi, options: tuple[str, ...], expected: tuple[str, str | None, str]
) -> None:
    edi("mandat", "add", "--mandant", "2:DE123456789", "--mandataire", "AAA123", *options)
    (listed,) = json.loads(edi("mandat", "list", "--json"))
    actual = (listed["cree_le"], listed["signe_le"], listed["etat"])

    assert expected == actual
