"""Sample invoices in UBL 2.1 as the reform wants it: profile EN 16931, French rules BR-FR.

SIREN under scheme 0002, SIRET under 0009, electronic address under 0225, cadre in ProfileID, service in
BuyerReference, and the three notes that the law makes compulsory.
"""

from __future__ import annotations

from lxml import etree

from edi.samples.brouillon import Acteur, Brouillon
from edi.samples.pieces import PieceJointe, encode
from edi.samples.ubl import (
    add,
    add_address,
    add_heading,
    add_line,
    add_monetary_total,
    add_payment,
    add_references,
    add_subtotal,
    add_tax_total,
    build_root,
    vat_number,
)

PROFIL = "urn:cen.eu:en16931:2017"
_NOTES = (
    "#PMT#Indemnité forfaitaire pour frais de recouvrement : 40 euros.",
    "#PMD#Pénalités de retard : trois fois le taux d'intérêt légal.",
    "#AAB#Pas d'escompte pour paiement anticipé.",
)


def build_reforme(brouillon: Brouillon) -> etree._Element:
    """The document of one invoice."""
    root = build_root(brouillon, {})
    add(root, "cbc:CustomizationID", PROFIL)
    if brouillon.cadre:
        add(root, "cbc:ProfileID", brouillon.cadre)
    add_heading(root, brouillon, _NOTES)
    if brouillon.service:
        add(root, "cbc:BuyerReference", brouillon.service)
    add_references(root, brouillon)
    if brouillon.marche:
        add(add(root, "cac:ContractDocumentReference"), "cbc:ID", brouillon.marche)
    for piece in brouillon.pieces_jointes:
        _add_piece(root, piece)
    _add_party(add(root, "cac:AccountingSupplierParty"), brouillon.fournisseur)
    _add_party(add(root, "cac:AccountingCustomerParty"), brouillon.destinataire)
    add_payment(root, brouillon)
    add(add(root, "cac:PaymentTerms"), "cbc:Note", "Paiement à 30 jours, date de facture.")
    total = add_tax_total(root, brouillon)
    for row in brouillon.recap:
        subtotal = add_subtotal(total, row, brouillon.devise)
        _fill_category(add(subtotal, "cac:TaxCategory"), row.taux)
    add_monetary_total(root, brouillon)
    for rank, ligne in enumerate(brouillon.lignes, 1):
        _fill_category(add_line(root, rank, ligne, brouillon), str(ligne.taux))
    return root


def _add_party(parent: etree._Element, acteur: Acteur) -> None:
    party = add(parent, "cac:Party")
    if acteur.siren:
        add(party, "cbc:EndpointID", acteur.siren, schemeID="0225")
    if acteur.identifiant:
        add(add(party, "cac:PartyIdentification"), "cbc:ID", acteur.identifiant, schemeID="0009")
    add(add(party, "cac:PartyName"), "cbc:Name", acteur.nom)
    add_address(party, acteur)
    if acteur.siren:
        scheme = add(party, "cac:PartyTaxScheme")
        add(scheme, "cbc:CompanyID", vat_number(acteur.siren))
        add(add(scheme, "cac:TaxScheme"), "cbc:ID", "VAT")
    legal = add(party, "cac:PartyLegalEntity")
    add(legal, "cbc:RegistrationName", acteur.nom)
    if acteur.siren:
        add(legal, "cbc:CompanyID", acteur.siren, schemeID="0002")


def _fill_category(category: etree._Element, taux: str) -> None:
    add(category, "cbc:ID", "Z" if taux == "0" else "S")
    add(category, "cbc:Percent", taux)
    add(add(category, "cac:TaxScheme"), "cbc:ID", "VAT")


def _add_piece(root: etree._Element, piece: PieceJointe) -> None:
    """The file itself, not zipped: the reform gives its name and type as attributes."""
    reference = add(root, "cac:AdditionalDocumentReference")
    add(reference, "cbc:ID", piece.nom)
    add(reference, "cbc:DocumentDescription", "DOCUMENT_ANNEXE")
    names = {"mimeCode": piece.mime, "filename": piece.nom}
    attachment = add(reference, "cac:Attachment")
    add(attachment, "cbc:EmbeddedDocumentBinaryObject", encode(piece.contenu), **names)
