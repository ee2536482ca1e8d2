"""One flux opened: a single invoice file, or the files of an archive."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from edi.inbound import cards
from edi.inbound.archive import Membre, read_tar_gz, read_zip
from edi.inbound.display import escape_name, shorten_name, show_size
from edi.inbound.membre import BLOC, judge_size, refuse_type, weigh
from edi.inbound.nature import HEAD, recognise
from edi.model import Finding, Limites

_ARCHIVES = {"tar.gz": (read_tar_gz, "un gzip"), "zip": (read_zip, "un zip")}


def open_lot(path: Path, extension: str, nom: str, limites: Limites) -> Iterator[Membre | Finding]:
    """The files of the flux that lies at ``path`` under a name of ours, and was received as ``nom``.

    A bare Finding refuses the whole flux and ends the stream: nothing that came before it may be accepted.
    Raises OSError when our own disk fails.
    """
    taille = path.stat().st_size
    if not taille:
        yield cards.FLUX_VIDE.at(value=shorten_name(nom), expected="un fichier non vide")
    elif taille > limites.flux:
        yield cards.FLUX_TROP_GROS.at(value=show_size(taille), expected=show_size(limites.flux))
    elif extension == "xml":
        yield _open_single(path, nom, limites)
    elif extension in _ARCHIVES:
        yield from _open_archive(path, extension, limites)
    else:
        yield cards.EXTENSION_REFUSEE.at(value=extension or "(aucune)", expected=".xml, .tar.gz ou .zip")


def _open_single(path: Path, nom: str, limites: Limites) -> Membre:
    with path.open("rb") as source:
        contenu = weigh(iter(partial(source.read, BLOC), b""), limites.fichier)
    findings = [*judge_size(nom, contenu, limites)]
    nature = recognise(contenu.head)
    if nature.libelle and not nature.xml:
        findings.append(refuse_type(nom, nature))
    return Membre(escape_name(nom), b"" if findings else contenu.data, tuple(findings))


def _open_archive(path: Path, extension: str, limites: Limites) -> Iterator[Membre | Finding]:
    read, announced = _ARCHIVES[extension]
    with path.open("rb") as source:
        really = recognise(source.read(HEAD)).libelle
    if really and really != announced:
        yield cards.ARCHIVE_ILLISIBLE.at(
            value=really, expected=announced, raison=f"le fichier est en réalité {really}"
        )
        return
    files = 0
    for item in read(path, limites):
        files += isinstance(item, Membre)
        if files > limites.factures:
            limite = str(limites.factures)
            yield cards.TROP_DE_FACTURES.at(value=f"plus de {limite}", expected=limite)
            return
        yield item
