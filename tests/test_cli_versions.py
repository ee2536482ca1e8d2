"""``edi rules install|compare|activate|retirer``: a newer official file, up to the verdicts it makes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from feuilles import sheet_of, write_newer
from workspace import Typed, deposit, make_espace, run_edi, type_edi

from edi.espace import Espace
from edi.samples import LotSpec
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.samples.world import KERVADEC, PAPETERIES

JEU = "en16931-ubl"
STRICTER = "normalize-space(cbc:ID) != '' and not(starts-with(cbc:ID, 'PA'))"  # only PAPETERIES writes PA
OTHER = LotSpec(REFORME, 3, numero_flux=1)
STRUCK = LotSpec(REFORME, 2, numero_flux=2, graine=2, fournisseur=PAPETERIES, prefixe="PA")
LEGACY = LotSpec("ubl", 1, numero_flux=3, graine=3)

Edi = Callable[..., Typed]


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


@pytest.fixture
def edi(espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    """The command, typed in the workspace."""
    monkeypatch.chdir(espace.root)
    return lambda *arguments: type_edi(capsys, *arguments)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A sheet that refuses what one supplier writes."""
    return write_newer(tmp_path / "recu", JEU, "BR-02", STRICTER)


def packs_of(edi: Edi, numero: str) -> dict[str, Any]:
    return {pack["id"]: pack for pack in edi("facture", "show", numero, "--json").json[0]["packs"]}


def states(edi: Edi) -> dict[str, str]:
    return {row["version"]: row["etat"] for row in edi("rules", "packs", "--json").json if row["id"] == JEU}


def test_a_newer_file_from_its_installation_to_the_first_verdict(
    edi: Edi, espace: Espace, newer: Path
) -> None:
    for spec in (OTHER, STRUCK, LEGACY):
        deposit(espace, spec)
    assert [flux["statut"] for flux in edi("run", "--json").json] == ["INTEGRE"] * 3

    installed = edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")
    assert (installed.code, installed.err) == (0, "")
    assert "0 nouvelle, 0 disparue, 1 modifiée" in installed.out
    assert states(edi) == {"1.3.16": "en vigueur", "1.3.17": "candidat"}

    before = edi("facture", "list", "--json").json
    compared = edi("rules", "compare", JEU, "--json").json["fournisseurs"]
    struck, other = compared
    assert (struck["nom"], other["nom"]) == (PAPETERIES.nom, KERVADEC.nom)
    assert (struck["jugees"], struck["inchangees"], struck["rejetee"]) == (2, 0, 2)
    assert (other["jugees"], other["inchangees"], other["rejetee"]) == (3, 3, 0)
    (code,) = struck["codes_apparus"]
    assert (code["code"], code["factures"], code["exemple"][:2]) == ("BR-02", 2, "PA")
    assert struck["codes_disparus"] == other["codes_apparus"] == []
    assert edi("facture", "list", "--json").json == before

    assert edi("rules", "activate", JEU, "1.3.17", "--depuis", "2025-09-15").code == 0
    assert states(edi) == {"1.3.16": "remplacé", "1.3.17": "en vigueur"}
    deposit(espace, LotSpec(REFORME, 1, numero_flux=4, graine=4, fournisseur=PAPETERIES, prefixe="PA-NEW"))
    (flux,) = edi("run", "--json").json
    (facture,) = edi("facture", "list", "--code", "BR-02", "--json").json
    assert (flux["statut"], facture["statut"]) == ("REJETE", "NON_CONFORME")
    assert facture["findings"][0]["source"] == f"{JEU} 1.3.17"

    sha256 = hashlib.sha256(newer.read_bytes()).hexdigest()
    assert packs_of(edi, facture["numero"])[JEU] == {"id": JEU, "version": "1.3.17", "sha256": [sha256]}
    assert packs_of(edi, before[-1]["numero"])[JEU]["version"] == "1.3.16"


def test_the_page_of_a_comparison_names_who_changes_and_why(edi: Edi, espace: Espace, newer: Path) -> None:
    for spec in (OTHER, STRUCK):
        deposit(espace, spec)
    edi("run")
    edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")
    told = edi("rules", "compare", JEU)

    assert told.code == 0
    for word in (PAPETERIES.nom, KERVADEC.nom, "BR-02", "apparaît", "1 fournisseur sur 2"):
        assert word in told.out


def test_a_comparison_is_bounded_by_the_days_of_invoices(edi: Edi, espace: Espace, newer: Path) -> None:
    deposit(espace, STRUCK)  # dated 15 September 2025
    edi("run")
    edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")

    def judged(*bounds: str) -> int:
        told = edi("rules", "compare", JEU, *bounds, "--json").json
        return sum(bilan["jugees"] for bilan in told["fournisseurs"])

    days = ("2025-09-14", "2025-09-15", "2025-09-16")
    assert [judged("--depuis", day) for day in days] == [2, 2, 0]
    assert [judged("--jusqu-a", day) for day in days] == [0, 0, 2]


def test_an_invoice_that_the_registry_refused_stays_refused(edi: Edi, espace: Espace, newer: Path) -> None:
    deposit(espace, LotSpec(REFORME, 1, numero_flux=1, fautes=["mandat-absent"], prefixe="PA"))
    assert [flux["statut"] for flux in edi("run", "--json").json] == ["REJETE"]
    edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")
    (told,) = edi("rules", "compare", JEU, "--json").json["fournisseurs"]

    assert (told["jugees"], told["inchangees"], told["rejetee"]) == (1, 1, 0)
    assert [code["code"] for code in told["codes_apparus"]] == ["BR-02"]


def test_bytes_that_are_gone_are_told_and_the_others_are_compared(
    edi: Edi, espace: Espace, newer: Path
) -> None:
    for spec in (OTHER, STRUCK):
        deposit(espace, spec)
    gone = edi("run", "--json").json[1]["sha256"]
    espace.spool.blob(gone).unlink()
    edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")
    told = {b["nom"]: b for b in edi("rules", "compare", JEU, "--json").json["fournisseurs"]}

    assert (told[PAPETERIES.nom]["jugees"], told[PAPETERIES.nom]["non_jugee"]) == (0, 2)
    assert (told[KERVADEC.nom]["jugees"], told[KERVADEC.nom]["non_jugee"]) == (3, 0)


def test_an_activation_to_come_is_told_and_taken_back(edi: Edi, newer: Path) -> None:
    edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17", "--depuis", "2026-12-01")
    assert edi("rules", "activate", JEU, "1.3.17").code == 0  # on the day that was said

    assert "dès le 01/12/2026" in edi("rules", "packs").out
    assert "de nouveau candidate" in edi("rules", "retirer", JEU, "1.3.17").out
    assert states(edi) == {"1.3.16": "en vigueur", "1.3.17": "candidat"}
    assert "est retirée" in edi("rules", "retirer", JEU, "1.3.17").out
    assert states(edi) == {"1.3.16": "en vigueur"}


def test_check_and_run_in_a_workspace_use_its_versions(edi: Edi, espace: Espace, newer: Path) -> None:
    (espace.root / "facture.xml").write_bytes(make_facture(REFORME).replace(b">FA-", b">PA-"))
    edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")
    told = (
        edi("rules", "run", JEU, "facture.xml"),
        edi("rules", "run", JEU, "facture.xml", "--version", "1.3.17"),
    )
    judged = [edi("check", "facture.xml").code]
    edi("rules", "activate", JEU, "1.3.17", "--depuis", "2025-09-15")
    judged.append(edi("check", "facture.xml").code)

    assert [done.code for done in told] == [0, 1]
    assert judged == [0, 1]


def test_a_version_activated_while_serving_judges_the_next_flux(
    espace: Espace, edi: Edi, newer: Path
) -> None:
    from edi.app import App

    application = App(espace)
    edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")
    edi("rules", "activate", JEU, "1.3.17", "--depuis", "2025-09-15")
    deposit(espace, STRUCK)
    (flux,) = application.run_once()

    assert flux.rejetees == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("install", "no.xslt", "--jeu", JEU, "--version", "2"), "« no.xslt » : ce fichier ou ce dossier"),
        (("install", "{sheet}", "--jeu", "x", "--version", "2"), "le jeu de règles « x » est inconnu"),
        (("install", "{sheet}", "--jeu", JEU, "--version", "2"), "(mêmes octets)"),
        (
            ("install", "{sheet}", "--jeu", JEU, "--version", "2", "--avec", "{sheet}"),
            "deux fichiers se nomment",
        ),
        (
            ("install", "{sheet}", "--jeu", JEU, "--version", "2", "--depuis", "1/9/26"),
            "n'est pas un jour pour",
        ),
        (("activate", JEU, "9", "--depuis", "2026-12-01"), "n'a pas de version « 9 »"),
        (("retirer", JEU, "1.3.16"), "est livrée avec Navette"),
        (("compare", JEU), "n'a pas de version candidate"),
        (("compare", JEU, "--version", "9"), "n'a pas de version « 9 »"),
        (("compare", "x"), "le jeu de règles « x » est inconnu"),
        (("run", JEU, "--version", "9", "x.xml"), "n'a pas de version « 9 »"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(edi: Edi, arguments: tuple[str, ...], why: str) -> None:
    done = edi("rules", *(word.format(sheet=sheet_of(JEU)) for word in arguments))

    assert done.code == 2
    assert why in done.err
    assert done.err.count("\n") == 1


def test_a_sheet_that_does_not_compile_is_refused_and_not_recorded(edi: Edi, tmp_path: Path) -> None:
    path = write_newer(tmp_path / "recu", JEU, "BR-02", "no-such-function(.)")
    done = edi("rules", "install", path, "--jeu", JEU, "--version", "1.3.17")

    assert done.code == 2
    assert "la feuille ne se compile pas" in done.err
    assert states(edi) == {"1.3.16": "en vigueur"}


def test_a_damaged_file_of_versions_is_told_and_holds_what_is_deposited(edi: Edi, espace: Espace) -> None:
    (espace.root / "regles").mkdir()
    (espace.root / "regles" / "packs.toml").write_text("[[pack", encoding="utf-8")
    deposit(espace, OTHER)

    assert "packs.toml" in edi("rules", "packs").err
    assert [flux["statut"] for flux in edi("run", "--json").json] == ["EN_ATTENTE"]
    (espace.root / "regles" / "packs.toml").unlink()
    edi("flux", "relancer", "1", "--raison", "fichier réparé")
    assert [flux["statut"] for flux in edi("run", "--json").json] == ["INTEGRE"]


def test_versions_are_compared_in_worker_processes(espace: Espace, newer: Path) -> None:
    config = espace.root / "config" / "edi.toml"
    config.write_text(
        config.read_text("utf-8").replace('mode = "in_process"', "travailleurs = 2"), encoding="utf-8"
    )
    deposit(espace, STRUCK)
    for arguments in (("run",), ("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17")):
        assert run_edi(*arguments, cwd=espace.root).returncode == 0
    told = run_edi("rules", "compare", JEU, cwd=espace.root)

    assert told.returncode == 0
    assert "1 fournisseur sur 1 verrait un verdict changer" in told.stdout
