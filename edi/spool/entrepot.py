"""The entrepôt: received bytes on another file system than the spool's, by fsspec; S3 above all.

Each object bears the sha256 of its bytes, below ``<adresse>/<aa>/``; ``oubli/`` holds those on their way
out. An object appears whole or not at all: S3 promises it of a PUT, elsewhere it is written aside and
renamed. An entrepôt must show at once what was put and what was removed, as S3 does.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from edi import acts

_OUBLI = "oubli"
_ASIDE = "aside"
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az"})  # where a put shows the whole object or none
_TRIAL = "essai-d-ecriture"


class EntrepotAway(OSError):
    """The entrepôt does not answer, or refuses us; what it holds is not lost."""


class EntrepotUnknown(ValueError):
    """No library here speaks the protocol of the address; the message names what to install."""


class Entrepot(Protocol):
    """Where every byte ever taken lies, under the name of its hash. Each act raises EntrepotAway."""

    adresse: str

    def put(self, source: Path, sha256: str) -> None:
        """Give it the bytes of a file; twice is like once."""

    def fetch(self, sha256: str, target: Path) -> None:
        """Write the bytes of that hash into a file. Raises FileNotFoundError when it has none."""

    def size(self, sha256: str) -> int | None:
        """How many bytes it has under that hash; None when it has none."""

    def set_apart(self, sha256: str) -> None:
        """Take bytes out of their place. Raises FileNotFoundError."""

    def apart(self) -> list[str]:
        """What was taken out of its place and is still there."""

    def put_back(self, sha256: str) -> None:
        """Undo :meth:`set_apart`. Raises FileNotFoundError."""

    def forget(self, sha256: str) -> None:
        """Let go of what was set apart, for ever; it may have gone already."""

    def try_writing(self) -> None:
        """Put a small object and remove it."""


class Fsspec:
    """An entrepôt on any file system that fsspec speaks to: ``s3://seau/dossier``."""

    def __init__(self, adresse: str, options: Mapping[str, Any]) -> None:
        self.adresse = adresse
        self._options = dict(options)
        self._opened: tuple[Any, PurePosixPath] | None = None

    def put(self, source: Path, sha256: str) -> None:
        with self._reached() as (fs, root):
            acts.point("put", sha256)
            target = root / sha256[:2] / sha256
            if _is_whole_at_once(fs):
                fs.put_file(str(source), str(target))
            else:
                aside = root / _ASIDE / f"{sha256}-{secrets.token_hex(4)}"
                for folder in (aside.parent, target.parent):
                    fs.makedirs(str(folder), exist_ok=True)
                fs.put_file(str(source), str(aside))
                fs.mv(str(aside), str(target))
            if (found := fs.info(str(target))["size"]) != (size := source.stat().st_size):
                raise EntrepotAway(f"{target} a {found} octets au lieu de {size}")

    def fetch(self, sha256: str, target: Path) -> None:
        with self._reached() as (fs, root):
            fs.get_file(str(root / sha256[:2] / sha256), str(target))

    def size(self, sha256: str) -> int | None:
        with self._reached() as (fs, root):
            try:
                return int(fs.info(str(root / sha256[:2] / sha256))["size"])
            except FileNotFoundError:
                return None

    def set_apart(self, sha256: str) -> None:
        self._move((sha256[:2], sha256), (_OUBLI, sha256))

    def apart(self) -> list[str]:
        with self._reached() as (fs, root):
            try:
                found = fs.ls(str(root / _OUBLI), detail=True)
            except FileNotFoundError:
                return []
            return sorted(PurePosixPath(one["name"]).name for one in found if one["type"] == "file")

    def put_back(self, sha256: str) -> None:
        self._move((_OUBLI, sha256), (sha256[:2], sha256))

    def forget(self, sha256: str) -> None:
        with self._reached() as (fs, root):
            acts.point("remove", sha256)
            try:
                fs.rm_file(str(root / _OUBLI / sha256))
            except FileNotFoundError:
                return

    def try_writing(self) -> None:
        with self._reached() as (fs, root):
            trial = str(root / _ASIDE / f"{_TRIAL}-{secrets.token_hex(4)}")
            fs.makedirs(str(root / _ASIDE), exist_ok=True)
            fs.pipe_file(trial, b"?")
            fs.rm_file(trial)

    def _move(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Copy, then remove: an interruption leaves the bytes in both places, never in none."""
        with self._reached() as (fs, root):
            if not fs.exists(str(root.joinpath(*source))):
                raise FileNotFoundError(source[-1])
            fs.makedirs(str(root / target[0]), exist_ok=True)
            acts.point("copy", source[-1])
            fs.cp_file(str(root.joinpath(*source)), str(root.joinpath(*target)))
            acts.point("remove", source[-1])
            fs.rm_file(str(root.joinpath(*source)))

    @contextmanager
    def _reached(self) -> Iterator[tuple[Any, PurePosixPath]]:
        """The file system and our folder in it; what it fails with, as EntrepotAway."""
        failures = _failures()
        try:
            if self._opened is None:
                self._opened = _open(self.adresse, self._options)
            yield self._opened
        except (FileNotFoundError, EntrepotAway):
            raise
        except failures as error:
            raise EntrepotAway(f"l'entrepôt {self.adresse} ne répond pas : {_tell(error)}") from error


def check_adresse(adresse: str) -> None:
    """Raises EntrepotUnknown when no library here speaks that protocol."""
    protocol = adresse.partition("://")[0]
    try:
        import fsspec

        fsspec.get_filesystem_class(protocol)
    except (ImportError, ValueError) as error:
        extra = "pip install 'navette-edi[s3]'" if protocol in ("s3", "s3a") else str(error)
        raise EntrepotUnknown(f"rien ici ne parle « {protocol} » : {extra}") from error


def _open(adresse: str, options: dict[str, Any]) -> tuple[Any, PurePosixPath]:
    import fsspec

    # What another process put or removed must be seen at once: neither listings nor instances are shared.
    fs, path = fsspec.core.url_to_fs(
        adresse, **{"use_listings_cache": False, "skip_instance_cache": True, **options}
    )
    return fs, PurePosixPath(path)


def _is_whole_at_once(fs: Any) -> bool:
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    return bool(protocols & _WHOLE)


def _failures() -> tuple[type[Exception], ...]:
    """What a file system of fsspec fails with: OSError, and what the libraries for S3 let through untold."""
    try:
        from aiohttp import ClientError as BrokenOff
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return (OSError,)
    return (OSError, BotoCoreError, ClientError, BrokenOff)


def _tell(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
