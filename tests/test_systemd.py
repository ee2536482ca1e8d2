"""The units that are shipped are ones that systemd and our own command line understand."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nuits import make_nights
from workspace import type_edi

from edi.resources import locate

UNITS = sorted(locate("config", "systemd").iterdir())


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/navette/bin/edi", sys.executable)
        (tmp_path / unit.name.replace("@", "@nuit")).write_text(text.replace("User=navette", "User=root"))
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in done.stderr.splitlines() if "navette" in line]

    assert [unit.name for unit in UNITS] == [
        "navette-console.service",
        "navette-nuit@.service",
        "navette-nuit@.timer",
        "navette.service",
    ]
    assert (ours, done.returncode) == ([], 0)


def test_the_timer_starts_a_command_that_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    espace = make_nights(tmp_path / "e", "2026-11-20T12:00", 'nom = "nuit"')
    unit = locate("config", "systemd", "navette-nuit@.service").read_text("utf-8")
    (started,) = re.findall(r"^ExecStart=\S+/edi (.*)$", unit, re.MULTILINE)
    done = type_edi(capsys, "-e", espace.root, *started.replace("%i", "nuit").split())

    assert (done.code, done.err) == (0, "")
    assert "Rien n'est dû." in done.out
