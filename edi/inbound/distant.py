"""Words of the taking of remote files: where to, what is wanted, what did not work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from edi.inbound.display import shorten_name
from edi.model import Dossier, ErrorClass, Releve, Serveur
from edi.sftp import ConnectionLost, RemoteEntry, RemoteFailed, join
from edi.spool import Spool


class Journal(Protocol):
    """What is remembered from one pass to the next."""

    def standing(self, serveur: str, dossier: str, noms: Collection[str]) -> Sequence[Releve]: ...
    def record(self, releves: Sequence[Releve]) -> None: ...
    def owed(self, serveur: str) -> Sequence[Releve]: ...
    def recorded(self, tickets: Collection[str]) -> Collection[str]: ...
    def settle(self, tickets: Collection[str], at: datetime) -> None: ...


class Ennui(NamedTuple):
    """One thing that did not work, and for whom."""

    serveur: str
    appli: str
    nom: str  # of the file, escaped; "" when it is the folder or the server
    error_class: ErrorClass
    message: str
    remede: str


class Wanted(NamedTuple):
    """A remote file that is still and was not taken before."""

    dossier: Dossier
    entry: RemoteEntry
    nom: str
    sha256: str = ""  # what its manifest says; "" when there is none

    @property
    def path(self) -> bytes:
        return join(self.dossier.entree, self.nom)

    @property
    def key(self) -> str:
        """The name of its part: never the remote name, and another one as soon as the file changes."""
        seen = f"{self.dossier.entree}\0{self.nom}\0{self.entry.size}\0{self.entry.mtime}"
        return hashlib.sha256(seen.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Place:
    """Where things are taken to, and what is needed to take them."""

    spool: Spool
    journal: Journal
    serveur: Serveur
    give_ticket: Callable[[str], str]
    now: Callable[[], datetime]
    halted: Callable[[], bool] = lambda: False  # true once we are asked to stop


class Halted(ConnectionLost):
    """We were asked to stop: what was fetched so far is kept to go on from."""


def told(serveur: Serveur, appli: str, nom: str, failure: RemoteFailed) -> Ennui:
    """A failure, for people."""
    return Ennui(serveur.nom, appli, nom, failure.error_class, str(failure), failure.remede)


def told_of(place: Place, wanted: Wanted, failure: RemoteFailed) -> Ennui:
    return told(place.serveur, wanted.dossier.appli, shorten_name(wanted.nom), failure)
