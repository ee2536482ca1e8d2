"""What ``edi depots`` finds and says, without a server; tests/e2e/test_sshd.py has the real one."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from workspace import make_espace, type_edi

from edi.depots import Acces, account_of, compare, keys_file, write_keys
from edi.model import Deposant
from edi.resources import locate
from edi.settings import SettingsRefused, build_settings

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA edi@exemple"
ME = getpass.getuser()


@pytest.mark.parametrize(
    "cle",
    [KEY.replace("edi@", "\nssh-rsa "), 'command="sh" ' + KEY, "ssh-ed25519", "restrict", ""],
    ids=["two lines", "options", "no key", "option alone", "empty"],
)
def test_only_a_bare_public_key_is_admitted(cle: str) -> None:
    with pytest.raises(SettingsRefused, match="cles"):
        build_settings({"deposant": [{"code": "AAA123", "cles": [cle]}]}, "edi.toml")


def test_a_keys_file_restricts_each_key() -> None:
    lines = keys_file(Deposant("AAA123", cles=(KEY, KEY))).splitlines()

    assert lines[1:] == [f"restrict {KEY}"] * 2
    assert lines[0].startswith("#")


def test_keys_are_written_once_and_again_when_they_change(tmp_path: Path) -> None:
    folder, before, after = tmp_path / "cles", Deposant("AAA123", cles=(KEY,)), Deposant("AAA123")

    assert [write_keys(folder, one) for one in (before, before, after)] == [True, False, True]
    assert [path.name for path in folder.iterdir()] == ["aaa123"]
    assert KEY not in (folder / "aaa123").read_text(encoding="utf-8")


def test_an_account_is_the_code_in_small_letters_unless_it_is_named() -> None:
    named = Deposant("AAA123", utilisateur="ouest")

    assert (account_of(Deposant("AAA123")), account_of(named)) == ("aaa123", "ouest")


@pytest.mark.parametrize("kind", ["absent", "link", "file"])
def test_what_is_no_folder_is_told_and_a_link_is_never_followed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "in"
    if kind == "link":
        path.symlink_to(tmp_path)
    elif kind == "file":
        path.touch()
    found = compare(Acces(path, "root", "root", 0o755))

    assert found is not None
    assert found.trouve == ("absent" if kind == "absent" else "autre chose")
    assert (found.acces is None) == (kind != "absent")


def test_a_dry_run_names_the_missing_accounts_and_how_to_make_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "espace")
    modes = {path: path.stat().st_mode for path in espace.spool.root.rglob("*")}
    told = type_edi(
        capsys,
        "-e",
        espace.root,
        "depots",
        "sync",
        "--a-blanc",
        "--proprietaire",
        ME,
        "--cles",
        tmp_path / "k",
    )

    assert told.code == 1
    assert "groupadd --system navette-depots" in told.out
    home = espace.spool.root.resolve() / "depots" / "AAA123"
    assert f"useradd --no-create-home --home-dir {home} --shell /usr/sbin/nologin" in told.out
    assert {path: path.stat().st_mode for path in espace.spool.root.rglob("*")} == modes
    assert not (tmp_path / "k").exists()


def test_an_unknown_owner_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    espace = make_espace(tmp_path / "espace")
    told = type_edi(capsys, "-e", espace.root, "depots", "sync", "--proprietaire", "personne-ici")

    assert (told.code, "personne-ici" in told.err) == (2, True)


def test_the_fragment_names_the_folder_of_keys_that_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = type_edi(capsys, "depots", "sshd").out
    other = type_edi(capsys, "depots", "sshd", "--cles", tmp_path).out

    assert plain == locate("config", "sshd_config.fragment").read_text(encoding="utf-8")
    assert f"AuthorizedKeysFile {tmp_path}/%u\n" in other
