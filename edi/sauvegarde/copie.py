"""Copying one file whole or not at all, and knowing what was copied."""

from __future__ import annotations

import hashlib
from pathlib import Path

from edi import acts
from edi.sauvegarde.manifeste import Fichier


class Different(Exception):
    """A file does not hold the bytes that it must."""


def copy(source: Path, target: Path, sha256: str = "") -> tuple[str, int]:
    """The sha256 and the size of what was copied.

    Raises FileNotFoundError when there is no source, Different when it is not what ``sha256`` names: the
    target is then left as it was.
    """
    aside = target.with_name(f".{target.name}.part")
    with open(source, "rb") as reader:
        target.parent.mkdir(parents=True, exist_ok=True)
        found, size = acts.write_from(reader, aside)
    if sha256 and found != sha256:
        acts.unlink(aside)
        raise Different(str(source))
    acts.rename(aside, target)
    acts.sync_folder(target.parent)
    return found, size


def copy_into(root: Path, chemin: str, source: Path) -> Fichier:
    """The same into a backup, as its manifest tells it."""
    return Fichier(chemin, *copy(source, root / chemin))


def digest_of(path: Path) -> str:
    """The sha256 of a file."""
    with open(path, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
