"""Keeping ``statut/`` of each déposant up to date: what changed since it was told is told again, whole.

The files are derived from the database alone, so that they can be written again at any time. Telling is
at-least-once: a file is written, then it is recorded which revision it tells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine

from edi.model import Flux, NatureEnvoi
from edi.outbound.statut import file_name, write_statut
from edi.spool import Spool
from edi.store import envois, suivis
from edi.store import flux as flux_store
from edi.store.etats import read_etat

log = structlog.get_logger()


def tell_changes(
    base: Engine,
    spool: Spool,
    applis: Collection[str],
    zone: ZoneInfo,
    process: str = "",
    also: Callable[[Flux], None] = lambda flux: None,
    carried: Collection[str] = (),
) -> int:
    """Write the file of every flux that changed; how many files. What cannot be written stays to be told.

    ``also`` does what else a change calls for, before it counts as told. It may raise OSError. ``carried``:
    the déposants whose files are put on their server too.
    """
    told, seen, last = 0, set[int](), 0
    while True:
        with base.begin() as conn:
            waiting = suivis.pending(conn, applis, last)
        if not waiting:
            return told
        for flux in waiting:
            last = flux.id
            if flux.id not in seen:  # one file tells of all the deliveries of a flux id
                done = _tell(base, spool, flux, zone, process, also, flux.appli in carried)
                told += bool(done)
                seen |= done


def _tell(
    base: Engine,
    spool: Spool,
    flux: Flux,
    zone: ZoneInfo,
    process: str,
    also: Callable[[Flux], None],
    carried: bool,
) -> set[int]:
    """Write the file that tells of a flux; the flux_list it tells of, none when it was not written."""
    with base.begin() as conn:
        same = flux_store.same_reference(conn, flux)
        if not suivis.claim(conn, same[0], process):
            return set()
    with base.begin() as conn:
        revisions = suivis.revisions(conn, same)
        livraisons = [read_etat(conn, flux_id) for flux_id in same]
    try:
        for etat in livraisons:
            also(etat.flux)
        spool.tell(flux.appli, file_name(flux), write_statut(livraisons, zone), process)
    except OSError:  # one full or missing folder must not keep the others waiting
        log.exception("statut_not_written", flux=flux.id, appli=flux.appli)
        with base.begin() as conn:
            suivis.release(conn, same[0])
        return set()
    with base.begin() as conn:
        if carried:
            envois.plan(conn, same[0], NatureEnvoi.STATUT, sum(revisions.values()))
        suivis.confirm(conn, same[0], revisions)
    return set(same)


def make_statut(base: Engine, flux: Flux, zone: ZoneInfo) -> tuple[str, bytes]:
    """The file that tells of a flux as it stands now: its name and bytes."""
    with base.begin() as conn:
        livraisons = [read_etat(conn, flux_id) for flux_id in flux_store.same_reference(conn, flux)]
    return file_name(flux), write_statut(livraisons, zone)
