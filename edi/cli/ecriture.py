"""Writing a file for others to see: under a hidden name first, then renamed."""

from __future__ import annotations

import os
from pathlib import Path


def write_aside(folder: Path, name: str, data: bytes) -> Path:
    """A watched folder never shows half a file. The folder is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    path, aside = folder / name, folder / f".{name}.part"
    with aside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    aside.rename(path)
    return path
