"""Where the files that travel with the package lie: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def locate(*parts: str) -> Path:
    """The path of a shipped file, for instance ``locate("schemas", "scenarios.toml")``.

    Raises FileNotFoundError when the installation is incomplete.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"{'/'.join(parts)} does not come with this installation of edi")
