"""One pass over what is booked: claim, make, publish, confirm, many return flows at a time.

A commit or an fsync costs as much for one file as for a hundred, so that they are made for all of a batch:
claimed in one transaction, written aside, synced together, renamed in order, confirmed in one transaction.
Emission stays at-least-once: what was renamed and not confirmed is put again, same name, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from edi.model import Deposant, Emission
from edi.spool import Spool
from edi.store import emissions

log = structlog.get_logger()

MOST = 64  # return flows in one batch: so many may be put again after a kill at the worst moment
HEAVY = 16 * 1024**2  # bytes that a batch may hold before it leaves

Made = tuple[bytes, str]  # the bytes and their sha256
MakeMany = Callable[[Sequence[Emission]], Iterator[Made | None]]  # in order; None: it must not leave
ConfirmMany = Callable[[Connection, Sequence[tuple[Emission, str]], datetime], None]
Confirm = Callable[[Connection, Emission, datetime, str], None]  # of one alone


class _Ready(NamedTuple):
    emission: Emission
    data: bytes
    sha256: str


def emit_pending(
    base: Engine,
    spool: Spool,
    make: MakeMany,
    confirm: ConfirmMany,
    deposants: Mapping[str, Deposant],
    at: datetime,
    process: str = "",
) -> int:
    """Put every booked return flow into its ``out``; how many left. What cannot leave stays booked.

    ``make`` builds the bytes and their sha256; ``confirm`` records that they lie there.
    """
    with base.begin() as conn:
        waiting = [e for e in emissions.pending(conn, at) if _is_local(deposants.get(e.appli))]
    left = 0
    for start in range(0, len(waiting), MOST):
        with base.begin() as conn:
            some = waiting[start : start + MOST]
            ours = emissions.claim_all(conn, [e.id for e in some], process)
        free = [emission for emission in some if emission.id in ours]
        for batch in _batches(free, make(free)):
            published = [ready for group in _by_appli(batch) for ready in _publish(spool, group, process)]
            if not published:
                continue
            with base.begin() as conn:
                confirm(conn, [(ready.emission, ready.sha256) for ready in published], at)
            left += len(published)
    return left


def _is_local(deposant: Deposant | None) -> bool:
    """False when its server alone gets it: edi.outbound.push."""
    return deposant is None or not deposant.pousse or deposant.out_local


def _batches(claimed: Sequence[Emission], made: Iterator[Made | None]) -> Iterator[list[_Ready]]:
    """What was made, as much at a time as memory should hold."""
    batch: list[_Ready] = []
    weight = 0
    for emission, one in zip(claimed, made, strict=True):
        if one is None:
            continue
        batch.append(_Ready(emission, *one))
        weight += len(one[0])
        if weight >= HEAVY:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _by_appli(batch: Sequence[_Ready]) -> Iterator[list[_Ready]]:
    """Each partner's return flows, in order."""
    for _, group in groupby(sorted(batch, key=_appli), key=_appli):
        yield list(group)


def _appli(ready: _Ready) -> str:
    return ready.emission.appli


def _publish(spool: Spool, group: list[_Ready], process: str) -> list[_Ready]:
    """Put the return flows of one partner into its ``out``; those that lie there.

    One full or missing folder must not keep the others waiting, nor one file its neighbours.
    """
    try:
        spool.publish_all(group[0].emission.appli, [(r.emission.nom, r.data) for r in group], process)
    except OSError:
        if len(group) > 1:
            return [ready for one in group for ready in _publish(spool, [one], process)]
        emission = group[0].emission
        log.exception("return_flow_not_published", emission=emission.nom, flux=emission.flux_id)
        return []
    return group
