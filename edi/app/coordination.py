"""Which process judges, answers and keeps the nights. The others take deposits, and stand by."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from edi.espace import Espace
from edi.spool import Spool, SpoolBusy
from edi.store.verrous import VerrouDeSession


class Verrou(Protocol):
    """What one process at a time can hold; it is let go of by a death, however it came."""

    @property
    def partage(self) -> bool:
        """Whether anybody may hold it, so that nobody need be told who does."""

    def hold(self) -> bool:
        """Take it, or make sure that it is still ours; quick, and never waits."""

    def release(self) -> None:
        """Let another have it."""


class VerrouDeFichier:
    """The lock of a file of the spool, for the processes of one machine."""

    partage = False

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._held: ExitStack | None = None

    def hold(self) -> bool:
        if self._held is None:
            held = ExitStack()
            try:
                held.enter_context(self._spool.alone_at_coordination())
            except SpoolBusy:
                return False
            self._held = held
        return True

    def release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


class Toujours:
    """Whoever is there works: each judges what it claims."""

    partage = True

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nothing was held."""


class Jamais(Toujours):
    """A process that only takes deposits."""

    partage = False

    def hold(self) -> bool:
        return False


def make_verrou(espace: Espace) -> Verrou:
    """The lock that the configuration asks for."""
    coordination, server = espace.settings.coordination, is_server(espace.engine)
    if coordination.role == "collecte":
        return Jamais()
    if coordination.jugement == "partage" or (coordination.jugement == "auto" and not server):
        return Toujours()
    return VerrouDeSession(espace.engine) if server else VerrouDeFichier(espace.spool)


def is_server(base: Engine) -> bool:
    """Whether the database is a server's, which may be away for a while and come back."""
    return base.dialect.name != "sqlite"


def is_away(base: Engine, error: DBAPIError) -> bool:
    """Whether an error means that the server is away, or that we waited too long: worth another try."""
    return is_server(base) and isinstance(error, OperationalError | InterfaceError)
