"""The roots of the journal, exported: one file a day, written once."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

from edi import acts
from edi.spool.places import BY, Places


class Journaux(Places):
    """``journal/``: what is to be copied to another place."""

    def root_file(self, jour: date) -> Path:
        """Where the root of a day is, or will be."""
        return self._journal / f"{jour.isoformat()}.json"

    def put_root(self, jour: date, data: bytes, process: str) -> None:
        """Write the root of a day, whole or not at all."""
        target = self.root_file(jour)
        acts.write_whole(target, data, target.with_name(f".{target.name}{BY}{process}"))

    def read_root(self, jour: date) -> bytes | None:
        """The root of a day as its file says it; None where there is none."""
        try:
            return self.root_file(jour).read_bytes()
        except FileNotFoundError:
            return None

    def root_days(self) -> list[date]:
        """The days that have a file, in order."""
        found = []
        for path in self._journal.glob("*.json"):
            with suppress(ValueError):  # a file of somebody else
                found.append(date.fromisoformat(path.stem))
        return sorted(found)
