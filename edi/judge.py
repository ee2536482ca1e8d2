"""One file's judgement: bytes in, invoices and findings out.

Pure and picklable, so that it runs in process, in a pool or on a cluster alike. It asks no clock, disk or
registry; a bad document never raises, only a broken installation does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from lxml import etree

from edi import xml
from edi.inbound.readers import cpp, ubl
from edi.model import (
    Facture,
    FactureJugee,
    FichierJuge,
    Finding,
    Limites,
    Place,
    Politique,
)
from edi.validators import cards, catalogue, rules, schema
from edi.validators.scenarios import (
    DOCUMENTS,
    INTERFACES,
    SCENARIOS,
    Document,
    Scenario,
    find_scenario,
    name_document,
)
from edi.validators.wording import enumerate_all, shown

Reader = Callable[[etree._ElementTree, int], tuple[Facture, ...]]
READERS: Mapping[str, Reader] = {"ubl": ubl.read, "cpp": cpp.read}

_ROOTS = frozenset(scenario.racine for scenario in SCENARIOS)
_XML_CARDS = {"doctype": cards.XML_DOCTYPE, "encoding": cards.XML_ENCODING, "malformed": cards.XML_MALFORMED}


@dataclass(frozen=True, slots=True)
class Demande:
    """What a file is judged by, besides its bytes."""

    interface: str  # announced by the flux; '' to recognise it from the content
    jour: date  # of the deposit, in Europe/Paris
    politique: Politique
    limites: Limites


def judge(nom: str, data: bytes, demande: Demande) -> FichierJuge:
    """The judgement of one file. Raises SchemaUnavailable when a schema of ours is missing or altered."""
    try:
        racine = xml.sniff(data)
        stranger = _refuse_format(racine, demande.interface)
        if stranger is not None:
            return FichierJuge(nom, demande.interface, findings=(stranger,))
        tree = xml.parse(data)
    except xml.XmlRefused as refused:
        return FichierJuge(nom, demande.interface, findings=(_tell_refused(refused, data, demande),))
    scenario = find_scenario(racine, ubl.read_profil(tree))
    assert scenario is not None  # its root is known, and each root has a scenario for any profile
    by_schema = schema.validate(tree, scenario.schema)
    factures = READERS[scenario.lecteur](tree, demande.limites.piece_jointe)
    if by_schema and not any(map(_is_readable, factures)):
        return FichierJuge(nom, scenario.interface, findings=by_schema)
    return _judge_factures(nom, scenario, factures, by_schema, demande)


def _judge_factures(
    nom: str,
    scenario: Scenario,
    factures: tuple[Facture, ...],
    by_schema: tuple[Finding, ...],
    demande: Demande,
) -> FichierJuge:
    """Rules run even on what the schema refused, so that all faults are told at once, each of them once."""
    homes = _sort_by_facture(by_schema, factures)
    of_file = homes.pop("", ())
    told = {finding.location for finding in by_schema}
    jugees = []
    for facture in factures:
        own = homes.get(facture.place("facture").path, ())
        context = rules.Context(facture, scenario.famille, demande.politique, demande.limites, demande.jour)
        by_rules = (f for f in rules.run(catalogue.DOCUMENT_RULES, context) if f.location not in told)
        # A fault of the file condemns each of its invoices: none may pass with a broken envelope.
        jugees.append(FactureJugee(facture, (*of_file, *_name_terms(own, facture), *by_rules)))
    return FichierJuge(nom, scenario.interface, tuple(jugees), of_file, scenario.id)


def _is_readable(facture: Facture) -> bool:
    parties = (facture.fournisseur, facture.destinataire)
    return bool(facture.numero or any(partie.identifiant.valeur for partie in parties))


def _sort_by_facture(
    findings: tuple[Finding, ...], factures: tuple[Facture, ...]
) -> dict[str, tuple[Finding, ...]]:
    """Findings by the path of the invoice they lie in; under '' those that lie in none."""
    paths = {facture.place("facture").path for facture in factures}
    homes: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        home = finding.location
        while home and home not in paths:
            home = home.rpartition("/")[0]
        homes[home] = (*homes.get(home, ()), finding)
    return homes


def _name_terms(findings: tuple[Finding, ...], facture: Facture) -> list[Finding]:
    """The same findings, with the trade's name for the field they stand at."""
    terms = {place.path: place.term for place in facture.places.values()}
    return [replace(finding, term=finding.term or terms.get(finding.location, "")) for finding in findings]


# -- documents that are not judged ------------------------------------------------------------------------


def _tell_refused(refused: xml.XmlRefused, data: bytes, demande: Demande) -> Finding:
    document = name_document(data=data)
    if document is not None:
        return _tell_other(document, demande.interface, Place())
    line, column = refused.line, refused.column
    place = Place(f"{line}:{column or 1}" if line else "", line)
    endroit = f" (ligne {line}{f', colonne {column}' if column else ''})" if line else ""
    return _XML_CARDS[refused.kind].at(place, raison=refused.reason, endroit=endroit)


def _refuse_format(racine: str, interface: str) -> Finding | None:
    """Why a root may not come in this flux; None when it may."""
    local = racine.rpartition("}")[2]
    place = Place(f"/{local}", None)
    if racine not in _ROOTS:
        document = DOCUMENTS.get(racine)
        if document is not None:
            return _tell_other(document, interface, place)
        opened = [f"{i.code} ({i.libelle})" for i in INTERFACES.values() if i.ouverte]
        words = {"attendu": _announced(interface)}
        return cards.FORMAT_UNKNOWN.at(place, shown(local), enumerate_all(opened, "ou"), **words)
    scenario = next(scenario for scenario in SCENARIOS if scenario.racine == racine)
    if interface in ("", scenario.interface):
        return None
    own = INTERFACES[scenario.interface]
    return _tell_other(Document(f"un document « {own.libelle} »", own.code), interface, place)


def _announced(interface: str) -> str:
    known = INTERFACES.get(interface)
    if known is None:
        return "qu'une facture est attendue"
    return f"que le flux est annoncé sous le code interface {known.code} ({known.libelle})"


def _tell_other(document: Document, interface: str, place: Place) -> Finding:
    right = INTERFACES.get(document.interface)
    if right is None or right.code == interface:
        conseil = "Le déposant retire ce fichier du flux et dépose la facture dans un format reçu."
    elif right.ouverte:
        conseil = f"Le déposant envoie ce fichier dans un flux de code interface {right.code}."
    else:
        conseil = (
            f"Ce format ({right.code}) n'est pas encore reçu par cette plateforme : le déposant envoie la "
            "facture dans un format reçu."
        )
    words = {"attendu": _announced(interface), "conseil": conseil}
    return cards.FORMAT_OTHER.at(place, document.libelle, document.interface, **words)
