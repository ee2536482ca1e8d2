"""The demonstration, run as a newcomer runs it: exactly the faulty invoices are rejected, and it says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from workspace import assert_valid_return_flow, run_edi, type_edi

from edi.cli.demo import STORIES
from edi.espace import open_espace
from edi.model import FactureStatut, FluxStatut
from edi.samples import FAULTS, LotSpec
from edi.store import factures
from edi.store import flux as flux_store


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demonstration and what it printed."""
    folder = tmp_path_factory.mktemp("newcomer")
    done = run_edi("demo", cwd=folder, COLUMNS="400")
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "demo", done.stdout


def faulty(spec: LotSpec) -> set[int]:
    """The positions, from 1, of the invoices that were made faulty."""
    if isinstance(spec.fautes, Mapping):
        return {position + 1 for position in spec.fautes}
    return set(range(spec.nombre - len(spec.fautes) + 1, spec.nombre + 1))


def expected_statut(spec: LotSpec) -> FluxStatut:
    if spec.tronque:
        return FluxStatut.IRRECEVABLE
    if len(faulty(spec)) == spec.nombre:
        return FluxStatut.REJETE
    return FluxStatut.INTEGRE_PARTIEL if faulty(spec) else FluxStatut.INTEGRE


def test_exactly_the_invoices_that_were_made_faulty_are_rejected(shown: tuple[Path, str]) -> None:
    espace = open_espace(shown[0])
    expected, actual = {}, {}
    for _, spec in STORIES:
        readable = not spec.tronque
        expected[spec.nom] = (expected_statut(spec), spec.nombre * readable, faulty(spec))
    with espace.engine.begin() as conn:
        _, found = flux_store.search(conn)
        for flux in found:
            invoices = factures.of_flux(conn, flux.id)
            rejected = {rank for rank, f in enumerate(invoices, 1) if f.statut is FactureStatut.NON_CONFORME}
            assert all(
                f.statut in (FactureStatut.NON_CONFORME, FactureStatut.MISE_A_DISPOSITION) for f in invoices
            )
            actual[flux.nom] = (flux.statut, len(invoices), rejected)
    espace.engine.dispose()  # its last connection takes files away: not while the folder is made anew

    assert actual == expected
    assert len(STORIES) >= 6


def test_every_fault_is_told_by_the_code_it_must_provoke(shown: tuple[Path, str]) -> None:
    espace = open_espace(shown[0])
    for _, spec in STORIES:
        wanted = spec.fautes.values() if isinstance(spec.fautes, Mapping) else spec.fautes
        with espace.engine.begin() as conn:
            _, (flux,) = flux_store.search(conn, text=spec.nom)
            told = {finding.code for facture, _, finding in factures.findings_of(conn, flux.id) if facture}

        # A fault is told once: by the official rule where there is one, else by ours.
        assert told == {FAULTS[faute].code_for(spec.format) for faute in wanted}
    espace.engine.dispose()


def test_every_return_flow_that_it_lists_exists_is_valid_and_there_is_no_other(
    shown: tuple[Path, str],
) -> None:
    root, printed = shown
    listed = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    lying = {str(path.relative_to(root.parent)) for path in root.glob("spool/depots/*/out/*")}

    assert sorted(listed) == sorted(lying)
    assert len(listed) >= len(STORIES)
    for path in listed:
        assert_valid_return_flow((root.parent / path).read_bytes())


def test_its_table_has_one_row_for_each_story(shown: tuple[Path, str]) -> None:
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown[1].splitlines() if "│" in line]
    told = {row[1]: (row[2], row[3], row[4]) for row in rows if row[1]}
    expected = {
        spec.id_flux: (
            str(spec.nombre * (not spec.tronque)),
            str((spec.nombre - len(spec.fautes)) * (not spec.tronque)),
            str(len(spec.fautes)),
        )
        for _, spec in STORIES
    }

    assert told == expected


def test_a_second_demonstration_remakes_its_folder(
    shown: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    root, _ = shown
    before = {path.relative_to(root) for path in root.glob("spool/depots/*/out/*")}
    (root / "intrus").touch()
    again = type_edi(capsys, "demo", root)

    assert again.code == 0
    assert not (root / "intrus").exists()
    assert {path.relative_to(root) for path in root.glob("spool/depots/*/out/*")} == before


def test_a_folder_that_is_no_demonstration_is_never_emptied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "precieux.txt").write_text("à garder")
    done = type_edi(capsys, "demo", tmp_path)

    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "n'est pas une démonstration" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["precieux.txt"]


def test_an_empty_folder_may_become_a_demonstration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vide").mkdir()

    assert type_edi(capsys, "demo", tmp_path / "vide").code == 0
