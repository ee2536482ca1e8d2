"""Which of a party's identifiers is the one it is known by: UBL and CII let it bear several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edi.identifiers import siret_is_well_formed
from edi.inbound.readers.fields import Reading, text_of
from edi.inbound.readers.nodes import Row
from edi.model import SIREN, SIRET, Identifiant, Partie

# Scheme of an identifier -> the type of our Identifiant. ISO 6523: 0009 SIRET, 0002 SIREN.
_CHORUS = {str(n): str(n) for n in range(1, 8)}
_SCHEMES = {**_CHORUS, "0009": SIRET, "0002": SIREN}
_SERVICE_SCHEME = "0224"  # a code of the buyer's own: its service, not its identity

Naming = frozenset[str]  # elements whose identifiers name a party, and not only its address or its taxes


def read_partie(reading: Reading, name: str, naming: Naming) -> Partie:
    """A party under the best of its identifiers: a SIRET, a type of Chorus Pro, a SIREN, then any."""
    best, rank, identifiant = None, 5, Identifiant("", "")
    for row in reading.candidates(name):
        names_party = row.above is not None and row.above.node.e.tag in naming
        found = _identifiant(row, names_party)
        worth = _rank(found, names_party)
        if worth < rank:
            best, rank, identifiant = row, worth, found
        if rank == 0:
            break
    reading.found(name, best)
    return Partie(identifiant, reading.text(f"{name}_nom"), reading.text(f"{name}_pays"))


def identifying_rows(reading: Reading, parties: Mapping[str, tuple[str, ...]]) -> Iterator[Row]:
    """Every identifier of the fournisseur and of the destinataire themselves."""
    for partie in ("fournisseur", "destinataire"):
        for path in parties[partie]:
            yield from reading.rows(path)


def is_typed_by_chorus(row: Row) -> bool:
    """Whether an identifier bears one of Chorus Pro's own types, 1 to 7."""
    return any(scheme in _CHORUS for scheme in _schemes(row))


def _rank(identifiant: Identifiant, names_party: bool) -> int:
    type_, valeur = identifiant
    if type_ == _SERVICE_SCHEME:
        return 5
    if not valeur:
        return 4
    if not names_party:
        return 3
    return 0 if type_ == SIRET else 2 if type_ == SIREN else 1 if type_ in _SCHEMES else 3


def _schemes(row: Row) -> list[str]:
    element = row.node.e
    return [element.get(name, "").strip() for name in ("schemeID", "schemeName")]


def _identifiant(row: Row, names_party: bool) -> Identifiant:
    """An identifier with its scheme; the raw scheme where it is none of ours, so that rules can tell it."""
    valeur = text_of(row)
    schemes = _schemes(row)
    if names_party:
        ours = [_SCHEMES[scheme] for scheme in schemes if scheme in _SCHEMES]
        if ours:
            return Identifiant(ours[0], valeur)
        if not any(schemes) and siret_is_well_formed(valeur):
            return Identifiant(SIRET, valeur)
    return Identifiant(next(filter(None, schemes), ""), valeur)
