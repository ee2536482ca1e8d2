"""Which processes work on the spool: each holds the lock of its name."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edi.spool.places import BY, Places


class SpoolBusy(Exception):
    """Another process works in this folder."""


class Presences(Places):
    """``presence/``: locked by each process at work, for as long as it lives."""

    @contextmanager
    def presence(self, process: str) -> Iterator[None]:
        """Be known to work here, until the process dies, however it dies."""
        with _locked(self._presence / process, wait=True):
            yield

    @contextmanager
    def alone_with(self, serveur: str) -> Iterator[None]:
        """Be the only process that works with a server of partners. Raises SpoolBusy."""
        with _locked(self._presence / f"serveur{BY}{serveur}", wait=False):
            yield

    @contextmanager
    def alone_at_trials(self) -> Iterator[None]:
        """Be the only process that looks into the folders ``test``. Raises SpoolBusy."""
        with _locked(self._presence / f"essais{BY}", wait=False):
            yield

    @contextmanager
    def alone_at_watch(self) -> Iterator[None]:
        """Be the only process that looks for what is worth an alert. Raises SpoolBusy."""
        with _locked(self._presence / f"alertes{BY}", wait=False):
            yield

    @contextmanager
    def alone_at_keeping(self) -> Iterator[None]:
        """Be the only process that copies the store, or lets go of what lies in it. Raises SpoolBusy."""
        with _locked(self._presence / f"garde{BY}", wait=False):
            yield

    @contextmanager
    def alone_at_coordination(self) -> Iterator[None]:
        """Be the only process of this machine that judges and answers. Raises SpoolBusy."""
        with _locked(self._presence / f"coordination{BY}", wait=False):
            yield

    def is_present(self, process: str) -> bool:
        """Whether a process of this machine still works here."""
        try:
            with open(self._presence / process, "a", encoding="ascii") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        (self._presence / process).unlink(missing_ok=True)
        return False

    def sweep_presence(self) -> None:
        """Remove what the processes that are gone left in ``presence``."""
        for path in self._presence.iterdir():
            self.is_present(path.name)


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold the lock of a file that bears this name, and take the file away. Raises SpoolBusy.

    The one that we open may be removed before we hold its lock: then it is opened anew.
    """
    while True:
        with open(path, "a", encoding="ascii") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise SpoolBusy(str(path)) from error
            try:
                same = os.path.samestat(path.stat(), os.fstat(handle.fileno()))
            except FileNotFoundError:
                same = False
            if same:
                try:
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be alone in a folder until the process dies, however it dies. Raises SpoolBusy."""
    with open(folder / "lock", "a", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SpoolBusy(str(folder)) from error
        yield
