"""The places of the spool: what a file is called there, and which files belong nowhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from edi.spool.entrepot import Entrepot

QUEUES = ("incoming", "active", "hold", "corrupt", "quarantaine")
DEPOTS = ("in", "out", "test", "statut", "statut/test")  # the folders of a déposant
REMISES = ("in", "out")  # those of a destinataire
TEMOIN = ".temoin"  # in a ticket, the folder of a done file on its way out
BY = "~"  # before the process that writes a file aside
CHUNK = 1 << 20
# Where a file may lie: names, "*" for any one name, and at the end "**" for whatever is below.
_PLACES = (
    ("depots", "*", "in", "**"),  # the sender's own affair
    ("depots", "*", "test", "**"),
    ("depots", "*", "out", "*"),
    ("depots", "*", "statut", "*"),
    ("destinataires", "*", "in", "**"),
    ("destinataires", "*", "out", "*"),
    ("depots", "*", "statut", "test", "*"),
    ("queue", "*", "*", "*"),
    ("store", "*", "*"),
    ("essai", "*", "*"),
    ("versements", "*"),
    ("presence", "*"),
    ("journal", "*"),
    ("rapports", "*"),
    ("pull", "*", "*"),
    ("pull", "*", "*", "*"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One flux in a queue."""

    ticket: str  # "<nanoseconds>-<APPLI>": sorts in order of arrival
    nom: str
    path: Path

    @property
    def appli(self) -> str:
        return self.ticket.rpartition("-")[2]

    @property
    def queue(self) -> str:
        """The queue it lies in."""
        return self.path.parent.parent.name

    @property
    def is_ordinary(self) -> bool:
        """False for links, folders and devices, which are never opened."""
        return stat.S_ISREG(self.path.lstat().st_mode)


class Places:
    """The folders below ``root``.

    ``destinataires``: the SIRET of those that are connected, by code; ``entrepot``: where received bytes lie
    when it is not in ``store/``.
    """

    def __init__(
        self,
        root: Path,
        destinataires: Mapping[str, str] = MappingProxyType({}),
        entrepot: Entrepot | None = None,
    ) -> None:
        self.root = root
        self.entrepot = entrepot
        self._destinataires = destinataires
        self._store = root / "store"
        self._aside = root / "store" / "aside"
        self._presence = root / "presence"
        self._pull = root / "pull"
        self._essai = root / "essai"
        self._versements = root / "versements"
        self._journal = root / "journal"
        self._rapports = root / "rapports"

    def create(self, applis: list[str], sorties: Sequence[str] = ()) -> None:
        """Make the skeleton and the folders of every déposant; what exists stays.

        ``sorties``: partners that only fetch from an ``out``; '' is none.
        """
        for folder in self.folders(applis, sorties):
            folder.mkdir(parents=True, exist_ok=True)

    def folders(self, applis: Sequence[str], sorties: Sequence[str] = ()) -> Iterator[Path]:
        """Every folder that :meth:`create` makes."""
        yield from (self.root / "queue" / queue for queue in QUEUES)
        yield from (self._aside, self._presence, self._pull, self._essai, self._versements)
        yield from (self._journal, self._rapports)
        yield from (self.root / "depots" / appli / name for appli in applis for name in DEPOTS)
        yield from map(self.outbox, filter(None, sorties))
        yield from (self._home(appli) / name for appli in self._destinataires for name in REMISES)

    def inbox(self, appli: str, folder: str = "in") -> Path:
        """Where a déposant puts its flux_list, a destinataire its statuts; ``test``: what is only tried."""
        return self._home(appli) / folder

    def outbox(self, appli: str) -> Path:
        """The folder a déposant finds its return flows in, or a destinataire its invoices."""
        return self._home(appli) / "out"

    def outboxes(self) -> list[Path]:
        """Every folder that return flows are put into."""
        return sorted((*self.root.glob("depots/*/out"), *self.root.glob("destinataires/*/out")))

    def _home(self, appli: str) -> Path:
        siret = self._destinataires.get(appli)
        return self.root / "destinataires" / siret if siret else self.root / "depots" / appli

    def statut(self, appli: str) -> Path:
        """The folder a déposant reads in how each of its flux_list stands."""
        return self.root / "depots" / appli / "statut"

    def strangers(self) -> Iterator[Path]:
        """Every file that lies in none of the places named above, from the spool's folder."""
        for path in _files_in(self.root):
            where = path.relative_to(self.root)
            if not any(_is_shape(where.parts, shape) for shape in _PLACES):
                yield where


def _files_in(folder: Path) -> Iterator[Path]:
    """Whatever is no folder, by name; the names of one folder at a time lie in memory."""
    for nom in names_in(folder):
        path = folder / nom
        if path.is_dir() and not path.is_symlink():
            yield from _files_in(path)
        else:
            yield path


def _is_shape(parts: tuple[str, ...], shape: tuple[str, ...]) -> bool:
    if shape[-1] == "**":
        shape, parts = shape[:-1], parts[: len(shape) - 1]
    return len(parts) == len(shape) and all(s in ("*", p) for s, p in zip(shape, parts, strict=True))


def is_plain_name(nom: str) -> bool:
    """True when a name can only mean a file of its own folder."""
    return nom not in ("", ".", "..") and "/" not in nom and "\0" not in nom


def names_in(folder: Path) -> list[str]:
    """The names of a folder, in order; none when another process has moved it meanwhile."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
