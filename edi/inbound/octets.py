"""What the bytes of a deposit folder say, read once for each stamp of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from io import BufferedReader
from typing import TypeVar

from edi.inbound.ending import lacks_end
from edi.inbound.manifeste import MOST, Empreinte, read_manifest
from edi.inbound.ready import Stamp
from edi.model import Limites
from edi.spool import Spool

T = TypeVar("T")


class Octets:
    """The bytes of one ``in`` (or ``test``), as :class:`edi.inbound.ready.Bytes` asks for them.

    A file that is not ordinary lacks nothing: it is taken, and refused for what it is. One that cannot be
    read, or that its sender takes back meanwhile, gives the answer that makes it wait for the next look.
    """

    def __init__(self, spool: Spool, appli: str, limites: Limites, folder: str = "in") -> None:
        self._spool, self._appli, self._limites, self._folder = spool, appli, limites, folder
        self._listing: Mapping[str, Stamp] = {}
        self._ends: dict[str, bool] = {}
        self._digests: dict[str, str] = {}
        self._manifests: dict[str, Mapping[str, Empreinte]] = {}

    def look_at(self, listing: Mapping[str, Stamp]) -> None:
        """Forget what was known of files that have changed or gone."""
        same = {nom for nom, stamp in listing.items() if self._listing.get(nom) == stamp}
        for answers in (self._ends, self._digests, self._manifests):
            for nom in answers.keys() - same:
                answers.pop(nom)
        self._listing = listing

    def lacks_end(self, nom: str) -> bool:
        """Does it stop before the end that its kind of file must have?"""
        return self._ask(self._ends, nom, lambda source: lacks_end(source, nom, self._limites), False, True)

    def digest(self, nom: str) -> str:
        """Its sha256 in hexadecimal; '' when it is no ordinary file."""
        return self._ask(
            self._digests, nom, lambda source: hashlib.file_digest(source, "sha256").hexdigest(), "", ""
        )

    def manifest(self, nom: str) -> Mapping[str, Empreinte]:
        """What it announces; nothing when it cannot be understood, or is too long to be a manifest."""

        def read(source: BufferedReader) -> Mapping[str, Empreinte]:
            data = source.read(MOST + 1)
            return read_manifest(nom, data) if len(data) <= MOST else {}

        return self._ask(self._manifests, nom, read, {}, {})

    def _ask(
        self, answers: dict[str, T], nom: str, read: Callable[[BufferedReader], T], strange: T, unreadable: T
    ) -> T:
        if nom not in answers:
            try:
                source = self._spool.open_deposit(self._appli, nom, self._folder)
                if source is None:
                    answers[nom] = strange
                else:
                    with source:
                        answers[nom] = read(source)
            except OSError:
                return unreadable
        return answers[nom]
