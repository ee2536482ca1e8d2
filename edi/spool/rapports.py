"""``rapports/``: the reports of runs, for operators."""

from __future__ import annotations

from pathlib import Path

from edi import acts
from edi.spool.depots import put_all
from edi.spool.places import Places, is_plain_name, names_in


class Rapports(Places):
    """``rapports/``: a page and a text for each run."""

    def put_reports(self, files: dict[str, bytes], process: str = "") -> None:
        """Write or replace reports by name, each whole or not at all. Twice is the same as once."""
        self._rapports.mkdir(exist_ok=True)
        put_all(self._rapports, list(files.items()), process)

    def reports(self) -> list[str]:
        """The names of the reports that are kept, in order."""
        return [nom for nom in names_in(self._rapports) if not nom.startswith(".")]

    def report_file(self, nom: str) -> Path:
        """Where a report lies. Raises ValueError for a name that may lead elsewhere."""
        if not is_plain_name(nom):
            raise ValueError(f"{nom!r} is not the name of a file")
        return self._rapports / nom

    def forget_report(self, nom: str) -> None:
        """Remove one; it may have gone already. Raises ValueError for a name that may lead elsewhere."""
        acts.unlink(self.report_file(nom), missing_ok=True)
