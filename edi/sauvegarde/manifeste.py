"""What one backup is made of, with the sha256 of everything; written last."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from edi import acts

MANIFESTE, STOCK, STOCK_LISTE = "manifeste.json", "stock", "stock.sha256"
FORMAT = 1
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")


class NotABackup(Exception):
    """Why a folder holds no backup that can be used, in French."""


class Fichier(NamedTuple):
    """A file of a backup, by its path from there."""

    chemin: str
    sha256: str
    taille: int  # bytes


@dataclass(frozen=True, slots=True)
class Manifeste:
    """One backup."""

    fait_le: datetime
    navette: str  # version
    python: str
    revision: str  # the last migration of the database
    base: str  # path of the copy of the database
    dialecte: str
    fichiers: tuple[Fichier, ...]  # all but the stock
    blobs: int
    octets: int  # of the stock
    secrets: tuple[str, ...]  # files that the configuration names and that were left out
    absents: tuple[str, ...]  # received bytes that the source itself had lost or spoilt


def stamp(at: datetime) -> str:
    """The name of the folder of a backup; ``at`` in UTC."""
    return f"{at:%Y-%m-%dT%H%M%SZ}"


def snapshots(folder: Path) -> list[Path]:
    """The backups of a folder, whole or cut short, the oldest first."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and _STAMP.fullmatch(path.name))


def is_whole(snapshot: Path) -> bool:
    """Was its manifest written?"""
    return (snapshot / MANIFESTE).is_file()


def find(source: Path) -> Path:
    """A backup by its folder, or the last whole one of a folder of backups. Raises NotABackup."""
    if not source.is_dir():
        raise NotABackup(f"« {source} » n'est pas un dossier")
    if is_whole(source):
        return source
    if _STAMP.fullmatch(source.name):
        raise NotABackup(f"« {source} » a été interrompue avant sa fin : elle ne vaut rien")
    whole = [snapshot for snapshot in snapshots(source) if is_whole(snapshot)]
    if not whole:
        raise NotABackup(f"« {source} » ne contient aucune sauvegarde entière")
    return whole[-1]


def write(snapshot: Path, manifeste: Manifeste) -> None:
    """The last act of a backup."""
    told = {"format": FORMAT, **asdict(manifeste), "fait_le": manifeste.fait_le.isoformat()}
    told["fichiers"] = [one._asdict() for one in manifeste.fichiers]
    acts.write_whole(snapshot / MANIFESTE, json.dumps(told, indent=1).encode("ascii"))


def read(snapshot: Path) -> Manifeste:
    """Raises NotABackup."""
    try:
        told = json.loads((snapshot / MANIFESTE).read_bytes())
        if told.pop("format") != FORMAT:
            raise NotABackup(f"« {snapshot} » vient d'une autre version de Navette")
        told["fait_le"] = datetime.fromisoformat(told["fait_le"])
        told["fichiers"] = tuple(Fichier(**one) for one in told["fichiers"])
        return Manifeste(**{**told, "secrets": tuple(told["secrets"]), "absents": tuple(told["absents"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotABackup(f"le manifeste de « {snapshot} » est illisible") from error


def read_stock(snapshot: Path) -> list[str]:
    """The received bytes that a backup counts on, by sha256."""
    lines = (snapshot / STOCK_LISTE).read_text(encoding="ascii").splitlines()
    return [line[:64] for line in lines]


def write_stock(shas: list[str]) -> bytes:
    """The same list as ``sha256sum --check`` reads it from within the folder of backups."""
    return "".join(f"{sha256}  {STOCK}/{sha256[:2]}/{sha256}\n" for sha256 in shas).encode("ascii")
