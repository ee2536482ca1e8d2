"""Sample invoices in UBL 2.1 as Chorus Pro's flow E1 wants it: an Invoice, or a CreditNote for an avoir.

Identifiers bear ``schemeName`` 1 to 7, the cadre stands in an extension, the service in the customer's
contact, the engagement in the order reference, the marché in the contract reference.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from edi.samples.brouillon import Acteur, Brouillon, Ligne, Recap
from edi.samples.pieces import PieceJointe

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
PREFIXES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_EXTENSIONS = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
IBAN = "FR7630001007941234567890185"


def build_e1(brouillon: Brouillon, lignes: tuple[Ligne, ...] = ()) -> etree._Element:
    """The document of one invoice; ``lignes`` stand in it in place of its own, when there are some."""
    root = build_root(brouillon, {"cec": _EXTENSIONS} if brouillon.cadre else {})
    if brouillon.cadre:
        _add_cadre(root, brouillon.cadre)
    add(root, "cbc:UBLVersionID", "2.1")
    add_heading(root, brouillon)
    add_references(root, brouillon)
    if brouillon.marche:
        contract = add(root, "cac:ContractDocumentReference")
        add(contract, "cbc:ID", brouillon.marche)
        add(contract, "cbc:DocumentType", "Marché public")
    for piece in brouillon.pieces_jointes:
        _add_piece(root, piece)
    _add_party(add(root, "cac:AccountingSupplierParty"), brouillon.fournisseur, "TVA DEBIT")
    customer = _add_party(add(root, "cac:AccountingCustomerParty"), brouillon.destinataire)
    if brouillon.service:
        contact = add(customer, "cac:Contact")
        add(contact, "cbc:ID", brouillon.service)
        add(contact, "cbc:Name", brouillon.nom_service)
    add_payment(root, brouillon)
    total = add_tax_total(root, brouillon)
    for row in brouillon.recap:
        subtotal = add_subtotal(total, row, brouillon.devise)
        add(subtotal, "cbc:Percent", row.taux)
        add(add(add(subtotal, "cac:TaxCategory"), "cac:TaxScheme"), "cbc:TaxTypeCode", "TVA")
    add_monetary_total(root, brouillon)
    for rank, ligne in enumerate(lignes or brouillon.lignes, 1):
        category = add_line(root, rank, ligne, brouillon)
        add(category, "cbc:Percent", str(ligne.taux))
        add(add(category, "cac:TaxScheme"), "cbc:TaxTypeCode", "TVA")
    return root


# -- pieces that both shapes of UBL share -----------------------------------------------------------------


def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """Append ``prefix:Name`` with its text and attributes."""
    prefix, _, local = name.partition(":")
    child = etree.SubElement(parent, f"{{{PREFIXES[prefix]}}}{local}", attributes)
    child.text = text or None
    return child


def build_root(brouillon: Brouillon, prefixes: dict[str, str]) -> etree._Element:
    namespace, name = (CREDIT_NOTE, "CreditNote") if brouillon.est_avoir else (INVOICE, "Invoice")
    nsmap: Any = {None: namespace, **PREFIXES, **prefixes}  # the stubs do not know the default namespace
    return etree.Element(f"{{{namespace}}}{name}", nsmap=nsmap)


def add_heading(root: etree._Element, brouillon: Brouillon, notes: tuple[str, ...] = ()) -> None:
    """Number, dates, type, notes and currency, in the order of the schema."""
    add(root, "cbc:ID", brouillon.numero)
    add(root, "cbc:IssueDate", brouillon.date)
    if brouillon.est_avoir:
        add(root, "cbc:CreditNoteTypeCode", brouillon.type)
    else:
        add(root, "cbc:DueDate", brouillon.echeance)
        add(root, "cbc:InvoiceTypeCode", brouillon.type)
    for note in notes:
        add(root, "cbc:Note", note)
    if brouillon.devise:
        add(root, "cbc:DocumentCurrencyCode", brouillon.devise)


def add_references(root: etree._Element, brouillon: Brouillon) -> None:
    """The engagement, and the invoice that an avoir corrects."""
    if brouillon.engagement:
        add(add(root, "cac:OrderReference"), "cbc:ID", brouillon.engagement)
    if brouillon.origine:
        billing = add(add(root, "cac:BillingReference"), "cac:InvoiceDocumentReference")
        add(billing, "cbc:ID", brouillon.origine)
        add(billing, "cbc:IssueDate", brouillon.date_origine)


def add_address(parent: etree._Element, acteur: Acteur) -> None:
    address = add(parent, "cac:PostalAddress")
    add(address, "cbc:CityName", acteur.ville)
    add(address, "cbc:PostalZone", acteur.code_postal)
    add(add(address, "cac:Country"), "cbc:IdentificationCode", acteur.pays)


def add_payment(root: etree._Element, brouillon: Brouillon) -> None:
    """Credit transfer; an avoir says nothing of its payment."""
    if not brouillon.est_avoir:
        means = add(root, "cac:PaymentMeans")
        add(means, "cbc:PaymentMeansCode", "30")
        add(add(means, "cac:PayeeFinancialAccount"), "cbc:ID", IBAN)


def add_tax_total(root: etree._Element, brouillon: Brouillon) -> etree._Element:
    total = add(root, "cac:TaxTotal")
    add(total, "cbc:TaxAmount", brouillon.tva, currencyID=brouillon.devise)
    return total


def add_subtotal(total: etree._Element, row: Recap, devise: str) -> etree._Element:
    subtotal = add(total, "cac:TaxSubtotal")
    add(subtotal, "cbc:TaxableAmount", row.base, currencyID=devise)
    add(subtotal, "cbc:TaxAmount", row.montant, currencyID=devise)
    return subtotal


def add_monetary_total(root: etree._Element, brouillon: Brouillon) -> None:
    total = add(root, "cac:LegalMonetaryTotal")
    lines = str(sum(ligne.montant for ligne in brouillon.lignes))
    amounts = {
        "LineExtensionAmount": lines,
        "TaxExclusiveAmount": brouillon.ht,
        "TaxInclusiveAmount": brouillon.ttc,
        "PayableAmount": brouillon.net,
    }
    for name, amount in amounts.items():
        if amount:
            add(total, f"cbc:{name}", amount, currencyID=brouillon.devise)


def add_line(root: etree._Element, rank: int, ligne: Ligne, brouillon: Brouillon) -> etree._Element:
    """One line; its tax category comes back empty, to be filled as the shape wants."""
    name, quantity = ("CreditNoteLine", "Credited") if brouillon.est_avoir else ("InvoiceLine", "Invoiced")
    line = add(root, f"cac:{name}")
    add(line, "cbc:ID", str(rank))
    add(line, f"cbc:{quantity}Quantity", str(ligne.quantite), unitCode=ligne.unite)
    add(line, "cbc:LineExtensionAmount", str(ligne.montant), currencyID=brouillon.devise)
    item = add(line, "cac:Item")
    add(item, "cbc:Name", ligne.libelle)
    category = add(item, "cac:ClassifiedTaxCategory")
    price = add(line, "cac:Price")
    add(price, "cbc:PriceAmount", str(ligne.prix), currencyID=brouillon.devise)
    return category


def vat_number(siren: str) -> str:
    """The intra-EU VAT number of a French legal entity."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


# -- pieces of the E1 shape -------------------------------------------------------------------------------


def _add_cadre(root: etree._Element, cadre: str) -> None:
    content = root
    for name in ("UBLExtensions", "UBLExtension", "ExtensionContent"):
        content = etree.SubElement(content, f"{{{_EXTENSIONS}}}{name}")
    # Chorus Pro's own template leaves this element in the namespace of the document.
    etree.SubElement(content, f"{{{etree.QName(root).namespace}}}CategoryCode").text = cadre


def _add_party(parent: etree._Element, acteur: Acteur, regime: str = "") -> etree._Element:
    party = add(parent, "cac:Party")
    if acteur.identifiant:
        add(add(party, "cac:PartyIdentification"), "cbc:ID", acteur.identifiant, schemeName=acteur.type)
    add(add(party, "cac:PartyName"), "cbc:Name", acteur.nom)
    add_address(party, acteur)
    if regime:
        scheme = add(party, "cac:PartyTaxScheme")
        if acteur.siren:
            add(scheme, "cbc:CompanyID", vat_number(acteur.siren))
        add(add(scheme, "cac:TaxScheme"), "cbc:TaxTypeCode", regime)
    legal = add(party, "cac:PartyLegalEntity")
    add(legal, "cbc:RegistrationName", acteur.nom)
    country = add(add(legal, "cac:RegistrationAddress"), "cac:Country")
    add(country, "cbc:IdentificationCode", acteur.pays)
    return party


def _add_piece(root: etree._Element, piece: PieceJointe) -> None:
    reference = add(root, "cac:AdditionalDocumentReference")
    add(reference, "cbc:ID", piece.nom)
    add(reference, "cbc:DocumentTypeCode", piece.mime)
    add(reference, "cbc:DocumentType", piece.type)
    attachment = add(reference, "cac:Attachment")
    add(attachment, "cbc:EmbeddedDocumentBinaryObject", piece.texte, mimeCode="application/zip")
