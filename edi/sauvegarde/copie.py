"""Copying one file whole or not at all, and knowing what was copied."""

from __future__ import annotations

import hashlib
from pathlib import Path

from edi import acts
from edi.sauvegarde.manifeste import Fichier

_CHUNK = 1 << 20


class Different(Exception):
    """A file does not hold the bytes that it must."""


def copy(source: Path, target: Path, sha256: str = "") -> tuple[str, int]:
    """The sha256 and the size of what was copied.

    Raises FileNotFoundError when there is no source, Different when it is not what ``sha256`` names: the
    target is then left as it was.
    """
    digest, size = hashlib.sha256(), 0
    aside = target.with_name(f".{target.name}.part")
    with open(source, "rb") as reader:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(aside, "wb") as writer:
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                acts.write(writer, chunk)
                size += len(chunk)
            acts.sync(writer)
    if sha256 and digest.hexdigest() != sha256:
        acts.unlink(aside)
        raise Different(str(source))
    acts.rename(aside, target)
    acts.sync_folder(target.parent)
    return digest.hexdigest(), size


def copy_into(root: Path, chemin: str, source: Path) -> Fichier:
    """The same into a backup, as its manifest tells it."""
    return Fichier(chemin, *copy(source, root / chemin))


def digest_of(path: Path) -> str:
    """The sha256 of a file."""
    with open(path, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
