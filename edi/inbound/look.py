"""Looking at the folders of a server: which files are still, new and admissible. Nothing is taken here."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase

from edi.inbound.display import shorten_name, show_size
from edi.inbound.distant import Ennui, Place, Wanted, told
from edi.inbound.ready import Stamp, Tracker, is_candidate
from edi.model import Dossier, Serveur
from edi.sftp import ConnectionLost, ContentRefused, Remote, RemoteEntry, RemoteFailed, join

_LONGEST_MANIFEST = 4096  # bytes


def look(
    remote: Remote,
    place: Place,
    still_at_once: Collection[str],
    limite: int,
    pause: Callable[[float], None],
) -> tuple[list[Wanted], list[Ennui]]:
    """What there is to take on a server, oldest first, and what must not be taken.

    A file is still when ``serveur.observations`` looks, ``serveur.pas`` seconds apart by our clock, saw the
    same size and mtime; one look is enough for the déposants of ``still_at_once``: they write aside and
    rename.
    ``limite``: bytes past which a file is not fetched.
    """
    serveur = place.serveur
    trackers = {d: Tracker() for d in serveur.dossiers if d.entree}
    looks = {d: 1 if d.appli in still_at_once else serveur.observations for d in trackers}
    seen: dict[Dossier, tuple[dict[str, Wanted], list[Ennui]]] = {}
    wanted: list[Wanted] = []
    for rank in range(serveur.observations):
        seen = {dossier: _see(remote, place, dossier, limite) for dossier in trackers}
        wanted = [w for d, tracker in trackers.items() for w in _still(seen[d][0], tracker, looks[d])]
        growing = sum(len(files) for files, _ in seen.values()) - len(wanted)
        if not growing or rank == serveur.observations - 1 or place.halted():
            break
        pause(serveur.pas)
    wanted.sort(key=lambda w: (w.entry.mtime, w.nom))
    return wanted, [ennui for _, ennuis in seen.values() for ennui in ennuis]


def _still(files: Mapping[str, Wanted], tracker: Tracker, looks: int) -> list[Wanted]:
    tracker.observe({nom: Stamp(0, w.entry.size, w.entry.mtime) for nom, w in files.items()})
    return [files[nom] for nom in sorted(files) if tracker.times(nom) >= looks]


def _see(
    remote: Remote, place: Place, dossier: Dossier, limite: int
) -> tuple[dict[str, Wanted], list[Ennui]]:
    """One look at one folder: what may be taken by name, and what is refused."""
    serveur, ennuis = place.serveur, []
    try:
        entries = _entries(remote, serveur, dossier)
    except ConnectionLost:
        raise
    except RemoteFailed as failure:
        return {}, [told(serveur, dossier.appli, "", failure)]
    found: dict[str, Wanted] = {}
    for entry in entries:
        nom = entry.nom
        refusal = _refusal(entry, limite)
        if entry.kind == "folder" or (nom is not None and not _is_wanted(nom, dossier)):
            continue
        if nom is None or refusal:
            shown = shorten_name(os.fsdecode(entry.raw))
            ennuis.append(told(serveur, dossier.appli, shown, ContentRefused(f"« {shown} » : {refusal}")))
            continue
        found[nom] = Wanted(dossier, entry, nom)
    for old in place.journal.standing(serveur.nom, dossier.entree, found):
        if (old.taille, old.mtime) == (found[old.nom].entry.size, found[old.nom].entry.mtime):
            found.pop(old.nom)
    return _with_manifest(remote, serveur, dossier, found, {e.raw: e for e in entries}, ennuis), ennuis


def _entries(remote: Remote, serveur: Serveur, dossier: Dossier) -> list[RemoteEntry]:
    if serveur.liste:
        return remote.list(dossier.entree)
    noms = (*dossier.noms, *(nom + dossier.manifeste for nom in dossier.noms if dossier.manifeste))
    return [seen for nom in noms if (seen := remote.stat(join(dossier.entree, nom))) is not None]


def _is_wanted(nom: str, dossier: Dossier) -> bool:
    if dossier.manifeste and nom.endswith(dossier.manifeste):
        return False
    return is_candidate(nom) and any(fnmatchcase(nom, pattern) for pattern in dossier.noms)


def _refusal(entry: RemoteEntry, limite: int) -> str:
    """Why a file must not be taken; "" when it may."""
    if entry.nom is None:
        return "ce nom est inadmissible (caractère de contrôle, « / », ou autre codage que UTF-8)"
    if entry.kind != "file":
        return "ce n'est pas un fichier ordinaire"
    if entry.size > limite:
        return f"{show_size(entry.size)}, la limite d'un flux est de {show_size(limite)}"
    return ""


def _with_manifest(
    remote: Remote,
    serveur: Serveur,
    dossier: Dossier,
    found: dict[str, Wanted],
    entries: Mapping[bytes, RemoteEntry],
    ennuis: list[Ennui],
) -> dict[str, Wanted]:
    """Where files have a manifest, those whose manifest is there, with the sha256 that it says."""
    if not dossier.manifeste:
        return found
    complete = {}
    for nom, wanted in found.items():
        manifest = entries.get((nom + dossier.manifeste).encode())
        if manifest is None:
            continue  # its sender has not finished
        try:
            sha256 = _read_manifest(remote, dossier, nom, manifest)
        except ContentRefused as failure:
            ennuis.append(told(serveur, dossier.appli, nom, failure))
        else:
            complete[nom] = wanted._replace(sha256=sha256)
    return complete


def _read_manifest(remote: Remote, dossier: Dossier, nom: str, manifest: RemoteEntry) -> str:
    """The sha256 of a manifest in the form of ``sha256sum``. Raises ContentRefused."""
    size = min(manifest.size, _LONGEST_MANIFEST)
    words = remote.read(join(dossier.entree, manifest.raw), size).split()
    sha256 = words[0].lower().decode("ascii", "replace") if words else ""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ContentRefused(f"le manifeste « {nom}{dossier.manifeste} » ne donne pas de SHA-256")
    return sha256
