"""Which document a file is: its XML out of whatever holds it, and the scenario it will be judged under.

A file that is no document of its flux is refused here, as what it really is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from lxml import etree

from edi import xml
from edi.inbound.readers import cii, facturx, ubl
from edi.inbound.readers.signes import Signes
from edi.model import Finding, Place
from edi.validators import cards, declaration
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
from edi.validators.wording import enumerate_all, shown, size

SIGNES: Mapping[str, Callable[[etree._ElementTree], Signes]] = {
    "ubl": ubl.read_signes,
    "cii": cii.read_signes,
    "facturx": cii.read_signes,
}

_PDF = b"%PDF-"
_LECTEURS = {scenario.racine: scenario.lecteur for scenario in SCENARIOS}
_XML_CARDS = {"doctype": cards.XML_DOCTYPE, "encoding": cards.XML_ENCODING, "malformed": cards.XML_MALFORMED}


class DocumentRefused(Exception):
    """A file that is no document we judge; ``finding`` says what it is instead."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class Opened(NamedTuple):
    """A document that was recognised: its XML, and what the PDF around it has against it."""

    data: bytes
    tree: etree._ElementTree
    scenario: Scenario
    findings: tuple[Finding, ...] = ()


def open_document(data: bytes, interface: str, limite: int) -> Opened:
    """The document of a file announced under ``interface`` ('': any); ``limite`` bytes at most in a PDF.

    Raises DocumentRefused.
    """
    return _open_pdf(data, interface, limite) if data.startswith(_PDF) else _open_xml(data, interface)


def _open_xml(data: bytes, interface: str) -> Opened:
    """An XML document and its scenario. Raises DocumentRefused."""
    try:
        racine = xml.sniff(data)
        _check_racine(racine, interface)
        tree = xml.parse(data)
    except xml.XmlRefused as refused:
        raise DocumentRefused(_tell_refused(refused, data, interface)) from None
    return Opened(data, tree, _choose(racine, tree, interface))


def _open_pdf(data: bytes, interface: str, limite: int) -> Opened:
    """The invoice of a Factur-X, and what is wrong with the PDF itself. Raises DocumentRefused."""
    document = name_document(data=data)
    if document is not None and interface not in ("", document.interface):
        raise DocumentRefused(_tell_other(document, interface, Place()))
    try:
        hybride = facturx.open_pdf(data, limite)
    except facturx.PdfRefused as refused:
        raise DocumentRefused(_tell_pdf(refused, limite)) from None
    try:
        racine = xml.sniff(hybride.data)
        _check_racine(racine, interface, pdf=True)
        tree = xml.parse(hybride.data)
    except xml.XmlRefused as refused:
        told = _tell_refused(refused, hybride.data, interface)
        raise DocumentRefused(replace(told, location=f"{facturx.PREFIXE}{told.location}")) from None
    scenario = _choose(racine, tree, interface, pdf=True)
    findings = list(declaration.check(hybride.declaration, hybride.relation, scenario))
    findings += [cards.PDF_OTHER_INVOICE.at(Place(shown(autre)), shown(autre)) for autre in hybride.autres]
    findings += [cards.PDF_REPAIRED.at()] if hybride.abime else []
    return Opened(hybride.data, tree, scenario, tuple(findings))


def _choose(racine: str, tree: etree._ElementTree, interface: str, pdf: bool = False) -> Scenario:
    """The scenario of a document of a known root. Raises DocumentRefused when it is of another interface."""
    lecteur = _LECTEURS[racine]
    signes = SIGNES[lecteur](tree) if lecteur in SIGNES else Signes()
    scenario = find_scenario(
        racine, signes.profil, interface, chorus=signes.chorus, mixte=signes.mixte, pdf=pdf
    )
    if scenario is None:  # only a PDF: each root has a scenario for any profile outside of it
        constat = f"est « {shown(signes.profil)} »" if signes.profil else "n'est pas indiqué"
        expected = enumerate_all(declaration.NIVEAUX, "ou")
        place = Place(f"{facturx.PREFIXE}{cii.place_of_profil(tree)}", None, "BT-24 Profil de la facture")
        raise DocumentRefused(cards.PDF_PROFILE.at(place, shown(signes.profil), expected, constat=constat))
    if interface not in ("", scenario.interface):
        document = Document(f"un document « {scenario.libelle} »", scenario.interface)
        raise DocumentRefused(_tell_other(document, interface, Place(f"/{racine.rpartition('}')[2]}")))
    return scenario


# -- documents that are not judged ------------------------------------------------------------------------


def _tell_refused(refused: xml.XmlRefused, data: bytes, interface: str) -> Finding:
    document = name_document(data=data)
    if document is not None:
        return _tell_other(document, interface, Place())
    return tell_unreadable(refused)


def tell_unreadable(refused: xml.XmlRefused) -> Finding:
    """Why bytes were not parsed, and where."""
    line, column = refused.line, refused.column
    place = Place(f"{line}:{column or 1}" if line else "", line)
    endroit = f" (ligne {line}{f', colonne {column}' if column else ''})" if line else ""
    return _XML_CARDS[refused.kind].at(place, raison=refused.reason, endroit=endroit)


def _tell_pdf(refused: facturx.PdfRefused, limite: int) -> Finding:
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
        return cards.PDF_INVOICE_TOO_LARGE.at(place, "", size(limite))
    return cards.PDF_UNREADABLE.at(raison=detail)


def _check_racine(racine: str, interface: str, pdf: bool = False) -> None:
    """Raises DocumentRefused for a root that may not come in this flux."""
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
        raise DocumentRefused(_tell_other(document, interface, place))
    opened = [f"{i.code} ({i.libelle})" for i in INTERFACES.values() if i.ouverte]
    words = {"attendu": _announced(interface)}
    raise DocumentRefused(cards.FORMAT_UNKNOWN.at(place, shown(local), enumerate_all(opened, "ou"), **words))


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
