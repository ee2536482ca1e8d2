"""Is a file of a deposit folder complete? Five contracts, from the strongest to the weakest.

``renommage``   the sender writes under a temporary name and renames: what bears a final name is whole.
``temoin``      the sender puts a done file (``NOM.ok``) beside NOM once NOM is whole.
``manifeste``   a manifest gives the sha256 of NOM, and its size perhaps: NOM is whole when they agree.
``archive``     NOM no longer changes, and bears the end that its kind of file must have.
``immobilite``  NOM no longer changes; an archive must bear its end too.

Pure: whoever lists the folder also spaces the observations and reads the bytes. Stillness is counted by our
own clock; an mtime is only ever compared with itself, so a copy that keeps old dates is not taken too early.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from edi.inbound.ending import is_archive
from edi.inbound.manifeste import Empreinte, is_manifest
from edi.model import Attente, Deposant

IGNORED_SUFFIXES = (".part", ".filepart", ".tmp", ".writing")
_TWICE = 2  # identical observations before the bytes of a file are worth reading


def is_candidate(nom: str) -> bool:
    """False for the names that transfer tools use while they write: dot files and temporary suffixes."""
    return bool(nom) and not nom.startswith(".") and not nom.lower().endswith(IGNORED_SUFFIXES)


class Stamp(NamedTuple):
    """What would change if anybody still wrote to the file."""

    inode: int
    size: int  # bytes
    mtime_ns: int


class _Seen(NamedTuple):
    stamp: Stamp
    times: int  # consecutive observations with this very stamp
    at: float  # when the last of them was made


class Tracker:
    """Remembers one folder's stamps from one observation to the next.

    Two looks at a file that are less than ``step`` seconds apart, by the clock of the caller, count as one.
    """

    def __init__(self, step: float = 0.0) -> None:
        self._step = step
        self._seen: dict[str, _Seen] = {}

    def observe(self, listing: Mapping[str, Stamp], at: float = 0.0) -> None:
        """Look once more; a name that vanished is forgotten and starts again."""
        self._seen = {nom: self._look(nom, stamp, at) for nom, stamp in listing.items()}

    def times(self, nom: str) -> int:
        """Over how many consecutive observations a file has been the same; 0 when it is not there."""
        seen = self._seen.get(nom)
        return 0 if seen is None else seen.times

    def _look(self, nom: str, stamp: Stamp, at: float) -> _Seen:
        before = self._seen.get(nom)
        if before is None or before.stamp != stamp:
            return _Seen(stamp, 1, at)
        return before if at - before.at < self._step else _Seen(stamp, before.times + 1, at)


class Bytes(Protocol):
    """What can be asked of the bytes of a folder."""

    def lacks_end(self, nom: str) -> bool:
        """Does it stop before the end that its kind of file must have?"""

    def digest(self, nom: str) -> str:
        """Its sha256 in hexadecimal; '' when it is no ordinary file."""

    def manifest(self, nom: str) -> Mapping[str, Empreinte]:
        """What it announces; nothing when it cannot be understood."""


@dataclass(frozen=True)
class Look:
    """One folder at one instant."""

    listing: Mapping[str, Stamp]
    times: Callable[[str], int]
    octets: Bytes
    observations: int  # identical ones before a file counts as still

    def moves(self, nom: str, observations: int) -> bool:
        return self.times(nom) < observations


class Etat(NamedTuple):
    """What one file waits for; None: it is complete. ``temoin`` is to be consumed with it."""

    attend: Attente | None = None
    temoin: str = ""


def judge_folder(deposant: Deposant, look: Look) -> dict[str, Etat]:
    """What each file of a folder waits for, by the contract of its déposant."""
    candidates = [nom for nom in sorted(look.listing) if is_candidate(nom)]
    found = {nom: Etat(Attente.PROVISOIRE) for nom in look.listing if not is_candidate(nom)}
    found.update(_CONTRACTS[deposant.readiness](candidates, deposant, look))
    return found


def _by_name(noms: Sequence[str], deposant: Deposant, look: Look) -> Iterator[tuple[str, Etat]]:
    yield from ((nom, Etat()) for nom in noms)


def _by_stillness(noms: Sequence[str], deposant: Deposant, look: Look) -> Iterator[tuple[str, Etat]]:
    for nom in noms:
        if look.moves(nom, look.observations):
            yield nom, Etat(Attente.MOUVEMENT)
        else:  # a sender whose transfer stopped half-way may resume it
            yield nom, Etat(Attente.ARCHIVE if is_archive(nom) and look.octets.lacks_end(nom) else None)


def _by_ending(noms: Sequence[str], deposant: Deposant, look: Look) -> Iterator[tuple[str, Etat]]:
    for nom in noms:
        if look.moves(nom, _TWICE):
            yield nom, Etat(Attente.MOUVEMENT)
        elif look.octets.lacks_end(nom):
            yield nom, Etat(Attente.ARCHIVE if is_archive(nom) else Attente.DOCUMENT)
        else:
            yield nom, Etat()


def _by_done_file(noms: Sequence[str], deposant: Deposant, look: Look) -> Iterator[tuple[str, Etat]]:
    present = set(noms)
    for nom in noms:
        if nom.endswith(deposant.temoins):
            if not any(nom.removesuffix(suffix) in present - {nom} for suffix in deposant.temoins):
                yield nom, Etat(Attente.FICHIER)
            continue
        temoin = next((nom + suffix for suffix in deposant.temoins if nom + suffix in present), "")
        if temoin:
            yield nom, Etat(None, temoin)
        else:
            yield nom, Etat(Attente.MOUVEMENT if look.moves(nom, _TWICE) else Attente.TEMOIN)


def _by_manifest(noms: Sequence[str], deposant: Deposant, look: Look) -> Iterator[tuple[str, Etat]]:
    announced: dict[str, Empreinte] = {}
    for nom in filter(is_manifest, noms):
        if look.moves(nom, _TWICE):
            yield nom, Etat(Attente.MOUVEMENT)
            continue
        listed = look.octets.manifest(nom)
        for name, empreinte in listed.items():
            announced.setdefault(name, empreinte)
        if not listed:
            yield nom, Etat(Attente.ILLISIBLE)
        else:
            yield nom, Etat(Attente.SUITE if listed.keys() <= look.listing.keys() else Attente.FICHIER)
    for nom in noms:
        if is_manifest(nom):
            continue
        if look.moves(nom, _TWICE):
            yield nom, Etat(Attente.MOUVEMENT)
        elif nom not in announced:
            yield nom, Etat(Attente.MANIFESTE)
        else:
            yield nom, Etat(None if _agrees(nom, announced[nom], look) else Attente.EMPREINTE)


def _agrees(nom: str, empreinte: Empreinte, look: Look) -> bool:
    """The size first: it costs nothing."""
    if empreinte.taille not in (None, look.listing[nom].size):
        return False
    return look.octets.digest(nom) == empreinte.sha256


_CONTRACTS = {
    "renommage": _by_name,
    "temoin": _by_done_file,
    "manifeste": _by_manifest,
    "archive": _by_ending,
    "immobilite": _by_stillness,
}
READINESS = tuple(_CONTRACTS)
