"""The root of each day that has ended: a row of the journal, and a file to be kept elsewhere."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine

from edi.model.journal import GenreEcriture, Ligne, Racine, read_racine
from edi.spool import Spool
from edi.store import ecritures, journal
from edi.store.database import reading

log = structlog.get_logger()


def seal_days(base: Engine, spool: Spool, fuseau: ZoneInfo, now: datetime, process: str) -> list[Racine]:
    """Make the root of each day that has ended and has none, oldest first.

    The file is written before the row is committed: an interruption leaves a file that the next one adopts.
    A disk that refuses it is told in the log, and stops nothing.
    """
    made: list[Racine] = []
    try:
        while _next_day(base, fuseau) < now.astimezone(fuseau).date():
            with base.begin() as conn:
                dernier, _ = journal.lock_head(conn)
                if (jour := _day_after_last(conn, fuseau)) < now.astimezone(fuseau).date():
                    made.append(_seal(conn, spool, jour, fuseau, dernier, now, process))
    except OSError:
        log.exception("root_not_written")
    return made


def _next_day(base: Engine, fuseau: ZoneInfo) -> date:
    with reading(base) as conn:
        return _day_after_last(conn, fuseau)


def _day_after_last(conn: Connection, fuseau: ZoneInfo) -> date:
    """The next day to be sealed; the first is that on which the journal began."""
    last = ecritures.last_root(conn)
    if last is not None:
        return last.jour + timedelta(days=1)
    first = ecritures.first_instant(conn)
    return date.max if first is None else first.astimezone(fuseau).date()


def _seal(
    conn: Connection, spool: Spool, jour: date, fuseau: ZoneInfo, dernier: int, now: datetime, process: str
) -> Racine:
    last = ecritures.last_root(conn)
    after = last.dernier if last else 0
    end = datetime.combine(jour + timedelta(days=1), time(), fuseau)
    upto = ecritures.last_before(conn, end, after, dernier)
    row = ecritures.read_one(conn, upto)
    made = Racine(
        jour,
        after + 1,
        upto,
        row.empreinte if row else "",
        last.racine if last else "",
        ecritures.marks(conn),
    )
    known = spool.read_root(jour)
    if known is None:
        spool.put_root(jour, made.as_file(), process)
    else:
        made = _adopt(conn, known, made)
    journal.note(conn, Ligne(GenreEcriture.RACINE, jour.isoformat(), made.as_contenu(), now))
    log.info("day_sealed", day=jour.isoformat(), last=made.dernier, root=made.racine)
    return made


def _adopt(conn: Connection, known: bytes, made: Racine) -> Racine:
    """What an interrupted sealing has exported, if it is true; a file is never written twice.

    One that is not true stays as it is, and the audit tells it.
    """
    try:
        found = read_racine(known)
    except ValueError:
        return made
    row = ecritures.read_one(conn, found.dernier)
    same = (found.jour, found.premier, found.precedente) == (made.jour, made.premier, made.precedente)
    return found if same and row is not None and row.empreinte == found.empreinte else made
