"""Putting return flows on servers: aside, look at the size, rename; what is uncertain is asked for first.

Names and bytes are deterministic, so a second put is harmless; but it is never made blindly. A try is booked
before its first byte leaves, and one that was cut is settled by looking at what lies on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import Engine

from edi.model import Dossier, Livraison, Serveur
from edi.outbound.dispatch import Confirm
from edi.outbound.emit import Make
from edi.retries import later
from edi.sftp import ConnectionLost, Remote, RemoteDenied, RemoteFailed, join
from edi.store import livraisons

log = structlog.get_logger()


class Poussee(NamedTuple):
    """One file that was put on a server, or could not be."""

    serveur: str
    appli: str
    nom: str
    failure: RemoteFailed | None = None


def push(
    remote: Remote,
    serveur: Serveur,
    base: Engine,
    make: Make,
    confirm: Confirm,
    now: Callable[[], datetime],
    halted: Callable[[], bool] = lambda: False,
) -> Iterator[Poussee]:
    """Put what is due on one server, one by one. Raises ConnectionLost, after it has booked the next try.

    ``make`` builds the bytes of a return flow, with their sha256; None when they must not leave (a fault of
    ours, already told). Where the server is the only place that a partner looks at, ``confirm`` is called in
    the transaction that records the delivery, and never before the file is seen there under its name: the
    invoices of a pivot are at disposal then, not when it is booked or on its way.
    """
    dossiers = {d.appli: d for d in serveur.dossiers if d.sortie}
    with base.begin() as conn:
        livraisons.adopt(conn, [appli for appli, d in dossiers.items() if not d.out_local])
        waiting = livraisons.pending(conn, dossiers, now())
    for livraison in waiting:
        if halted():
            return
        emission = livraison.emission
        made = make(emission)
        if made is None:
            continue
        if not _is_what_left(livraison, made[1]):
            log.error("return_flow_not_the_same", emission=emission.nom, flux=emission.flux_id)
            with base.begin() as conn:
                livraisons.confirm(conn, emission.id, livraison.serveur, now())
            continue
        failure = _deliver(remote, serveur, dossiers[emission.appli], livraison, made, base, confirm, now)
        yield Poussee(serveur.nom, emission.appli, emission.nom, failure)
        if isinstance(failure, ConnectionLost):
            raise failure


def _is_what_left(livraison: Livraison, sha256: str) -> bool:
    """False for what is put there once more and would not be the same any more: it stays as it lies there."""
    return livraison.redemandee_le is None or livraison.emission.sha256 in ("", sha256)


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
