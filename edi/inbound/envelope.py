"""The name of a flux: ``{INTERFACE}_{APPLI}_{IDFLUX}.{xml,pdf,tar.gz,zip}``. A name is data, never a path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from edi.inbound import cards
from edi.inbound.display import escape_name, shorten_name
from edi.model import Finding, Interface

FACTURX = "FSO1117A"
EXTENSIONS = ("tar.gz", "xml", "pdf", "zip")
FORME = (
    "INTERFACE_APPLI_IDFLUX.xml, .pdf, .tar.gz ou .zip, par exemple "
    "FSO1100A_AAA123_AAA1231100000000000000001.xml"
)

_INTERFACE = re.compile(r"[A-Z]{3}[0-9]{4}[A-Z]")
_APPLI = re.compile(r"[A-Z]{3}[0-9]{3}")
_IDFLUX = re.compile(r"[0-9A-Z]{25}")
_NAMABLE_IDFLUX = re.compile(r"[0-9A-Z]{1,25}")
_FLUX_NAME = re.compile(r"[A-Z]{3}[0-9]{4}[A-Z]_|.*_([A-Z]{3}[0-9]{3})_\1", re.IGNORECASE | re.ASCII)


class Enveloppe(NamedTuple):
    """What a flux's name says. A part that cannot be read, even approximately, is ''."""

    nom: str  # as received, unprintable characters escaped
    interface: str
    appli: str
    idflux: str  # at most 25 of [0-9A-Z]; named even when it is faulty
    extension: str  # "xml", "pdf", "tar.gz", "zip" or ""


def bears_flux_name(nom: str) -> bool:
    """True when ``nom`` begins like a flux name, or holds a code appli and an id that repeats it.

    Such a file is judged by its name; any other may be recognised from its content.
    """
    return _FLUX_NAME.match(nom) is not None


def read_interface(nom: str) -> str:
    """The code interface that a name begins with, or ''."""
    found = nom.partition("_")[0].upper()
    return found if _INTERFACE.fullmatch(found) else ""


def read_name(
    nom: str, appli: str, interfaces: Mapping[str, Interface]
) -> tuple[Enveloppe, tuple[Finding, ...]]:
    """The parts of a flux's name, and every fault in it.

    ``appli`` is the code of the folder it lay in; ``interfaces`` the codes we know. The extension alone
    is read without regard to case.
    """
    stem, extension = _split_extension(nom)
    parts = stem.split("_")
    found, named, idflux = (*parts, "", "")[:3]
    enveloppe = Enveloppe(
        nom=escape_name(nom),
        interface=found.upper() if _INTERFACE.fullmatch(found.upper()) else "",
        appli=named if _APPLI.fullmatch(named) else "",
        idflux=idflux if _NAMABLE_IDFLUX.fullmatch(idflux) else "",
        extension=extension,
    )
    findings = []
    if reasons := tuple(_name_faults(parts)):
        findings.append(
            cards.NOM_MALFORME.at(value=shorten_name(nom), expected=FORME, raison=" ; ".join(reasons))
        )
    if _INTERFACE.fullmatch(found):
        findings.extend(_judge_interface(found, interfaces))
    if enveloppe.appli and enveloppe.appli != appli:
        findings.append(cards.APPLI_ETRANGERE.at(value=enveloppe.appli, expected=appli))
    if len(parts) >= 3 and (reasons := tuple(_idflux_faults(idflux, found, named))):
        expected = f"{enveloppe.appli or appli}, puis {_digits(found) or '4 chiffres'}, puis 15 chiffres"
        findings.append(
            cards.IDFLUX_INCOHERENT.at(
                value=shorten_name(idflux), expected=expected, raison=" ; ".join(reasons)
            )
        )
    if extension == "pdf" and found.upper() != FACTURX:  # only a Factur-X is a PDF
        extension = ""
        enveloppe = enveloppe._replace(extension="")
    if not extension:
        suffix = shorten_name(nom.removeprefix(stem)) or "(aucune)"
        findings.append(
            cards.EXTENSION_REFUSEE.at(value=suffix, expected=".xml, .pdf (Factur-X), .tar.gz ou .zip")
        )
    return enveloppe, tuple(findings)


def _split_extension(nom: str) -> tuple[str, str]:
    for extension in EXTENSIONS:
        if nom.lower().endswith(f".{extension}"):
            return nom[: -len(extension) - 1], extension
    return nom.partition(".")[0], ""


def _name_faults(parts: list[str]) -> Iterator[str]:
    if len(parts) != 3:
        yield f"il compte {len(parts)} au lieu de 3 parties séparées par « _ »"
    if not _INTERFACE.fullmatch(parts[0]):
        yield (
            f"« {shorten_name(parts[0])} » n'est pas un code interface"
            " (3 lettres majuscules, 4 chiffres, 1 lettre majuscule)"
        )
    if len(parts) > 1 and not _APPLI.fullmatch(parts[1]):
        yield (
            f"« {shorten_name(parts[1])} » n'est pas un code application (3 lettres majuscules et 3 chiffres)"
        )


def _judge_interface(code: str, interfaces: Mapping[str, Interface]) -> Iterator[Finding]:
    opened = tuple(known.code for known in interfaces.values() if known.ouverte)
    known = interfaces.get(code)
    if known is None:
        near = get_close_matches(code, opened, n=2) or opened
        yield cards.INTERFACE_INCONNUE.at(value=code, expected=", ".join(near))
    elif not known.ouverte:
        yield cards.INTERFACE_FERMEE.at(value=code, expected=", ".join(opened), libelle=known.libelle)


def _idflux_faults(idflux: str, interface: str, appli: str) -> Iterator[str]:
    if not _IDFLUX.fullmatch(idflux):
        yield (
            f"il compte {len(idflux)} caractère{'s' if len(idflux) > 1 else ''} au lieu de 25"
            if len(idflux) != 25
            else "il contient autre chose que des chiffres et des majuscules sans accent"
        )
    if _APPLI.fullmatch(appli) and not idflux.startswith(appli):
        yield f"il ne commence pas par le code application {appli}"
    number, digits = idflux[6:], _digits(interface)
    # Ids of 19 free characters are admitted; one made of digits alone follows the recommended form.
    if _IDFLUX.fullmatch(idflux) and number.isdigit() and digits and not number.startswith(digits):
        yield f"ses 4 chiffres « {number[:4]} » ne sont pas ceux de l'interface, « {digits} »"


def _digits(interface: str) -> str:
    return interface[3:7] if _INTERFACE.fullmatch(interface) else ""
