"""One file of a lot: may it be judged as an invoice? Also what every archive format has in common."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from edi.inbound import cards
from edi.inbound.display import escape_name, shorten_name, show_size
from edi.inbound.nature import ARCHIVE_EXTENSIONS, HEAD, Nature, recognise
from edi.model import Card, Finding, Limites

BLOC = 64 * 1024  # bytes read, or expanded, in one go
LONGEST_NAME = 200  # characters, folders included
RATIO_FROM = 10 * 1024**2  # expanded bytes below which a high ratio is no danger
FACTURX = "FSO1117A"  # the one interface whose invoices are PDF
XML, PDF = "xml", "pdf"
_CONTROL = frozenset({"Cc", "Cf", "Zl", "Zp"})  # Cf: marks that reorder or hide what is read


class Membre(NamedTuple):
    """One file of a lot. Its bytes are kept only when nothing was found against it."""

    nom: str  # escaped: fit to be shown, stored and sent
    data: bytes
    findings: tuple[Finding, ...] = ()


class ArchiveRefused(Exception):
    """Carries the finding that refuses the whole archive up to the function that yields it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class ArchiveCut(ArchiveRefused):
    """The archive stops before its end: what is there may be right, and the rest may still come."""


def unreadable(raison: str) -> ArchiveRefused:
    """An archive that cannot be read, and why."""
    return ArchiveRefused(cards.ARCHIVE_ILLISIBLE.at(raison=raison))


def cut(raison: str) -> ArchiveCut:
    """An archive that stops before its end, and how that is seen."""
    return ArchiveCut(cards.ARCHIVE_ILLISIBLE.at(raison=raison))


@dataclass(slots=True)
class Compteur:
    """Counts what an archive really holds, and refuses it as soon as that is too much."""

    disque: int  # bytes of the archive itself
    limites: Limites
    octets: int = 0
    entrees: int = 0
    _noms: dict[str, str] = field(default_factory=dict)

    def add_bytes(self, octets: int) -> None:
        """Some more expanded bytes. Raises ArchiveRefused beyond the limits."""
        self.octets += octets
        ratio = self.limites.ratio
        limite = min(self.limites.flux, max(RATIO_FROM, self.disque * ratio))
        if self.octets > self.limites.flux:
            raison = f"elle dépasse {show_size(self.limites.flux)}"
        elif self.octets > RATIO_FROM and self.octets > self.disque * ratio:
            raison = f"elle dépasse {ratio} fois sa taille de {show_size(self.disque)}"
        else:
            return
        raise ArchiveRefused(
            cards.EXPANSION_EXCESSIVE.at(
                value=show_size(self.octets), expected=f"{show_size(limite)} au plus", raison=raison
            )
        )

    def add_entry(self, nom: str) -> None:
        """One more entry of any kind. Raises ArchiveRefused for one too many, or a dangerous path."""
        self.entrees += 1
        if self.entrees > self.limites.entrees:
            limite = str(self.limites.entrees)
            raise ArchiveRefused(cards.TROP_D_ENTREES.at(value=str(self.entrees), expected=limite))
        if _leaves_folder(nom):
            raise ArchiveRefused(cards.CHEMIN_INTERDIT.at(value=shorten_name(nom)))

    def add_file(self, nom: str) -> None:
        """One more file. Raises ArchiveRefused for a second one of the same name.

        Names that differ only in case, or in how an accent is written, are the same: on many disks one
        of the two files would replace the other.
        """
        key = unicodedata.normalize("NFC", "/".join(_components(nom)).casefold())
        if key in self._noms:
            premier = shorten_name(self._noms[key])
            raise ArchiveRefused(cards.NOM_EN_DOUBLE.at(value=shorten_name(nom), premier=premier))
        self._noms[key] = nom


class Contenu(NamedTuple):
    """Bytes that were weighed: ``data`` is empty when they are more than the limit."""

    data: bytes
    taille: int
    head: bytes  # the first bytes, whatever the size


def weigh(chunks: Iterable[bytes], limite: int) -> Contenu:
    """All of ``chunks``, keeping no more than ``limite`` bytes of them."""
    kept, taille, head = io.BytesIO(), 0, b""
    for chunk in chunks:
        head += chunk[: HEAD - len(head)]
        taille += len(chunk)
        if taille <= limite:
            kept.write(chunk)
        else:
            kept = io.BytesIO()
    return Contenu(kept.getvalue(), taille, head)


def forms_of(interface: str) -> tuple[str, ...]:
    """The forms, as extensions, that the invoices of an interface take; all of them when it is not known."""
    if not interface:
        return XML, PDF
    return (PDF,) if interface == FACTURX else (XML,)


def admit(nom: str, contenu: Contenu, limites: Limites, formes: tuple[str, ...] = (XML,)) -> Membre:
    """A file taken out of an archive, with every fault of its name, size and type."""
    findings = [*_judge_name(nom), *judge_size(nom, contenu, limites)]
    nature = recognise(contenu.head)
    _, dot, suffix = nom.lower().rpartition("/")[2].rpartition(".")
    suffix = suffix if dot else ""
    legal = (suffix,) if suffix in formes else formes
    if contenu.taille and (raison := contradict(nature, legal)):
        findings.append(refuse_type(nom, legal, raison))
    elif suffix not in formes:
        raison = f"son extension est « .{shorten_name(suffix)} »" if suffix else "il n'a pas d'extension"
        findings.append(refuse_type(nom, formes, raison))
    if nature.archive or suffix in ARCHIVE_EXTENSIONS:
        findings.append(cards.ARCHIVE_IMBRIQUEE.at(value=shorten_name(nom)))
    shown = escape_name(nom.removeprefix("./"))
    return Membre(shown, b"" if findings else contenu.data, tuple(findings))


def judge_size(nom: str, contenu: Contenu, limites: Limites) -> Iterator[Finding]:
    """Is the file empty, or too large?"""
    if not contenu.taille:
        yield cards.FICHIER_VIDE.at(value=shorten_name(nom))
    if contenu.taille > limites.fichier:
        taille, limite = show_size(contenu.taille), show_size(limites.fichier)
        yield cards.FICHIER_TROP_GROS.at(value=taille, expected=limite, nom=shorten_name(nom))


def contradict(nature: Nature, formes: tuple[str, ...]) -> str:
    """Why bytes of this nature are of none of these forms; '' when they may be."""
    if XML in formes and (nature.xml or not nature.libelle):
        return ""
    if nature.libelle:
        return "" if nature.pdf and PDF in formes else f"c'est en réalité {nature.libelle}"
    return "ce n'est pas un PDF"


def refuse_type(nom: str, formes: tuple[str, ...], raison: str) -> Finding:
    """The file is of no form that an invoice of its flux may take."""
    expected = " ou ".join(f".{forme}" for forme in formes)
    return cards.FICHIER_DE_TYPE_REFUSE.at(
        value=shorten_name(nom), expected=expected, raison=raison, format=" ou ".join(formes)
    )


def _judge_name(nom: str) -> Iterator[Finding]:
    categories = {unicodedata.category(character) for character in nom}
    card = cards.FICHIER_MAL_NOMME
    if not nom:
        yield _at(card, nom, "un nom non vide", "il est vide")
    if "Cs" in categories:
        yield _at(card, nom, "un nom sans accent, ou codé en UTF-8", "il n'est pas codé en UTF-8")
    if categories & _CONTROL:
        yield _at(card, nom, "lettres, chiffres, tiret et point", "il contient des caractères de commande")
    if len(nom) > LONGEST_NAME:
        expected = f"{LONGEST_NAME} caractères au plus"
        yield _at(card, nom, expected, f"il compte {len(nom)} caractères")


def _at(card: Card, nom: str, expected: str, raison: str) -> Finding:
    return card.at(value=shorten_name(nom), expected=expected, raison=raison)


def _components(nom: str) -> list[str]:
    return [part for part in nom.replace("\\", "/").split("/") if part not in ("", ".")]


def _leaves_folder(nom: str) -> bool:
    """True for an absolute path, Unix or Windows, and for one that climbs. A backslash separates too."""
    drive = len(nom) > 1 and nom[1] == ":" and nom[0].isascii() and nom[0].isalpha()
    return nom.startswith(("/", "\\")) or drive or ".." in _components(nom)
