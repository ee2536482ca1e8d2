"""Writing a file for others to see."""

from __future__ import annotations

from pathlib import Path

from edi import acts


def write_aside(folder: Path, name: str, data: bytes) -> Path:
    """A watched folder never shows half a file. The folder is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    acts.write_whole(folder / name, data)
    return folder / name
