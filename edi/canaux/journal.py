"""What is remembered of remote files from one pass to the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from edi.model import Releve
from edi.store import releves


@dataclass(frozen=True)
class Journal:
    """What :mod:`edi.store` remembers of remote files, one transaction a question."""

    base: Engine

    def standing(self, serveur: str, dossier: str, noms: Collection[str]) -> Sequence[Releve]:
        with self.base.begin() as conn:
            return releves.standing(conn, serveur, dossier, noms)

    def record(self, taken: Sequence[Releve]) -> None:
        with self.base.begin() as conn:
            releves.record(conn, taken)

    def owed(self, serveur: str) -> Sequence[Releve]:
        with self.base.begin() as conn:
            return releves.owed(conn, serveur)

    def recorded(self, tickets: Collection[str]) -> Collection[str]:
        with self.base.begin() as conn:
            return releves.recorded(conn, tickets)

    def settle(self, tickets: Collection[str], at: datetime) -> None:
        if tickets:
            with self.base.begin() as conn:
                releves.settle(conn, tickets, at)
