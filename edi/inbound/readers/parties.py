"""Which of a party's identifiers is the one it is known by: UBL and CII let it bear several."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from edi.identifiers import siret_is_well_formed
from edi.inbound.readers.fields import Reading, text_of
from edi.model import SIREN, SIRET, Identifiant, Partie

# Scheme of an identifier -> the type of our Identifiant. ISO 6523: 0009 SIRET, 0002 SIREN.
_CHORUS = {str(n): str(n) for n in range(1, 8)}
_SCHEMES = {**_CHORUS, "0009": SIRET, "0002": SIREN}
_SERVICE_SCHEME = "0224"  # a code of the buyer's own: its service, not its identity

IsNaming = Callable[[etree._Element], bool]  # does an element name a party, or only its address or taxes?


def read_partie(reading: Reading, name: str, is_naming: IsNaming) -> Partie:
    """A party under the best of its identifiers: a SIRET, a type of Chorus Pro, a SIREN, then any."""
    best, rank = None, 5
    for element in reading.candidates(name):
        worth = _rank(element, is_naming)
        if worth < rank:
            best, rank = element, worth
    reading.found(name, best)
    identifiant = Identifiant("", "") if best is None else _identifiant(best, is_naming)
    return Partie(identifiant, reading.text(f"{name}_nom"), reading.text(f"{name}_pays"))


def is_typed_by_chorus(element: etree._Element) -> bool:
    """Whether an identifier bears one of Chorus Pro's own types, 1 to 7."""
    return any(scheme in _CHORUS for scheme in _schemes(element))


def _rank(element: etree._Element, is_naming: IsNaming) -> int:
    type_, valeur = _identifiant(element, is_naming)
    if type_ == _SERVICE_SCHEME:
        return 5
    if not valeur:
        return 4
    if not is_naming(element):
        return 3
    return 0 if type_ == SIRET else 2 if type_ == SIREN else 1 if type_ in _SCHEMES else 3


def _schemes(element: etree._Element) -> list[str]:
    return [element.get(name, "").strip() for name in ("schemeID", "schemeName")]


def _identifiant(element: etree._Element, is_naming: IsNaming) -> Identifiant:
    """An identifier with its scheme; the raw scheme where it is none of ours, so that rules can tell it."""
    valeur = text_of(element)
    schemes = _schemes(element)
    if is_naming(element):
        ours = [_SCHEMES[scheme] for scheme in schemes if scheme in _SCHEMES]
        if ours:
            return Identifiant(ours[0], valeur)
        if not any(schemes) and siret_is_well_formed(valeur):
            return Identifiant(SIRET, valeur)
    return Identifiant(next(filter(None, schemes), ""), valeur)
