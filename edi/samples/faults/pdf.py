"""Faults of the PDF around a Factur-X invoice: whether it opens, what it holds, what it declares."""

from __future__ import annotations

from typing import Any

from lxml import etree

from edi.samples.facturx import FICHIER, Hybride
from edi.samples.faults.fault import FACTURX, Fault, SpoilPdf

_PDF = (FACTURX,)


def _set(**changes: Any) -> SpoilPdf:
    return lambda hybride: hybride._replace(**changes)


def _attach(*names: str) -> SpoilPdf:
    """The same XML under these names, in place of its own."""

    def spoil(hybride: Hybride) -> Hybride:
        ((_, xml),) = hybride.factures
        return hybride._replace(factures=tuple((name, xml) for name in names))

    return spoil


def _claim_unknown_profile(root: etree._Element) -> None:
    profil = next(root.iter("{*}GuidelineSpecifiedDocumentContextParameter"))
    profil[0].text = "urn:exemple:profil-maison"


def _break_table(data: bytes) -> bytes:
    """The place of the cross-reference table is wrong: a reader must look for the objects itself."""
    head, mark, _ = data.rpartition(b"startxref\n")
    return head + mark + b"7\n%%EOF\n"


FAUTES = (
    Fault("pdf-illisible", "EDI-PDF-01", "PDF coupé après son en-tête", _PDF, fichier=lambda d: d[:40]),
    Fault("pdf-chiffre", "EDI-PDF-02", "PDF protégé par un mot de passe", _PDF, pdf=_set(chiffre=True)),
    Fault("pdf-sans-facture", "EDI-PDF-03", "PDF sans facture XML", _PDF, pdf=_attach()),
    Fault(
        "pdf-facture-mal-nommee",
        "EDI-PDF-03",
        "PDF dont la facture XML porte un autre nom",
        _PDF,
        pdf=_attach("facture.xml"),
    ),
    Fault(
        "pdf-deux-factures",
        "EDI-PDF-04",
        "PDF avec deux factures XML du même nom",
        _PDF,
        pdf=_attach(FICHIER, FICHIER),
    ),
    Fault(
        "pdf-sans-declaration",
        "EDI-PDF-06",
        "PDF dont les métadonnées ne déclarent pas la facture",
        _PDF,
        pdf=_set(declare=False),
    ),
    Fault(
        "pdf-autre-niveau",
        "EDI-PDF-07",
        "PDF qui déclare un autre profil que celui de sa facture",
        _PDF,
        pdf=_set(niveau="BASIC"),
    ),
    Fault("pdf-non-archivage", "EDI-PDF-08", "PDF qui se déclare PDF/A-1", _PDF, pdf=_set(part="1")),
    Fault(
        "pdf-relation",
        "EDI-PDF-09",
        "facture XML jointe comme un simple supplément",
        _PDF,
        pdf=_set(relation="Supplement"),
    ),
    Fault(
        "pdf-profil-inconnu",
        "EDI-PDF-10",
        "facture XML d'aucun profil de Factur-X",
        _PDF,
        tree=_claim_unknown_profile,
    ),
    Fault(
        "pdf-facture-de-trop",
        "EDI-PDF-11",
        "PDF avec aussi une facture ZUGFeRD (avertissement)",
        _PDF,
        pdf=_attach(FICHIER, "ZUGFeRD-invoice.xml"),
    ),
    Fault(
        "pdf-abime",
        "EDI-PDF-12",
        "PDF dont la table des objets est fausse (avertissement)",
        _PDF,
        fichier=_break_table,
    ),
)
