"""Forgetting received bytes: the trace is committed first, then they are set apart, then they go.

Whatever interrupts this, the next call finishes it: a trace without its end is looked at again, and so is
what was set apart. Bytes that somebody brings again meanwhile are put back in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time

import structlog
from sqlalchemy import Connection

from edi.espace import Espace
from edi.retention.classes import BY_CODE, tell_rule
from edi.retention.durees import old_since_close, old_since_deposit
from edi.store import journal, oubliables, oublis
from edi.store.database import reading
from edi.store.oubliables import Octets, Portee

log = structlog.get_logger()

BATCH = 200  # different bytes in one transaction


@dataclass(frozen=True)
class Originaux:
    """The received bytes of a workspace."""

    espace: Espace
    par: str = ""  # who asks for it; '': Navette by itself

    def portee(self) -> Portee:
        """What is old enough today."""
        kept, today = self.espace.settings.retention, self.espace.today()
        close = old_since_close(today, kept.originaux_ans, kept.cloture_mois) if kept.originaux_ans else None
        refused = old_since_deposit(today, kept.refuses_ans) if kept.refuses_ans else None
        tickets = [e.ticket for queue in ("quarantaine", "corrupt") for e in self.espace.spool.entries(queue)]
        return Portee(self._midnight(close), self._midnight(refused), tuple(tickets))

    def _midnight(self, day: date | None) -> datetime | None:
        return None if day is None else datetime.combine(day, time(), self.espace.settings.fuseau)

    def free(self) -> list[Octets]:
        """What may be forgotten now."""
        with reading(self.espace.engine) as conn:
            return oubliables.free(conn, self.portee())

    def forget(
        self, listen: Callable[[int], None] = lambda n: None, batches: int | None = None
    ) -> list[Octets]:
        """Forget it, batch by batch; what went. ``listen`` is told how many went since it was told last.

        Raises SpoolBusy while a backup is made, which counts on what it has seen.
        """
        with self.espace.spool.alone_at_keeping():
            return self._forget(listen, batches)

    def _forget(self, listen: Callable[[int], None], batches: int | None) -> list[Octets]:
        self.finish()
        portee, gone = self.portee(), list[Octets]()
        shas = list(dict.fromkeys(one.sha256 for one in self.free()))
        last = len(shas) if batches is None else batches * BATCH
        for start in range(0, min(last, len(shas)), BATCH):
            with self.espace.engine.begin() as conn:  # what was free may be held by now: it is asked again
                found = oubliables.free(conn, portee, shas[start : start + BATCH])
                self._leave_trace(conn, found)
            for sha256 in dict.fromkeys(one.sha256 for one in found):
                self._let_go(sha256)
            gone += found
            listen(len(found))
        if gone:
            log.info("originals_forgotten", blobs=len({one.sha256 for one in gone}))
        return gone

    def _leave_trace(self, conn: Connection, found: Sequence[Octets]) -> None:
        at, traces = self.espace.now(), [self._trace(one) for one in found]
        oublis.record(conn, traces, at)
        for one, classe, regle in traces:
            detail = {"sha256": one.sha256, "taille": one.taille, "classe": classe, "regle": regle}
            sujet = f"flux n° {one.flux_id}"
            journal.note_act(conn, "oubli", sujet, at, par=self.par, detail=detail, flux_id=one.flux_id)

    def _trace(self, one: Octets) -> tuple[Octets, str, str]:
        classe = BY_CODE["refuses" if one.refuse else "originaux"]
        return one, classe.code, tell_rule(classe, self.espace.settings.retention)

    def finish(self) -> None:
        """Finish what an interruption left: bytes whose trace is there, bytes that were set apart."""
        with reading(self.espace.engine) as conn:
            left = oublis.pending(conn)
        for sha256 in left:
            self._let_go(sha256)
        for sha256 in self.espace.spool.apart():
            self._settle(sha256)

    def _let_go(self, sha256: str) -> None:
        with self.espace.engine.begin() as conn:
            needed = oublis.is_needed(conn, sha256)
        if not needed:
            with suppress(FileNotFoundError):  # set apart before an interruption, or gone already
                self.espace.spool.set_apart(sha256)
        self._settle(sha256)

    def _settle(self, sha256: str) -> None:
        """Let go of what was set apart, unless a flux has brought it again meanwhile."""
        with self.espace.engine.begin() as conn:
            needed = oublis.is_needed(conn, sha256)
        if needed:
            with suppress(FileNotFoundError):
                self.espace.spool.put_back(sha256)
        else:
            self.espace.spool.forget(sha256)
        with self.espace.engine.begin() as conn:
            oublis.confirm(conn, sha256, self.espace.now())
