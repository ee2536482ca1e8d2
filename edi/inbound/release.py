"""Letting go of remote files that are recorded: removed, or moved aside on their server."""

from __future__ import annotations

from collections.abc import Sequence

from edi.inbound.distant import Ennui, Place, told
from edi.model import Dossier, Releve, Serveur
from edi.sftp import ConnectionLost, Remote, RemoteFailed, RemoteMissing, join


def settle(remote: Remote, place: Place, releves: Sequence[Releve], ennuis: list[Ennui]) -> frozenset[str]:
    """Do what is owed to the server for files that are recorded; the tickets for which it is done.

    What cannot be done now is told, and owed still. Never raises for the connection: the next pass goes on.
    """
    done: list[str] = []
    for releve in releves:
        if releve.apres_le is not None:
            continue
        try:
            let_go(remote, place.serveur, releve)
        except RemoteFailed as failure:
            ennuis.append(told(place.serveur, releve.appli, releve.nom, failure))
            if isinstance(failure, ConnectionLost):
                break
        else:
            done.append(releve.ticket)
    place.journal.settle(done, place.now())
    return frozenset(done)


def let_go(remote: Remote, serveur: Serveur, releve: Releve) -> None:
    """Remove or move what was taken, unless other bytes bear its name by now. Raises RemoteFailed."""
    dossier = next(
        (d for d in serveur.dossiers if (d.appli, d.entree) == (releve.appli, releve.dossier)), None
    )
    path = join(releve.dossier, releve.nom)
    seen = remote.stat(path)
    if seen is not None and (seen.size, seen.mtime) == (releve.taille, releve.mtime):
        _dispose(remote, releve, dossier, releve.nom)
    manifeste = dossier.manifeste if dossier else ""
    if manifeste and remote.stat(join(releve.dossier, releve.nom + manifeste)) is not None:
        _dispose(remote, releve, dossier, releve.nom + manifeste)


def _dispose(remote: Remote, releve: Releve, dossier: Dossier | None, nom: str) -> None:
    source = join(releve.dossier, nom)
    if releve.apres == "supprimer":
        remote.remove(source)
        return
    if dossier is None or not dossier.deplacer_vers:
        raise RemoteMissing(
            f"« {nom} » est pris mais reste dans « {releve.dossier} » : ce dossier n'est plus configuré",
            "Remettez le dossier et « deplacer_vers » dans la configuration, ou rangez le fichier vous-même.",
        )
    target = join(dossier.deplacer_vers, nom)
    if remote.stat(target) is not None:  # an earlier file of that name is not overwritten
        target = join(dossier.deplacer_vers, f"{nom}.{releve.ticket}")
    remote.rename(source, target, replace=False)
