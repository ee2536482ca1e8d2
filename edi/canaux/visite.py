"""Looking at the folders of a server, for operators: nothing is taken nor put."""

from __future__ import annotations

from typing import NamedTuple

from edi.model import Serveur
from edi.sftp import ConnectionLost, Remote, RemoteFailed, RemoteMissing


class Constat(NamedTuple):
    """What one folder of a server looks like."""

    appli: str
    role: str  # the key of the configuration
    dossier: str
    fichiers: int | None  # None: not listed
    failure: RemoteFailed | None


def look_around(remote: Remote, serveur: Serveur) -> list[Constat]:
    """Every folder of the configuration, as it is there. Raises ConnectionLost."""
    constats = []
    for d in serveur.dossiers:
        folders = {
            "entree": d.entree,
            "deplacer_vers": d.deplacer_vers,
            "sortie": d.sortie,
            "statut": d.statut,
        }
        for role, folder in folders.items():
            if folder:
                listed = role == "entree" and serveur.liste
                constats.append(_look_at(remote, d.appli, role, folder, listed))
    return constats


def _look_at(remote: Remote, appli: str, role: str, folder: str, listed: bool) -> Constat:
    try:
        if listed:
            files = sum(entry.kind == "file" for entry in remote.list(folder))
            return Constat(appli, role, folder, files, None)
        if remote.stat(folder.encode()) is None:
            raise RemoteMissing(f"le serveur ne connaît pas « {folder} »")
    except ConnectionLost:
        raise
    except RemoteFailed as failure:
        return Constat(appli, role, folder, None, failure)
    return Constat(appli, role, folder, None, None)
