"""When to try again, and until when something may wait. Pure: instants come in, instants go out.

Only what may come to something else is tried again (``ErrorClass.retried``). The delay doubles after each
failure up to a ceiling, and is spread so that a thousand flux_list held by one outage do not all come back in
the same second; the spread depends on the name of what is tried, never on chance.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32

from edi.model import ErrorClass, FluxStatut

FIRST, CEILING = 30, 3600  # seconds
_SPREAD = 0.25  # of the delay, more at the most


def next_try(at: datetime, failures: int, classe: ErrorClass, name: str = "") -> datetime | None:
    """The instant of the next try after ``failures`` in a row (from 1), the last one at ``at``.

    None: nothing but an act of somebody (``classe`` tells whose) can help.
    """
    return later(at, failures, name) if classe.retried else None


def later(at: datetime, failures: int, name: str = "") -> datetime:
    """The instant of the next try of what is tried again whatever happened."""
    delay = min(FIRST << min(max(failures, 1) - 1, 16), CEILING)
    spread = crc32(f"{name}#{failures}".encode()) / 2**32 * _SPREAD
    return at + timedelta(seconds=delay * (1 + spread))


class Delai(NamedTuple):
    """How long a state that is not final may last, and who must look when it lasts longer."""

    duree: timedelta
    qui: str  # in French, for ``edi queue``


# Every statut of a flux that another one must follow.
DELAIS: dict[FluxStatut, Delai] = {
    FluxStatut.RECU: Delai(timedelta(minutes=15), "la plateforme"),
    FluxStatut.EN_COURS: Delai(timedelta(hours=1), "la plateforme"),
    FluxStatut.EN_ATTENTE: Delai(timedelta(hours=24), "l'exploitant"),
}
EMISSION = Delai(timedelta(hours=1), "l'exploitant")  # a return flow that was booked and has not left


def deadline(statut: FluxStatut, since: datetime) -> datetime | None:
    """When somebody must look at a flux that entered a statut at ``since``; None for a final statut."""
    delai = DELAIS.get(statut)
    return None if delai is None else since + delai.duree
