"""What a file is, by its bytes: the interface that takes it, and the extension of its flux."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from edi import sceau
from edi.document import DocumentRefused, open_document
from edi.inbound.archive import Membre
from edi.inbound.display import show_size
from edi.inbound.lot import open_lot
from edi.inbound.nature import HEAD, recognise
from edi.model import FichierRefuse, Finding, GenreDepot, Limites
from edi.validators import cards

MIXTE = "FSO1113A"  # CPPFactureMixte: carries a PDF, and the data that were typed beside it
_EXTENSIONS = {"un zip": "zip", "un gzip": "tar.gz", "un PDF": "pdf", "un document XML": "xml"}
_ASKED = 20  # files of a lot that are looked into for its interface
_RIEN = "rien n'a été déposé"
_CONSIGNE = (
    "Déposez une facture XML (UBL, CII, CPPFactureMixte), un Factur-X, un PDF avec ses données saisies, "
    "ou un lot tar.gz ou zip de tels fichiers."
)


class Reconnu(NamedTuple):
    """What a file is."""

    genre: GenreDepot
    interface: str
    extension: str  # of the flux that it becomes
    signe: bool = False  # a PDF that bears a signature


def recognise_file(path: Path, origine: str, limites: Limites) -> Reconnu:
    """What was handed in under the name ``origine``. Raises FichierRefuse, OSError."""
    with path.open("rb") as source:
        head = source.read(HEAD)
    if not head:
        raise FichierRefuse(f"Ce fichier est vide : {_RIEN}.")
    nature = recognise(head)
    extension = _EXTENSIONS.get(nature.libelle, "")
    if not extension:
        what = f"est {nature.libelle}" if nature.libelle else "n'est ni un XML, ni un PDF, ni une archive"
        raise FichierRefuse(f"Ce fichier {what} : {_RIEN}. {_CONSIGNE}")
    members = open_lot(path, extension, origine, limites)
    if extension in ("xml", "pdf"):
        return _recognise_single(next(members), extension, limites)
    return Reconnu(GenreDepot.LOT, _find_interface(members, limites), extension)


def _recognise_single(member: Membre | Finding, extension: str, limites: Limites) -> Reconnu:
    if isinstance(member, Finding):
        raise _refuse(member)
    if member.findings:
        raise _refuse(member.findings[0])
    signed = extension == "pdf" and any(sceau.find(member.data, None, ()))
    try:
        scenario = open_document(member.data, "", limites.fichier).scenario
    except DocumentRefused as refused:
        if refused.finding.code != cards.PDF_WITHOUT_INVOICE.code:
            raise _refuse(refused.finding) from None
        if len(member.data) > limites.piece_jointe:
            most = show_size(limites.piece_jointe)
            raise FichierRefuse(
                f"Ce PDF dépasse {most}, le plus qu'une facture peut joindre : {_RIEN}."
            ) from None
        return Reconnu(GenreDepot.PDF, MIXTE, "xml", signed)
    if scenario.pdf:
        return Reconnu(GenreDepot.FACTURX, scenario.interface, extension, signed)
    genre = GenreDepot.MIXTE if scenario.mixte else GenreDepot.STRUCTURE
    return Reconnu(genre, scenario.interface, extension)


def _find_interface(members: Iterator[Membre | Finding], limites: Limites) -> str:
    """That of the first invoice that can be recognised: those of another one are refused by the judgement."""
    first: Finding | None = None
    for member in islice(members, _ASKED):
        if isinstance(member, Finding):
            raise _refuse(member)
        if member.findings:
            first = first or member.findings[0]
            continue
        try:
            return open_document(member.data, "", limites.fichier).scenario.interface
        except DocumentRefused as refused:
            first = first or refused.finding
    if first is None:
        raise FichierRefuse(f"Ce lot ne contient aucun fichier : {_RIEN}. {_CONSIGNE}")
    raise _refuse(first)


def _refuse(finding: Finding) -> FichierRefuse:
    return FichierRefuse(f"Ce fichier ne peut pas devenir un flux : {_RIEN}.", finding)
