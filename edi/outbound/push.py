"""Putting return flows on servers: aside, look at the size, rename; what is uncertain is asked for first.

Names and bytes are deterministic, so a second put is harmless; but it is never made blindly. A try is booked
before its first byte leaves, and one that was cut is settled by looking at what lies on the server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import Engine

from edi.model import Dossier, Emission, Livraison, Serveur
from edi.outbound.dispatch import Confirm
from edi.outbound.emit import Make
from edi.retries import later
from edi.sftp import ConnectionLost, Remote, RemoteDenied, RemoteFailed, join
from edi.store import livraisons

log = structlog.get_logger()


class Poussee(NamedTuple):
    """One return flow that was put on a server, or could not be."""

    serveur: str
    emission: Emission
    failure: RemoteFailed | None = None


def push(
    remote: Remote,
    serveur: Serveur,
    base: Engine,
    make: Make,
    confirm: Confirm,
    now: Callable[[], datetime],
    halted: Callable[[], bool] = lambda: False,
) -> list[Poussee]:
    """Put what is due on one server. Raises ConnectionLost, after it has booked the next try.

    ``make`` builds the bytes of a return flow, with their sha256; None when they must not leave (a fault of
    ours, already told).
    """
    dossiers = {d.deposant: d for d in serveur.dossiers if d.sortie}
    with base.begin() as conn:
        waiting = livraisons.pending(conn, dossiers, now())
    done: list[Poussee] = []
    for livraison in waiting:
        if halted():
            break
        made = make(livraison.emission)
        if made is None:
            continue
        failure = _deliver(
            remote, serveur, dossiers[livraison.emission.appli], livraison, made, base, confirm, now
        )
        done.append(Poussee(serveur.nom, livraison.emission, failure))
        if isinstance(failure, ConnectionLost):
            raise failure
    return done


def _deliver(
    remote: Remote,
    serveur: Serveur,
    dossier: Dossier,
    livraison: Livraison,
    made: tuple[bytes, str],
    base: Engine,
    confirm: Confirm,
    now: Callable[[], datetime],
) -> RemoteFailed | None:
    emission = livraison.emission
    data, sha256 = made
    with base.begin() as conn:
        livraisons.begin(conn, emission.id)
    try:
        place(remote, dossier.sortie, emission.nom, data, serveur.renommage, uncertain=livraison.essais > 0)
    except RemoteFailed as failure:
        with base.begin() as conn:
            again = later(now(), livraison.essais + 1, livraison.emission.nom)
            livraisons.fail(conn, emission.id, str(failure), again)
        log.warning("return_flow_not_delivered", emission=emission.nom, serveur=serveur.nom, why=str(failure))
        return failure
    with base.begin() as conn:
        livraisons.confirm(conn, emission.id, serveur.nom, now())
        if not dossier.out_local and emission.emis_le is None:
            confirm(conn, emission, now(), sha256)
    return None


def place(
    remote: Remote, folder: str, nom: str, data: bytes, renommage: bool, *, uncertain: bool = False
) -> None:
    """Make ``folder/nom`` hold these very bytes, whole or not at all where the server can rename.

    ``uncertain``: an earlier try was begun, and what came of it is not known. Raises RemoteFailed.
    """
    final = join(folder, nom)
    aside = join(folder, f".{nom}.part") if renommage else final
    if uncertain and _holds(remote, final, data):
        return
    if not (uncertain and renommage and _holds(remote, aside, data)):
        remote.put(aside, data)
    if renommage:
        remote.rename(aside, final, replace=True)


def _holds(remote: Remote, path: bytes, data: bytes) -> bool:
    """True when these bytes lie there. Where we may not read, the size must do."""
    seen = remote.stat(path)
    if seen is None or seen.size != len(data):
        return False
    try:
        return remote.read(path, seen.size) == data
    except RemoteDenied:
        return True
