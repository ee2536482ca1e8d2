"""Locks that live as long as a session of the database server: whoever dies lets go of them."""

from __future__ import annotations

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from edi.store.database import BESIDE

log = structlog.get_logger()

COORDINATEUR = (
    0x6E617665747466  # the advisory lock of the process that coordinates, in the database of the workspace
)


class VerrouDeSession:
    """The lock of whoever coordinates, on a connection of its own that does nothing else."""

    partage = False

    def __init__(self, base: Engine) -> None:
        self._base = base
        self._session: Connection | None = None

    def hold(self) -> bool:
        """Take the lock, or make sure that it is still ours. False: another has it, or the server is away."""
        try:
            if self._session is not None:
                self._session.exec_driver_sql("SELECT 1")
                return True
            return self._take()
        except DBAPIError as error:
            log.warning("coordination_session_cut", why=str(error).splitlines()[0])
            self.release()
            return False

    def _take(self) -> bool:
        session = self._base.connect()
        try:
            session = session.execution_options(isolation_level="AUTOCOMMIT", **BESIDE)
            took = bool(session.exec_driver_sql(f"SELECT pg_try_advisory_lock({COORDINATEUR})").scalar())
        except DBAPIError:
            session.invalidate()
            session.close()
            raise
        if took:
            self._session = session
        else:
            session.close()
        return took

    def release(self) -> None:
        """Let go: the session ends, and the lock with it, whatever has become of the server."""
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()
            session.close()
