"""What of a flux the antivirus is shown, and what comes of it.

clamd opens archives and PDF by itself, but no base64: so it is shown the flux as received, each file of it,
and each file attached inside one, out of its base64, then out of its zip: two readers of one zip need not see
the same in it. One of them lies in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import structlog
from lxml import etree

from edi import xml
from edi.antivirus import INFECTE, SAIN, Scan, tell
from edi.inbound.membre import BLOC, Membre
from edi.inbound.readers import facturx
from edi.inbound.readers.pieces import contents, unwrap
from edi.model import Finding, Limites, Place, Severity

log = structlog.get_logger()

Scanner = Callable[[Iterable[bytes]], Scan]

_PDF = b"%PDF-"


def examine_flux(path: Path, nom: str, scanner: Scanner) -> Finding | None:
    """What the antivirus has against the bytes of a whole flux. Raises OSError when our own disk fails."""
    with path.open("rb") as source:
        found = scanner(iter(partial(source.read, BLOC), b""))
    return _tell(found, nom)


def examine_members(
    members: Iterable[Membre | Finding], scanner: Scanner, limites: Limites
) -> Iterator[Membre | Finding]:
    """The same files, the infected ones without their bytes; a bare finding, last, when nobody can say."""
    for member in members:
        if isinstance(member, Finding) or member.findings:
            yield member
            continue
        found = examine_file(member.nom, member.data, scanner, limites)
        if found is not None and found.severity == Severity.HOLD:
            yield found
            return
        yield member if found is None else Membre(member.nom, b"", (found,))
        del member  # one file at a time lies in memory


def recall_members(
    members: Iterable[Membre | Finding], infected: Mapping[str, Finding]
) -> Iterator[Membre | Finding]:
    """The same files, without the bytes of those that the antivirus had something against, by name."""
    for member in members:
        known = None if isinstance(member, Finding) else infected.get(member.nom)
        yield member if known is None or isinstance(member, Finding) else Membre(member.nom, b"", (known,))
        del member


def examine_file(nom: str, data: bytes, scanner: Scanner, limites: Limites) -> Finding | None:
    """What the antivirus has against one file, or against a file attached inside it."""
    found = _tell(scanner((data,)), nom)
    if found is not None:
        return found
    try:
        prefix, tree = _open(data, limites)
    except (facturx.PdfRefused, xml.XmlRefused):
        return None  # it will be refused for that
    for element in contents(tree):
        for layer in unwrap(element.text or "", limites.piece_jointe):
            scan = scanner((layer,))
            if scan.etat != SAIN:
                place = Place(f"{prefix}{xml.where(element)}", xml.line_of(element))
                return _tell(scan, nom, place)
    return None


def _open(data: bytes, limites: Limites) -> tuple[str, etree._ElementTree]:
    """The XML of an invoice, and what precedes the paths in it. Raises PdfRefused, XmlRefused."""
    if data.startswith(_PDF):
        return facturx.PREFIXE, xml.parse(facturx.open_pdf(data, limites.fichier).data)
    return "", xml.parse(data)


def _tell(scan: Scan, nom: str, place: Place = Place()) -> Finding | None:
    if scan.etat not in (SAIN, INFECTE):
        log.warning("antivirus_undecided", etat=scan.etat, raison=scan.raison)
    return tell(scan, nom, place)
