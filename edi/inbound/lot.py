"""One flux opened: a single invoice file, or the files of an archive."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from edi.inbound import cards
from edi.inbound.archive import Membre, read_tar_gz, read_zip
from edi.inbound.display import escape_name, shorten_name, show_size
from edi.inbound.membre import BLOC, contradict, forms_of, judge_size, refuse_type, weigh
from edi.inbound.nature import HEAD, recognise
from edi.inbound.reste import is_companion
from edi.model import Finding, Limites

_ARCHIVES = {"tar.gz": (read_tar_gz, "un gzip"), "zip": (read_zip, "un zip")}


def open_lot(
    path: Path, extension: str, nom: str, limites: Limites, interface: str = ""
) -> Iterator[Membre | Finding]:
    """The files of the flux that lies at ``path`` under a name of ours, and was received as ``nom``.

    ``interface`` tells whether its invoices are XML or PDF; '' when that is recognised file by file.
    A bare Finding refuses the whole flux and ends the stream: nothing that came before it may be accepted.
    Raises OSError when our own disk fails.
    """
    taille, formes = path.stat().st_size, forms_of(interface)
    if not taille:
        yield cards.FLUX_VIDE.at(value=shorten_name(nom), expected="un fichier non vide")
    elif taille > limites.flux:
        yield cards.FLUX_TROP_GROS.at(value=show_size(taille), expected=show_size(limites.flux))
    elif extension in formes:
        yield _open_single(path, extension, nom, limites)
    elif extension in _ARCHIVES:
        yield from _open_archive(path, extension, limites, formes)
    else:
        expected = f"{', '.join(f'.{forme}' for forme in formes)}, .tar.gz ou .zip"
        yield cards.EXTENSION_REFUSEE.at(value=extension or "(aucune)", expected=expected)


def _open_single(path: Path, extension: str, nom: str, limites: Limites) -> Membre:
    with path.open("rb") as source:
        contenu = weigh(iter(partial(source.read, BLOC), b""), limites.fichier)
    findings = [*judge_size(nom, contenu, limites)]
    if contenu.taille and (raison := contradict(recognise(contenu.head), (extension,))):
        findings.append(refuse_type(nom, (extension,), raison))
    return Membre(escape_name(nom), b"" if findings else contenu.data, tuple(findings))


def _open_archive(
    path: Path, extension: str, limites: Limites, formes: tuple[str, ...]
) -> Iterator[Membre | Finding]:
    read, announced = _ARCHIVES[extension]
    with path.open("rb") as source:
        really = recognise(source.read(HEAD)).libelle
    if really and really != announced:
        yield cards.ARCHIVE_ILLISIBLE.at(
            value=really, expected=announced, raison=f"le fichier est en réalité {really}"
        )
        return
    files = companions = 0
    for item in read(path, limites, formes):
        if isinstance(item, Membre) and is_companion(item.nom):
            companions += 1  # put there by us, and left there by the déposant
            continue
        files += isinstance(item, Membre)
        if files > limites.factures:
            limite = str(limites.factures)
            yield cards.TROP_DE_FACTURES.at(value=f"plus de {limite}", expected=limite)
            return
        yield item
        del item  # one file at a time lies in memory
    if companions and not files:
        yield cards.ARCHIVE_SANS_FICHIER.at()
