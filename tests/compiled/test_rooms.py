"""The three rooms of the compiler, and who may import whom; read from the source itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOM = Path(__file__).resolve().parents[2] / "edi" / "validators" / "compiled"
NAME = "edi.validators.compiled."
MAY = {
    "reading": {"errors", "formulas"},
    "writing": {"errors", "formulas", "reading"},
    "running": {"errors", "formulas"},
}


@pytest.mark.parametrize("room", sorted(MAY))
def test_a_room_imports_its_own_and_what_it_builds_on(room: str) -> None:
    paths = sorted((ROOM / room).glob("*.py"))
    imported = {
        node.module.removeprefix(NAME).partition(".")[0]
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(NAME)
    }

    assert len(paths) > 4
    assert imported <= {room, *MAY[room]}
