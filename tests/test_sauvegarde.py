"""What an operator types to copy a workspace, to prove the copy, and to make a workspace of it again."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from workspace import Typed, answers, deposit, later, make_espace, type_edi

from edi.app import App
from edi.espace import CONFIG, Espace, open_espace
from edi.retention.service import Retention
from edi.samples import LotSpec
from edi.sauvegarde import manifeste
from edi.store.tables import flux

Edi = Callable[..., Typed]
_OVER = 24 * 366 * 11


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    espace = make_espace(tmp_path / "espace", observations=1)
    deposit(espace, LotSpec("ubl", 2, numero_flux=1))
    deposit(espace, LotSpec("ubl", 2, numero_flux=2, graine=2, fautes=("ttc-faux",)))
    App(espace).run_once()
    return espace


@pytest.fixture
def edi(espace: Espace, capsys: pytest.CaptureFixture[str]) -> Edi:
    return lambda *arguments: type_edi(capsys, "-e", espace.root, *arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sauvegardes"


@pytest.mark.sqlite
def test_a_copy_is_made_proved_and_made_a_workspace_again(
    espace: Espace, edi: Edi, folder: Path, tmp_path: Path
) -> None:
    made, proved = edi("sauvegarde", folder), edi("sauvegarde", folder, "--verifie")
    restored = edi("restaure", folder, tmp_path / "autre")
    again = open_espace(tmp_path / "autre")

    assert (made.code, proved.code, restored.code) == (0, 0, 0)
    assert "2 originaux" in made.out
    assert proved.out.endswith("Relue en entier : rien n'y manque.\n")
    assert "Audit : tout concorde." in restored.out
    assert "demandez aux déposants de le redéposer" in restored.out
    assert answers(again) == answers(espace)


@pytest.mark.sqlite
def test_the_list_of_the_stock_is_checked_by_the_usual_tool(edi: Edi, folder: Path) -> None:
    edi("sauvegarde", folder)
    (snapshot,) = manifeste.snapshots(folder)
    command = ["sha256sum", "--check", "--quiet", str(snapshot / "stock.sha256")]

    assert subprocess.run(command, cwd=folder, check=False).returncode == 0


@pytest.mark.sqlite
def test_what_is_in_the_stock_already_is_not_copied_again(espace: Espace, edi: Edi, folder: Path) -> None:
    first = edi("sauvegarde", folder, "--json").json
    before = {path.name: path.stat().st_ino for path in (folder / "stock").glob("*/*")}
    deposit(espace, LotSpec("ubl", 1, numero_flux=3, graine=3))
    App(espace).run_once()
    _next_second()
    second = edi("sauvegarde", folder, "--json").json
    after = {path.name: path.stat().st_ino for path in (folder / "stock").glob("*/*")}

    assert (first["originaux"], second["originaux"]) == (2, 3)
    assert before.items() < after.items()
    assert len(manifeste.snapshots(folder)) == 2


def _next_second() -> None:
    """Copies are named by their second."""
    time.sleep(1.01)


@pytest.mark.sqlite
def test_the_last_whole_copy_is_the_one_that_is_restored(
    espace: Espace, edi: Edi, folder: Path, tmp_path: Path
) -> None:
    edi("sauvegarde", folder)
    (whole,) = manifeste.snapshots(folder)
    shutil.copytree(whole, folder / "2999-01-01T000000Z")
    (folder / "2999-01-01T000000Z" / "manifeste.json").unlink()
    proved = edi("sauvegarde", folder, "--verifie")
    cut = edi("restaure", folder / "2999-01-01T000000Z", tmp_path / "a")
    restored = edi("restaure", folder, tmp_path / "b")

    assert (proved.code, cut.code, restored.code) == (0, 2, 0)
    assert "2999-01-01T000000Z : interrompue, ne vaut rien" in proved.out
    assert "interrompue avant sa fin" in cut.err
    assert not (tmp_path / "a").exists()


SPOILT: dict[str, Callable[[Path], object]] = {
    "a blob that changed": lambda f: next(f.glob("stock/*/*")).write_bytes(b"x"),
    "a blob that is gone": lambda f: next(f.glob("stock/*/*")).unlink(),
    "the database": lambda f: next(f.glob("*Z/base.db")).write_bytes(b"x"),
    "an answer": lambda f: next(f.glob("*Z/spool/depots/*/out/*")).unlink(),
    "the list of the stock": lambda f: next(f.glob("*Z/stock.sha256")).write_bytes(b""),
    "the configuration": lambda f: next(f.glob("*Z/config/edi.toml")).write_bytes(b"\n"),
}


@pytest.mark.parametrize("what", SPOILT)
@pytest.mark.sqlite
def test_a_spoilt_copy_is_found_and_never_becomes_a_workspace(
    what: str, edi: Edi, folder: Path, tmp_path: Path
) -> None:
    edi("sauvegarde", folder)
    SPOILT[what](folder)
    proved, restored = edi("sauvegarde", folder, "--verifie"), edi("restaure", folder, tmp_path / "a")

    assert (proved.code, restored.code) == (1, 2)
    assert not (tmp_path / "a" / CONFIG).exists()


@pytest.mark.sqlite
def test_a_restoration_overwrites_nothing(edi: Edi, folder: Path, tmp_path: Path) -> None:
    edi("sauvegarde", folder)
    (tmp_path / "plein").mkdir()
    (tmp_path / "plein" / "notes.txt").write_text("à moi", "utf-8")
    refused = edi("restaure", folder, tmp_path / "plein")

    assert (refused.code, "n'est pas vide" in refused.err) == (2, True)
    assert [path.name for path in (tmp_path / "plein").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("where", ["inside", "occupied"])
def test_a_copy_goes_only_where_it_is_safe(where: str, espace: Espace, edi: Edi, tmp_path: Path) -> None:
    target = espace.root / "copies" if where == "inside" else tmp_path / "plein"
    if where == "occupied":
        target.mkdir()
        (target / "notes.txt").write_text("à moi", "utf-8")
    refused = edi("sauvegarde", target)

    assert (refused.code, refused.out) == (2, "")


@pytest.mark.sqlite
def test_a_source_that_lost_bytes_says_so_and_keeps_the_rest(espace: Espace, edi: Edi, folder: Path) -> None:
    with espace.engine.begin() as conn:
        sha256 = conn.execute(select(flux.c.sha256).order_by(flux.c.id)).scalars().first()
    espace.spool.blob(str(sha256)).write_bytes(b"x")
    made = edi("sauvegarde", folder, "--json")

    assert (made.code, made.json["absents"], made.json["originaux"]) == (1, [sha256], 1)
    assert not list(folder.glob(f"stock/*/{sha256}"))


@pytest.mark.sqlite
def test_no_secret_leaves_unless_it_is_asked_for(espace: Espace, edi: Edi, folder: Path) -> None:
    (espace.root / "config" / "releve.pem").write_text("-----CLE PRIVEE-----", "ascii")
    (espace.root / "config" / "autre.txt").write_text("libre", "ascii")
    config = espace.root / CONFIG
    text = config.read_text("utf-8") + '\n[releve]\ncle = "config/releve.pem"\n'
    config.write_text(text + "# postgresql://navette:motdepasse@hote/edi\n", "utf-8")
    made = edi("sauvegarde", folder, "--json").json
    (first,) = manifeste.snapshots(folder)
    _next_second()
    edi("sauvegarde", folder, "--avec-secrets")
    second = manifeste.snapshots(folder)[-1]
    copied = (first / CONFIG).read_text("utf-8")

    assert made["secrets"] == ["config/releve.pem"]
    assert sorted(path.name for path in (first / "config").iterdir()) == ["autre.txt", "edi.toml"]
    assert "motdepasse" not in copied
    assert "postgresql://navette:***@hote/edi" in copied
    assert (second / "config" / "releve.pem").is_file()


@pytest.mark.sqlite
def test_nothing_is_forgotten_while_a_copy_is_made(espace: Espace, edi: Edi, folder: Path) -> None:
    late = later(espace, _OVER)
    auto = late.settings.retention.model_copy(update={"automatique": True})
    night = Espace(late.root, late.settings.model_copy(update={"retention": auto}), late.engine, late.spool)
    with espace.spool.alone_at_keeping():
        Retention(night).at_night()
        kept = len(list(espace.spool.root.glob("store/*/*")))
        busy = edi("sauvegarde", folder)

    assert (kept, busy.code) == (2, 2)
    assert "recommencez après" in busy.err


@pytest.mark.sqlite
def test_what_was_forgotten_is_forgotten_in_the_copy_too(
    espace: Espace, edi: Edi, folder: Path, tmp_path: Path
) -> None:
    Retention(later(espace, _OVER)).apply()
    made = edi("sauvegarde", folder, "--json").json
    restored = edi("restaure", folder, tmp_path / "autre")

    assert (made["originaux"], restored.code) == (0, 0)
    assert re.search("Audit : tout concorde", restored.out)
