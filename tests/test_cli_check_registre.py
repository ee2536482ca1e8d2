"""``edi check`` with an annuaire, as a déposant, in a workspace; and that it writes nothing anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workspace import Typed, make_espace, run_edi, type_edi, write_annuaire

from edi.samples import LotSpec, make_lot
from edi.samples.world import INCONNU, SANS_MANDAT

NOM = "FSO1100A_AAA123_AAA1231100000000000000001"

Check = Callable[..., Typed]


def lot(**values: object) -> bytes:
    return make_lot(LotSpec(**values)).data  # type: ignore[arg-type]


def invoice(**values: object) -> bytes:
    return lot(archive="xml", **values)


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """``edi check`` in a folder that is no workspace, as the sample day."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDI_ESSAIS__HORLOGE", "2026-11-20T09:00:00+01:00")
    return lambda *arguments: type_edi(capsys, "check", *arguments)


def test_what_is_not_checked_is_said_to_be_skipped(check: Check) -> None:
    Path("a.xml").write_bytes(invoice())
    (told,) = check("a.xml", "--json").json
    shown = check("a.xml").out

    assert len(told["skipped"]) == 2
    assert all(f"Non contrôlé : {what}." in shown for what in told["skipped"])
    assert ["--annuaire" in told["skipped"][0], "--as" in told["skipped"][1]] == [True, True]


@pytest.mark.parametrize(
    ("faute", "code", "verdict", "findings"),
    [
        ((), 0, "accepted", []),
        (("destinataire-inconnu",), 1, "rejected", ["EDI-DEST-01"]),
        (("service-inconnu",), 1, "rejected", ["EDI-SERVICE-02"]),
    ],
)
def test_an_annuaire_in_csv_is_enough_to_judge_the_destinataire(
    check: Check, tmp_path: Path, faute: tuple[str, ...], code: int, verdict: str, findings: list[str]
) -> None:
    structures, services = write_annuaire(tmp_path)
    Path("a.xml").write_bytes(invoice(fautes=faute))
    done = check("a.xml", "--annuaire", structures, "--annuaire", services, "--json")
    (told,) = done.json
    (facture,) = told["factures"]

    assert (done.code, told["verdict"]) == (code, verdict)
    assert [f["code"] for f in facture["findings"]] == findings
    assert len(told["skipped"]) == 1
    assert (facture["destinataire"] == INCONNU) == (findings == ["EDI-DEST-01"])


@pytest.mark.parametrize(
    ("data", "reason"), [(None, "absent.csv"), (b"", "absent.csv"), (b"a;b\n1;2\n", "absent.csv")]
)
def test_an_annuaire_that_cannot_be_read_is_one_line(check: Check, data: bytes | None, reason: str) -> None:
    Path("a.xml").write_bytes(invoice())
    if data is not None:
        Path("absent.csv").write_bytes(data)
    done = check("a.xml", "--annuaire", "absent.csv", "--json")

    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert reason in done.err


# -- in a workspace ---------------------------------------------------------------------------------------


@pytest.fixture
def espace(tmp_path: Path, check: Check) -> Iterator[Path]:
    """A workspace to stand in; whatever is checked there, every file of it stays as it was."""
    root = tmp_path / "espace"
    make_espace(root).engine.dispose()
    before = photograph(root)
    yield root

    assert photograph(root) == before


def photograph(root: Path) -> dict[str, object]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns) if path.is_file() else ""
        for path in root.rglob("*")
    }


@pytest.mark.parametrize(
    ("values", "appli", "verdict", "findings"),
    [
        ({}, "AAA123", "accepted", []),
        ({"appli": "BBB456"}, "BBB456", "accepted", []),
        ({"appli": "BBB456", "fournisseur": SANS_MANDAT}, "BBB456", "rejected", ["EDI-MANDAT-01"]),
        ({"fautes": ("destinataire-ferme",)}, "AAA123", "rejected", ["EDI-DEST-02"]),
    ],
)
def test_as_a_deposant_the_mandat_is_judged_and_nothing_is_skipped(
    check: Check,
    espace: Path,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, object],
    appli: str,
    verdict: str,
    findings: list[str],
) -> None:
    monkeypatch.chdir(espace)
    nom = f"../FSO1100A_{appli}_{appli}1100000000000000001.xml"
    Path(nom).write_bytes(invoice(**values))
    done = check(nom, "--as", appli, "--json")
    (told,) = done.json
    (facture,) = told["factures"]

    assert (done.code, told["verdict"], told["skipped"]) == (int(bool(findings)), verdict, [])
    assert [f["code"] for f in facture["findings"]] == findings


def test_as_another_deposant_the_name_is_foreign(
    check: Check, espace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(espace)
    Path(f"../{NOM}.xml").write_bytes(invoice())
    done = check(f"../{NOM}.xml", "--as", "BBB456", "--json")

    assert done.code == 1
    assert [f["code"] for f in done.json[0]["findings"]] == ["EDI-ENV-04"]


@pytest.mark.parametrize(
    ("arguments", "needs"), [(("--as", "ZZZ999"), "AAA123, BBB456, CCC789"), (("--limite", "1"), "--limite")]
)
def test_an_unknown_deposant_or_option_is_one_line(
    check: Check, espace: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], needs: str
) -> None:
    monkeypatch.chdir(espace)
    done = check(f"../{NOM}.xml", *arguments)

    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert needs in done.err


def test_the_limits_of_the_workspace_we_stand_in_count(
    check: Check, espace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(espace)
    monkeypatch.setenv("EDI_LIMITES__FACTURES", "2")
    Path(f"../{NOM}.tar.gz").write_bytes(lot(nombre=3))

    assert [f["code"] for f in check(f"../{NOM}.tar.gz", "--json").json[0]["findings"]] == ["EDI-ENV-11"]


def test_a_workspace_whose_annuaire_was_never_imported_cannot_judge(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_espace(tmp_path / "neuf", annuaire=False)
    Path(f"{NOM}.xml").write_bytes(invoice())
    done = check(f"{NOM}.xml", "--json")
    monkeypatch.chdir(tmp_path / "neuf")
    as_deposant = check(f"../{NOM}.xml", "--as", "AAA123", "--json")

    assert (done.code, done.json[0]["verdict"]) == (0, "accepted")
    assert (as_deposant.code, as_deposant.json[0]["verdict"]) == (2, "undecided")


@pytest.mark.sqlite
def test_a_check_in_a_workspace_that_was_only_configured_makes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "espace"
    make_espace(root).engine.dispose()
    for left in ("edi.db", "spool"):
        shutil.rmtree(root / left) if (root / left).is_dir() else (root / left).unlink()
    (tmp_path / f"{NOM}.xml").write_bytes(invoice())
    before = photograph(tmp_path)
    plain = run_edi("check", f"../{NOM}.xml", cwd=root)
    as_deposant = run_edi("check", f"../{NOM}.xml", "--as", "AAA123", cwd=root)

    assert photograph(tmp_path) == before
    assert (plain.returncode, as_deposant.returncode) == (0, 2)
    assert "edi.db manque" in as_deposant.stderr


def test_a_check_as_its_own_process_leaves_every_file_as_it_was(espace: Path) -> None:
    (espace.parent / f"{NOM}.xml").write_bytes(invoice())
    done = run_edi("check", f"../{NOM}.xml", "--as", "AAA123", "--json", cwd=espace)

    assert (done.returncode, done.stderr) == (0, "")
