"""Does a Factur-X PDF declare the invoice that it really holds? Its conformity to PDF/A-3 is not verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edi.model import Finding, Place
from edi.validators import cards
from edi.validators.scenarios import SCENARIOS, Scenario
from edi.validators.wording import enumerate_all, shown

FICHIER = "factur-x.xml"
NIVEAUX = tuple(dict.fromkeys(s.niveau for s in SCENARIOS if s.niveau))
# The data alone, where the XML is less than the invoice; otherwise also its source, or its equal.
_RELATIONS = {"MINIMUM": ("Data",), "BASIC WL": ("Data",)}
_ANY_RELATION = ("Data", "Alternative", "Source")
_PROPERTIES = {
    "fichier": "fx:DocumentFileName",
    "niveau": "fx:ConformanceLevel",
    "version": "fx:Version",
}


def check(declaration: Mapping[str, str], relation: str, scenario: Scenario) -> Iterator[Finding]:
    """What is wrong in the metadata (keys part, fichier, niveau, version) and in the link to the XML."""
    missing = [name for key, name in _PROPERTIES.items() if key not in declaration]
    place = Place("XMP", None, "Métadonnées du PDF (XMP)")
    if missing:
        constat = f"{enumerate_all(missing)} {'manquent' if len(missing) > 1 else 'manque'}"
        yield cards.PDF_DECLARATION.at(place, "", enumerate_all(missing), constat=constat)
    fichier = declaration.get("fichier", FICHIER)
    if fichier.lower() != FICHIER:
        expected, constat = f"fx:DocumentFileName = {FICHIER}", f"elles nomment la pièce « {shown(fichier)} »"
        yield cards.PDF_DECLARATION.at(place, shown(fichier), expected, constat=constat)
    niveau = declaration.get("niveau", scenario.niveau)
    if _fold(niveau) != _fold(scenario.niveau):
        yield cards.PDF_LEVEL.at(place, shown(niveau), scenario.niveau)
    part = declaration.get("part", "")
    if part != "3":
        constat = f"il se déclare PDF/A-{shown(part)}" if part else "pdfaid:part manque dans ses métadonnées"
        yield cards.PDF_NOT_ARCHIVAL.at(place, shown(part), "3", constat=constat)
    legal = _RELATIONS.get(scenario.niveau, _ANY_RELATION)
    if relation not in legal:
        constat = f"est « {shown(relation)} »" if relation else "n'est pas indiqué"
        where = Place(FICHIER, None, "AFRelationship")
        yield cards.PDF_RELATION.at(where, shown(relation), enumerate_all(legal, "ou"), constat=constat)


def _fold(niveau: str) -> str:
    """A level as it is compared: ``EN16931`` and ``en 16931`` are the same."""
    return "".join(niveau.split()).upper()
