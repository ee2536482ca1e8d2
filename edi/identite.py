"""Which installation this is: read from its own files, once a process."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from edi import __version__
from edi.model.identite import Identite
from edi.resources import locate
from edi.validators.compiled.engine import COMPILER
from edi.validators.schematron.packs import PACKS, PackUnavailable, Sheet, locate_sheet

_PACKAGE = Path(__file__).resolve().parent
# Packages that a verdict passes through.
_SOCLE = (
    "lxml",
    "saxonche",
    "factur-x",
    "pyfrctc",
    "pikepdf",
    "pyhanko",
    "signxml",
    "xmlschema",
    "python-stdnum",
    "iso4217",
)


@cache
def read_identite() -> Identite:
    """The installation of this process."""
    sheets = sorted({part.sheet for one in PACKS.values() for pack in one for part in pack.parts}, key=_name)
    python = ".".join(platform.python_version_tuple()[:2])
    return Identite(
        __version__,
        _digest(_read_own()),
        COMPILER,
        _digest((sheet.name.encode(), _read_sum(sheet)) for sheet in sheets),
        ", ".join([f"python {python}", *(f"{name} {version(name)}" for name in _SOCLE)]),
    )


def _name(sheet: Sheet) -> tuple[str, str]:
    return sheet.name, sheet.sha256


def _read_own() -> Iterator[tuple[bytes, bytes]]:
    """The files of the package and what it ships, by their names, wherever they are installed."""
    schemas = locate("schemas")
    for root, pattern in ((_PACKAGE, "*.py"), (schemas, "*")):
        for path in sorted(root.rglob(pattern)):
            if path.is_file() and "_data" not in path.relative_to(root).parts:
                yield path.relative_to(root).as_posix().encode(), path.read_bytes()


def _read_sum(sheet: Sheet) -> bytes:
    """The sum of a sheet that is there and unaltered; what cannot be used is told as absent."""
    try:
        locate_sheet(sheet)
    except PackUnavailable:
        return b"absente"
    return sheet.sha256.encode()


def _digest(files: Iterator[tuple[bytes, bytes]]) -> str:
    total = hashlib.sha256()
    for name, data in files:
        total.update(name + b"\0" + hashlib.sha256(data).digest())
    return total.hexdigest()
