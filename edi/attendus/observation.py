"""Reading what déposants sent, and how each expected deposit stands: rows are read, nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from edi.attendus.fenetres import between, received_in
from edi.attendus.jugement import Bilan, Vue, count_received, judge, judge_past, start_of_view
from edi.model import Attendu, Recu
from edi.store import depots

_PAST = timedelta(days=100)  # in which past windows are looked for


@dataclass
class Observation:
    """What came, as it is known; what is decided is read once."""

    tolerance: timedelta  # after the close of a window
    _decided: dict[int, Recu] = field(default_factory=dict)

    def look_at(self, conn: Connection, attendu: Attendu, at: datetime) -> tuple[Vue, Sequence[Recu]]:
        """How an expected deposit stands, and what it was judged on."""
        since = start_of_view(attendu, at)
        recus = self._read(conn, attendu.appli, since)
        last = recus[-1].le if recus else depots.last_before(conn, attendu.appli, since)
        return judge(attendu, recus, last, at, self.tolerance), recus

    def past(self, conn: Connection, attendu: Attendu, at: datetime, many: int) -> list[tuple[Bilan, str]]:
        """The last windows that are over, the last one first, and what was wrong with each."""
        since = at.astimezone(attendu.fuseau).date() - _PAST
        windows = [w for w in between(attendu, since, at) if w.echeance.ferme + self.tolerance <= at][-many:]
        if not windows:
            return []
        recus = self._read(conn, attendu.appli, windows[0].debut)
        found = []
        for window in reversed(windows):
            some = received_in(window, recus)
            bilan = Bilan(window, count_received(some), attendu.judges(window.echeance.jour))
            found.append((bilan, judge_past(attendu, bilan, some, self.tolerance)))
        return found

    def _read(self, conn: Connection, appli: str, since: datetime) -> Sequence[Recu]:
        seen = depots.received(conn, appli, since)
        new = [one for one in seen if one.flux_id not in self._decided]
        known = {one.flux_id: one for one in depots.with_amounts(conn, new)}
        self._decided |= {number: one for number, one in known.items() if one.factures is not None}
        return [known.get(one.flux_id) or self._decided[one.flux_id] for one in seen]

    def forget(self, before: datetime) -> None:
        """Keep no longer what nothing is judged on any more."""
        self._decided = {number: one for number, one in self._decided.items() if one.le >= before}
