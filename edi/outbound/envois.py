"""Putting on servers what is no return flow: the reste of a flux, and how it stands (``statut/<flux>.json``).

A reste is put once, like a return flow: deterministic name and bytes, asked for before it is sent again. The
file of a flux is put again whenever what it tells has changed, over the one that lies there, in one step
where the server can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from edi.model import Envoi, NatureEnvoi, Serveur
from edi.outbound.push import Poussee, place
from edi.retries import later
from edi.sftp import ConnectionLost, Remote, RemoteFailed
from edi.store import envois

log = structlog.get_logger()

Build = Callable[[Envoi], tuple[str, bytes] | None]  # its name and bytes; None when there is none any more


def carry(
    remote: Remote,
    serveur: Serveur,
    base: Engine,
    build: Build,
    now: Callable[[], datetime],
    halted: Callable[[], bool] = lambda: False,
) -> Iterator[Poussee]:
    """Put what is due on one server, one by one. Raises ConnectionLost, after it has booked the next try."""
    for nature, folders in folders_of(serveur).items():
        last = 0
        while waiting := _due(base, nature, folders, now(), last):
            for envoi in waiting:
                if halted():
                    return
                last = envoi.flux.id
                poussee = _carry_one(remote, serveur, folders[envoi.flux.appli], envoi, base, build, now)
                if poussee is not None:
                    yield poussee
                if poussee is not None and isinstance(poussee.failure, ConnectionLost):
                    raise poussee.failure


def folders_of(serveur: Serveur) -> dict[NatureEnvoi, dict[str, str]]:
    """Which folder of a server each kind goes into, by déposant."""
    return {
        NatureEnvoi.RESTE: {d.appli: d.sortie for d in serveur.dossiers if d.sortie},
        NatureEnvoi.STATUT: {d.appli: d.statut for d in serveur.dossiers if d.statut},
    }


def count_due(conn: Connection, serveur: Serveur) -> int:
    """How many still have to be put on a server, due or not."""
    return sum(envois.count_pending(conn, *one) for one in folders_of(serveur).items())


def is_due(base: Engine, serveur: Serveur, at: datetime) -> bool:
    """Whether anything may be put on a server by now."""
    return any(_due(base, nature, folders, at, 0) for nature, folders in folders_of(serveur).items())


def _due(
    base: Engine, nature: NatureEnvoi, folders: dict[str, str], at: datetime, last: int
) -> tuple[Envoi, ...]:
    if not folders:
        return ()
    with base.begin() as conn:
        return envois.pending(conn, nature, folders, at, last)


def _carry_one(
    remote: Remote,
    serveur: Serveur,
    folder: str,
    envoi: Envoi,
    base: Engine,
    build: Build,
    now: Callable[[], datetime],
) -> Poussee | None:
    """One file; None when there was nothing to put any more."""
    made = build(envoi)
    if made is None:
        with base.begin() as conn:
            envois.confirm(conn, envoi, "", now())
        return None
    nom, data = made
    with base.begin() as conn:
        envois.begin(conn, envoi)
    try:
        place(remote, folder, nom, data, serveur.renommage, uncertain=envoi.essais > 0)
    except RemoteFailed as failure:
        with base.begin() as conn:
            envois.fail(conn, envoi, str(failure), later(now(), envoi.essais + 1, nom))
        log.warning("file_not_delivered", nom=nom, serveur=serveur.nom, why=str(failure))
        return Poussee(serveur.nom, envoi.flux.appli, nom, failure)
    with base.begin() as conn:
        envois.confirm(conn, envoi, serveur.nom, now())
    return Poussee(serveur.nom, envoi.flux.appli, nom)
