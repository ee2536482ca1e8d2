"""Putting on the servers of déposants what they are told of expected deposits, as it is in their ``statut``.

Names and bytes follow from the row; what is settled is put again over what lies there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Engine

from edi.model import Serveur, Signalement
from edi.outbound.push import Poussee, place
from edi.retries import later
from edi.sftp import ConnectionLost, Remote, RemoteFailed
from edi.store import signalements

log = structlog.get_logger()

Write = Callable[[Signalement], Sequence[tuple[str, bytes]]]  # the names and bytes of its files


def carry(
    remote: Remote,
    serveur: Serveur,
    base: Engine,
    write: Write,
    now: Callable[[], datetime],
    halted: Callable[[], bool] = lambda: False,
) -> Iterator[Poussee]:
    """Put what is due on one server. Raises ConnectionLost, after it has booked the next try."""
    folders = {d.appli: d.statut for d in serveur.dossiers if d.statut}
    with base.begin() as conn:
        waiting = signalements.undelivered(conn, folders, now())
    for one in waiting:
        if halted():
            return
        poussee = _carry_one(remote, serveur, folders[one.appli], one, base, write, now)
        yield poussee
        if isinstance(poussee.failure, ConnectionLost):
            raise poussee.failure


def _carry_one(
    remote: Remote,
    serveur: Serveur,
    folder: str,
    one: Signalement,
    base: Engine,
    write: Write,
    now: Callable[[], datetime],
) -> Poussee:
    with base.begin() as conn:
        signalements.begin(conn, one)
    nom = ""
    try:
        for nom, data in write(one):
            place(remote, folder, nom, data, serveur.renommage, uncertain=one.essais > 0)
    except RemoteFailed as failure:
        with base.begin() as conn:
            signalements.fail(conn, one, str(failure), later(now(), one.essais + 1, nom))
        log.warning("file_not_delivered", nom=nom, serveur=serveur.nom, why=str(failure))
        return Poussee(serveur.nom, one.appli, nom, failure)
    with base.begin() as conn:
        signalements.deliver(conn, one)
    return Poussee(serveur.nom, one.appli, nom)
