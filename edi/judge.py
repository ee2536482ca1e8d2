"""One file's judgement: bytes in, invoices and findings out.

Pure and picklable, so that it runs in process, in a pool or on a cluster alike. It asks no clock, disk or
registry; a bad document never raises, only a broken installation does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from lxml import etree

from edi import xml
from edi.inbound.readers import cii, cpp, facturx, ubl
from edi.inbound.readers.signes import Signes
from edi.model import (
    Facture,
    FactureJugee,
    FichierJuge,
    Finding,
    Limites,
    Place,
    Politique,
)
from edi.validators import cards, catalogue, declaration, rules, schema
from edi.validators.scenarios import (
    DOCUMENTS,
    INTERFACES,
    SCENARIOS,
    Document,
    Scenario,
    admits,
    find_scenario,
    name_document,
)
from edi.validators.schematron.packs import pack_on
from edi.validators.schematron.runner import apply_all
from edi.validators.wording import enumerate_all, shown, size

Reader = Callable[[etree._ElementTree, int], tuple[Facture, ...]]
READERS: Mapping[str, Reader] = {"ubl": ubl.read, "cii": cii.read, "facturx": facturx.read, "cpp": cpp.read}
SIGNES: Mapping[str, Callable[[etree._ElementTree], Signes]] = {
    "ubl": ubl.read_signes,
    "cii": cii.read_signes,
    "facturx": cii.read_signes,
}

_PDF = b"%PDF-"
_LECTEURS = {scenario.racine: scenario.lecteur for scenario in SCENARIOS}
_XML_CARDS = {"doctype": cards.XML_DOCTYPE, "encoding": cards.XML_ENCODING, "malformed": cards.XML_MALFORMED}


@dataclass(frozen=True, slots=True)
class Demande:
    """What a file is judged by, besides its bytes."""

    interface: str  # announced by the flux; '' to recognise it from the content
    jour: date  # of the deposit, in Europe/Paris
    politique: Politique
    limites: Limites


class _Refused(Exception):
    """Carries the one finding that refuses a file up to the function that tells it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class _Document(NamedTuple):
    """A document that was recognised: its XML, and what the PDF around it has against it."""

    data: bytes
    tree: etree._ElementTree
    scenario: Scenario
    findings: tuple[Finding, ...] = ()


def judge(nom: str, data: bytes, demande: Demande) -> FichierJuge:
    """The judgement of one file.

    Raises SchemaUnavailable, or PackUnavailable, when a schema or an official sheet is missing or altered.
    """
    try:
        document = _open_pdf(data, demande) if data.startswith(_PDF) else _open_xml(data, demande)
    except _Refused as refused:
        return FichierJuge(nom, demande.interface, findings=(refused.finding,))
    scenario, tree = document.scenario, document.tree
    by_schema = _relocate(schema.validate(tree, scenario.schema), scenario)
    factures = READERS[scenario.lecteur](tree, demande.limites.piece_jointe)
    technical = document.findings + by_schema
    if by_schema and not any(map(_is_readable, factures)):
        return FichierJuge(nom, scenario.interface, findings=technical)
    official: tuple[Finding, ...] = ()
    if factures and not by_schema:
        official = _relocate(run_official(scenario, tree, factures[0].date or demande.jour), scenario)
    return _judge_factures(nom, scenario, factures, technical, official, demande)


def may_need_official(data: bytes, demande: Demande) -> bool:
    """False when no official pack is named in these bytes: a cheap look, for choosing where to judge."""
    scenarios = [s for s in SCENARIOS if demande.interface in ("", s.interface)]
    profiles = {s.profil.partition("#")[0] for s in scenarios if s.packs}
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return bool(profiles) and (
        utf16 or data.startswith(b"%PDF") or any(profile.encode() in data for profile in profiles)
    )


def run_official(scenario: Scenario, tree: etree._ElementTree, jour: date) -> tuple[Finding, ...]:
    """What the official packs of a scenario, as in force on a day, find in a document that its schema admits.

    Raises PackUnavailable.
    """
    if not scenario.packs:
        return ()
    return apply_all([pack_on(pack, jour) for pack in scenario.packs], tree)


def _relocate(findings: tuple[Finding, ...], scenario: Scenario) -> tuple[Finding, ...]:
    """The same findings; inside the PDF, when the document lies in one."""
    if not scenario.pdf:
        return findings
    return tuple(replace(f, location=f"{facturx.PREFIXE}{f.location}") for f in findings)


def _judge_factures(
    nom: str,
    scenario: Scenario,
    factures: tuple[Facture, ...],
    technical: tuple[Finding, ...],
    official: tuple[Finding, ...],
    demande: Demande,
) -> FichierJuge:
    """Rules run even on what the schema refused, so that all faults are told at once, each of them once."""
    homes = _sort_by_facture(technical, factures)
    of_file = homes.pop("", ())
    told = {finding.location for finding in technical}
    jugees = []
    for facture in factures:
        own = homes.get(facture.place("facture").path, ())
        context = rules.Context(
            facture,
            scenario.famille,
            demande.politique,
            demande.limites,
            demande.jour,
            interface=scenario.interface,
        )
        by_rules = (f for f in rules.run(catalogue.DOCUMENT_RULES, context) if f.location not in told)
        # A fault of the file condemns each of its invoices: none may pass with a broken envelope.
        findings = (*of_file, *_name_terms(own, facture), *_name_terms(official, facture), *by_rules)
        jugees.append(FactureJugee(facture, findings))
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


# -- which document it is ---------------------------------------------------------------------------------


def _open_xml(data: bytes, demande: Demande) -> _Document:
    """An XML document and its scenario. Raises _Refused."""
    try:
        racine = xml.sniff(data)
        _check_racine(racine, demande.interface)
        tree = xml.parse(data)
    except xml.XmlRefused as refused:
        raise _Refused(_tell_refused(refused, data, demande)) from None
    return _Document(data, tree, _choose(racine, tree, demande.interface))


def _open_pdf(data: bytes, demande: Demande) -> _Document:
    """The invoice of a Factur-X, its scenario, and what is wrong with the PDF itself. Raises _Refused."""
    interface = demande.interface
    document = name_document(data=data)
    if document is not None and interface not in ("", document.interface):
        raise _Refused(_tell_other(document, interface, Place()))
    try:
        hybride = facturx.open_pdf(data, demande.limites.fichier)
    except facturx.PdfRefused as refused:
        raise _Refused(_tell_pdf(refused, demande.limites)) from None
    try:
        racine = xml.sniff(hybride.data)
        _check_racine(racine, interface, pdf=True)
        tree = xml.parse(hybride.data)
    except xml.XmlRefused as refused:
        told = _tell_refused(refused, hybride.data, demande)
        raise _Refused(replace(told, location=f"{facturx.PREFIXE}{told.location}")) from None
    scenario = _choose(racine, tree, interface, pdf=True)
    findings = list(declaration.check(hybride.declaration, hybride.relation, scenario))
    findings += [cards.PDF_OTHER_INVOICE.at(Place(shown(autre)), shown(autre)) for autre in hybride.autres]
    findings += [cards.PDF_REPAIRED.at()] if hybride.abime else []
    return _Document(hybride.data, tree, scenario, tuple(findings))


def _choose(racine: str, tree: etree._ElementTree, interface: str, pdf: bool = False) -> Scenario:
    """The scenario of a document of a known root. Raises _Refused when it is of another interface."""
    lecteur = _LECTEURS[racine]
    signes = SIGNES[lecteur](tree) if lecteur in SIGNES else Signes()
    scenario = find_scenario(
        racine, signes.profil, interface, chorus=signes.chorus, mixte=signes.mixte, pdf=pdf
    )
    if scenario is None:  # only a PDF: each root has a scenario for any profile outside of it
        constat = f"est « {shown(signes.profil)} »" if signes.profil else "n'est pas indiqué"
        expected = enumerate_all(declaration.NIVEAUX, "ou")
        place = Place(f"{facturx.PREFIXE}{cii.place_of_profil(tree)}", None, "BT-24 Profil de la facture")
        raise _Refused(cards.PDF_PROFILE.at(place, shown(signes.profil), expected, constat=constat))
    if interface not in ("", scenario.interface):
        document = Document(f"un document « {scenario.libelle} »", scenario.interface)
        raise _Refused(_tell_other(document, interface, Place(f"/{racine.rpartition('}')[2]}")))
    return scenario


# -- documents that are not judged ------------------------------------------------------------------------


def _tell_refused(refused: xml.XmlRefused, data: bytes, demande: Demande) -> Finding:
    document = name_document(data=data)
    if document is not None:
        return _tell_other(document, demande.interface, Place())
    line, column = refused.line, refused.column
    place = Place(f"{line}:{column or 1}" if line else "", line)
    endroit = f" (ligne {line}{f', colonne {column}' if column else ''})" if line else ""
    return _XML_CARDS[refused.kind].at(place, raison=refused.reason, endroit=endroit)


def _tell_pdf(refused: facturx.PdfRefused, limites: Limites) -> Finding:
    place, detail = Place(facturx.FICHIER), shown(refused.detail)
    if refused.kind == "chiffre":
        return cards.PDF_ENCRYPTED.at()
    if refused.kind == "sans-facture":
        constat = (
            f"parmi ses pièces jointes ({detail}), aucune ne se nomme" if detail else "il ne contient pas"
        )
        constat = f"{constat} {facturx.FICHIER}"
        return cards.PDF_WITHOUT_INVOICE.at(place, detail, facturx.FICHIER, constat=constat)
    if refused.kind == "plusieurs":
        return cards.PDF_SEVERAL_INVOICES.at(place, detail, "une seule")
    if refused.kind == "trop-gros":
        return cards.PDF_INVOICE_TOO_LARGE.at(place, "", size(limites.fichier))
    return cards.PDF_UNREADABLE.at(raison=detail)


def _check_racine(racine: str, interface: str, pdf: bool = False) -> None:
    """Raises _Refused for a root that may not come in this flux."""
    if admits(interface, racine, pdf):
        return
    local = racine.rpartition("}")[2]
    place = Place(f"/{local}", None)
    scenario = find_scenario(racine)
    document = DOCUMENTS.get(racine)
    if scenario is not None:
        own = INTERFACES[scenario.interface]
        inside = " dans un PDF" if pdf else ""
        document = Document(f"un document « {own.libelle} »{inside}", own.code)
    if document is not None:
        raise _Refused(_tell_other(document, interface, place))
    opened = [f"{i.code} ({i.libelle})" for i in INTERFACES.values() if i.ouverte]
    words = {"attendu": _announced(interface)}
    raise _Refused(cards.FORMAT_UNKNOWN.at(place, shown(local), enumerate_all(opened, "ou"), **words))


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
