"""A pass as it is seen while it works: bars on a terminal, nothing elsewhere but the figures."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.cli.progres import Suivi, make_bars
from edi.espace import Espace
from edi.samples import LotSpec

MIXED = LotSpec("ubl", 4, numero_flux=2, graine=2, fautes={1: "service-inconnu", 3: "ttc-faux"})
CLEAN = LotSpec("ubl", 3, appli="BBB456", numero_flux=1)


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e")
    deposit(made, MIXED)
    deposit(made, CLEAN)
    return made


def run_on_a_terminal(root: Path) -> tuple[int, str]:
    """The real command in a terminal of its own; its exit code and all that it showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "140", "LINES": "40"}
        os.execv(sys.executable, [sys.executable, "-m", "edi", "-e", str(root), "run"])
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_a_terminal_shows_each_step_and_what_was_accepted_so_far(espace: Espace) -> None:
    code, shown = run_on_a_terminal(espace.root)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)

    assert code == 0
    for step in ("✓ collecte", "✓ traitement", "✓ émission"):
        assert step in plain
    assert "5 acceptées, 2 rejetées" in plain
    assert "7 factures reçues = 5 acceptées + 2 rejetées + 0 en attente." in plain


def test_the_invoice_under_way_stands_beside_its_bar(espace: Espace) -> None:
    with make_bars() as bars:
        suivi = Suivi(bars, lambda: 0)
        App(espace, listen=suivi.at_work, staged=suivi.begin).run_once()
        told = [task.fields["told"] for task in bars.tasks if task.description == "traitement"]

    assert re.search(r"(AAA123|BBB456) \S+ : facture \d", told[0])


def test_elsewhere_the_figures_come_last_and_nothing_else_is_said(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "-e", espace.root, "run")

    assert done.err == ""
    assert "\x1b" not in done.out
    assert "MENUISERIE KERVADEC (AAA123)" in done.out
    assert "EDI-SERVICE-02" in done.out
    assert done.out.splitlines()[-1] == "7 factures reçues = 5 acceptées + 2 rejetées + 0 en attente."


def test_programs_are_shown_nothing_of_it(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    done = type_edi(capsys, "-e", espace.root, "run", "--json")

    assert done.err == ""
    assert len(done.json) == 2
