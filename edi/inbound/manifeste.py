"""A manifest: what a sender says of the files it puts beside it.

One line a file: ``sha256  name`` as sha256sum writes it, or ``sha256  size  name``, size in bytes. Lines that
begin with ``#`` and empty ones do not count. In ``NOM.sha256`` the hash may stand alone: it is that of NOM.
The names are data: they are compared with the names of the folder and never become a path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

SUFFIXES = (".sha256", ".manifeste")
MOST = 4 * 1024**2  # bytes of a manifest that are read: some thirty thousand lines
_LINE = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+(?:(\d{1,18})[ \t]+)?\*?(\S.*))?")


class Empreinte(NamedTuple):
    """What a file must be."""

    sha256: str  # in small letters
    taille: int | None = None  # bytes; None when the manifest does not say


def is_manifest(nom: str) -> bool:
    """True when the name is that of a manifest, which is never judged as a flux."""
    return nom.lower().endswith(SUFFIXES)


def read_manifest(nom: str, data: bytes) -> Mapping[str, Empreinte]:
    """The files that a manifest announces; empty when one of its lines cannot be understood.

    A manifest that says two different things of one file announces nothing.
    """
    found: dict[str, Empreinte] = {}
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        read = _LINE.fullmatch(line.strip())
        if read is None:
            return {}
        digest, taille, name = read.groups()
        empreinte = Empreinte(digest.lower(), None if taille is None else int(taille))
        if found.setdefault(name or nom.rpartition(".")[0], empreinte) != empreinte:
            return {}
    return found
