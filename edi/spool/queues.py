"""The queues: a flux on its way is in exactly one, whole, in a folder of its own, the ticket."""

from __future__ import annotations

import os

from edi import acts
from edi.spool.depots import Depots
from edi.spool.places import TEMOIN, Entry
from edi.spool.stock import Stock


class Queues(Depots, Stock):
    """``queue/``: tickets."""

    def entries(self, queue: str) -> list[Entry]:
        """The flux_list of one queue, in order of arrival; a ticket without a file is not one yet."""
        found = []
        for folder in sorted(item for item in (self.root / "queue" / queue).iterdir() if item.is_dir()):
            try:
                names = sorted(os.listdir(folder))
            except FileNotFoundError:  # another process has taken it on meanwhile
                continue
            if names and names[-1] != TEMOIN:
                found.append(Entry(folder.name, names[-1], folder / names[-1]))
        return found

    def move(self, entry: Entry, queue: str) -> Entry:
        """Put a flux into another queue, whole, in one rename."""
        target = self.root / "queue" / queue / entry.ticket
        acts.rename(entry.path.parent, target)
        acts.sync_folder(target.parent)
        acts.sync_folder(entry.path.parent.parent)
        return Entry(entry.ticket, entry.nom, target / entry.nom)

    def drop(self, entry: Entry, sha256: str) -> None:
        """Let go of a flux whose bytes lie in the store. Raises FileNotFoundError when they do not.

        Raises EntrepotAway when nobody can tell.
        """
        if not self.has(sha256):
            raise FileNotFoundError(sha256)
        acts.unlink(entry.path, missing_ok=True)
        acts.remove_folder(entry.path.parent)
        acts.sync_folder(entry.path.parent.parent)

    def settle_tickets(self) -> None:
        """Finish the takes that were interrupted: done files on their way out, tickets without a file.

        Only for a process that is alone: a take looks the same while it is being made.
        """
        for folder in sorted((self.root / "queue").glob("*/*/")):
            taken = any(nom != TEMOIN for nom in os.listdir(folder))
            self._settle_temoin(folder, folder.name.rpartition("-")[2], taken=taken)
            if not os.listdir(folder):
                acts.remove_folder(folder)
