"""The built wheel stands alone: installed away from the checkout, it checks, and answers in a workspace."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from workspace import assert_valid_return_flow

from edi.samples import LotSpec, make_lot

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    # No PYTHONPATH, no EDI_*: nothing may lead back to the checkout.
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; the packages it needs are lent by the one we run in."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place.parent).returncode == 0
    lib = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    # A path that a .pth adds is searched last, and the .pth files in it (our editable install) are not read.
    (lib / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", place / "bin" / "python")
    done = run(*pip, "install", "--no-deps", "--no-index", "--no-cache-dir", wheel, cwd=place.parent)
    assert done.returncode == 0, done.stderr
    return place


def test_the_wheel_carries_every_schema_migration_and_the_example(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    beside = {*ROOT.glob("schemas/**/*.*"), *ROOT.glob("config/*.*"), *ROOT.glob("config/*/*")}
    within = {p for p in (ROOT / "edi").rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    expected = {f"edi/_data/{path.relative_to(ROOT)}" for path in beside}
    expected |= {str(path.relative_to(ROOT)) for path in within}

    assert {name for name in names if name.startswith("edi/")} == expected
    assert {name.split("/")[0] for name in names} - {"edi"} == {"navette_edi-0.1.0.dist-info"}


def test_the_package_that_runs_is_the_installed_one(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "bin" / "python", "-c", "import edi; print(edi.__file__)", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).is_relative_to(installed)


def test_the_installed_command_checks_lots_of_every_open_format(installed: Path, tmp_path: Path) -> None:
    specs = (
        LotSpec("ubl", 2, numero_flux=1),
        LotSpec("mixte", 2, numero_flux=2, archive="xml"),
        LotSpec("ubl", 2, numero_flux=3, fautes=("devise-inconnue",)),
    )
    lots = [make_lot(spec) for spec in specs]
    for lot in lots:
        (tmp_path / lot.nom).write_bytes(lot.data)
    done = run(installed / "bin" / "edi", "check", *(lot.nom for lot in lots), "--json", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (1, "")
    assert [told["verdict"] for told in json.loads(done.stdout)] == ["accepted", "accepted", "partial"]


def test_the_installed_command_makes_a_workspace_and_answers_there(installed: Path, tmp_path: Path) -> None:
    edi = installed / "bin" / "edi"
    made = run(edi, "init", "espace", cwd=tmp_path)
    inbox = tmp_path / "espace" / "spool" / "depots" / "AAA123" / "in"
    (inbox / LotSpec("ubl", 2).nom).write_bytes(b"ceci n'est pas une archive")
    ran = run(edi, "--espace", "espace", "run", "--json", cwd=tmp_path)
    (answer,) = (tmp_path / "espace" / "spool" / "depots" / "AAA123" / "out").iterdir()

    assert (made.returncode, made.stderr, ran.returncode, ran.stderr) == (0, "", 0, "")
    assert [flux["statut"] for flux in json.loads(ran.stdout)] == ["IRRECEVABLE"]
    assert_valid_return_flow(answer.read_bytes())
    example = (ROOT / "config" / "edi.example.toml").read_bytes()
    assert (tmp_path / "espace" / "config" / "edi.toml").read_bytes() == example
