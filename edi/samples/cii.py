"""Sample invoices in CII: as Chorus Pro's flows E1 and E2 want it, and at the profile EN 16931 of the reform.

Chorus Pro: identifiers of type 1 to 7 in ``schemeID``, cadre in the business process, attachments zipped. The
reform: SIREN under 0002, SIRET under 0009, electronic address under 0225, and the notes that the law wants.
"""

from __future__ import annotations

from lxml import etree

from edi.samples.brouillon import Acteur, Brouillon, Ligne, Recap
from edi.samples.pieces import PieceJointe, encode
from edi.samples.ubl import IBAN, vat_number

_UNECE = "urn:un:unece:uncefact:data:standard:"
PREFIXES = {
    "rsm": f"{_UNECE}CrossIndustryInvoice:100",
    "ram": f"{_UNECE}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_UNECE}UnqualifiedDataType:100",
    "qdt": f"{_UNECE}QualifiedDataType:100",
}
PROFIL = "urn:cen.eu:en16931:2017"
_NOTES = {
    "PMT": "Indemnité forfaitaire pour frais de recouvrement : 40 euros.",
    "PMD": "Pénalités de retard : trois fois le taux d'intérêt légal.",
    "AAB": "Pas d'escompte pour paiement anticipé.",
}


def build_cii(brouillon: Brouillon) -> etree._Element:
    """One invoice of Chorus Pro, E1: all its data."""
    return _build(brouillon, reforme=False, lignes=brouillon.lignes)


def build_cii_min(brouillon: Brouillon) -> etree._Element:
    """One invoice of Chorus Pro, E2: no lines; the invoice itself is attached."""
    return _build(brouillon, reforme=False, lignes=())


def build_cii_reforme(brouillon: Brouillon) -> etree._Element:
    """One invoice at the profile EN 16931, with what the French rules add to it."""
    return _build(brouillon, reforme=True, lignes=brouillon.lignes)


def _build(brouillon: Brouillon, reforme: bool, lignes: tuple[Ligne, ...]) -> etree._Element:
    root = etree.Element(f"{{{PREFIXES['rsm']}}}CrossIndustryInvoice", nsmap=PREFIXES)
    context = _add(root, "rsm:ExchangedDocumentContext")
    if brouillon.cadre:
        process = _add(context, "ram:BusinessProcessSpecifiedDocumentContextParameter")
        _add(process, "ram:ID", brouillon.cadre)
    if reforme:
        _add(_add(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFIL)
    _add_heading(root, brouillon, _NOTES if reforme else {})
    transaction = _add(root, "rsm:SupplyChainTradeTransaction")
    for rank, ligne in enumerate(lignes, 1):
        _add_line(transaction, rank, ligne)
    _add_agreement(transaction, brouillon, reforme)
    delivery = _add(transaction, "ram:ApplicableHeaderTradeDelivery")
    event = _add(delivery, "ram:ActualDeliverySupplyChainEvent")
    _add_day(_add(event, "ram:OccurrenceDateTime"), brouillon.date)
    _add_settlement(transaction, brouillon)
    return root


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    prefix, _, local = name.partition(":")
    child = etree.SubElement(parent, f"{{{PREFIXES[prefix]}}}{local}", attributes)
    child.text = text or None
    return child


def _add_day(parent: etree._Element, jour: str, prefix: str = "udt") -> None:
    _add(parent, f"{prefix}:DateTimeString", jour.replace("-", ""), format="102")


def _add_heading(root: etree._Element, brouillon: Brouillon, notes: dict[str, str]) -> None:
    document = _add(root, "rsm:ExchangedDocument")
    _add(document, "ram:ID", brouillon.numero)
    _add(document, "ram:TypeCode", brouillon.type)
    _add_day(_add(document, "ram:IssueDateTime"), brouillon.date)
    for code, text in notes.items():
        note = _add(document, "ram:IncludedNote")
        _add(note, "ram:Content", text)
        _add(note, "ram:SubjectCode", code)


def _add_line(transaction: etree._Element, rank: int, ligne: Ligne) -> None:
    item = _add(transaction, "ram:IncludedSupplyChainTradeLineItem")
    _add(_add(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(rank))
    _add(_add(item, "ram:SpecifiedTradeProduct"), "ram:Name", ligne.libelle)
    price = _add(_add(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _add(price, "ram:ChargeAmount", str(ligne.prix))
    delivery = _add(item, "ram:SpecifiedLineTradeDelivery")
    _add(delivery, "ram:BilledQuantity", str(ligne.quantite), unitCode=ligne.unite)
    settlement = _add(item, "ram:SpecifiedLineTradeSettlement")
    tax = _add(settlement, "ram:ApplicableTradeTax")
    _add(tax, "ram:TypeCode", "VAT")
    _add(tax, "ram:CategoryCode", "S")
    _add(tax, "ram:RateApplicablePercent", str(ligne.taux))
    total = _add(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _add(total, "ram:LineTotalAmount", str(ligne.montant))


# -- parties, references, attachments ---------------------------------------------------------------------


def _add_agreement(transaction: etree._Element, brouillon: Brouillon, reforme: bool) -> None:
    agreement = _add(transaction, "ram:ApplicableHeaderTradeAgreement")
    if brouillon.service:
        _add(agreement, "ram:BuyerReference", brouillon.service)
    _add_party(_add(agreement, "ram:SellerTradeParty"), brouillon.fournisseur, reforme)
    _add_party(_add(agreement, "ram:BuyerTradeParty"), brouillon.destinataire, reforme)
    references = {"BuyerOrder": brouillon.engagement, "Contract": brouillon.marche}
    for name, number in references.items():
        if number:
            _add(_add(agreement, f"ram:{name}ReferencedDocument"), "ram:IssuerAssignedID", number)
    for piece in brouillon.pieces_jointes:
        _add_piece(_add(agreement, "ram:AdditionalReferencedDocument"), piece, reforme)


def _add_party(party: etree._Element, acteur: Acteur, reforme: bool) -> None:
    if reforme and acteur.identifiant:
        _add(party, "ram:GlobalID", acteur.identifiant, schemeID="0009")
    _add(party, "ram:Name", acteur.nom)
    number, scheme = (acteur.siren, "0002") if reforme else (acteur.identifiant, acteur.type)
    if number:
        _add(_add(party, "ram:SpecifiedLegalOrganization"), "ram:ID", number, schemeID=scheme)
    address = _add(party, "ram:PostalTradeAddress")
    _add(address, "ram:PostcodeCode", acteur.code_postal)
    _add(address, "ram:CityName", acteur.ville)
    _add(address, "ram:CountryID", acteur.pays)
    if reforme and acteur.siren:
        _add(_add(party, "ram:URIUniversalCommunication"), "ram:URIID", acteur.siren, schemeID="0225")
    if acteur.siren:
        registration = _add(party, "ram:SpecifiedTaxRegistration")
        _add(registration, "ram:ID", vat_number(acteur.siren), schemeID="VA")


def _add_piece(reference: etree._Element, piece: PieceJointe, reforme: bool) -> None:
    """The reform attaches the file itself; Chorus Pro a zip of it, and says which is the invoice (01)."""
    _add(reference, "ram:IssuerAssignedID", piece.nom)
    _add(reference, "ram:TypeCode", "916" if reforme else piece.type)
    if reforme:
        _add(reference, "ram:Name", "DOCUMENT_ANNEXE")
    text, mime = (encode(piece.contenu), piece.mime) if reforme else (piece.texte, "application/zip")
    _add(reference, "ram:AttachmentBinaryObject", text, mimeCode=mime, filename=piece.nom)


# -- what is to be paid -----------------------------------------------------------------------------------


def _add_settlement(transaction: etree._Element, brouillon: Brouillon) -> None:
    settlement = _add(transaction, "ram:ApplicableHeaderTradeSettlement")
    if brouillon.devise:
        _add(settlement, "ram:InvoiceCurrencyCode", brouillon.devise)
    if not brouillon.est_avoir:
        means = _add(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
        _add(means, "ram:TypeCode", "30")
        _add(_add(means, "ram:PayeePartyCreditorFinancialAccount"), "ram:IBANID", IBAN)
    for row in brouillon.recap:
        _add_tax(settlement, row)
    terms = _add(settlement, "ram:SpecifiedTradePaymentTerms")
    _add(terms, "ram:Description", "Paiement à 30 jours, date de facture.")
    if not brouillon.est_avoir:
        _add_day(_add(terms, "ram:DueDateDateTime"), brouillon.echeance)
    total = _add(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _add(total, "ram:LineTotalAmount", brouillon.ht)
    _add(total, "ram:TaxBasisTotalAmount", brouillon.ht)
    _add(total, "ram:TaxTotalAmount", brouillon.tva, currencyID=brouillon.devise)
    for name, amount in {"GrandTotalAmount": brouillon.ttc, "DuePayableAmount": brouillon.net}.items():
        if amount:
            _add(total, f"ram:{name}", amount)
    if brouillon.origine:
        origin = _add(settlement, "ram:InvoiceReferencedDocument")
        _add(origin, "ram:IssuerAssignedID", brouillon.origine)
        _add_day(_add(origin, "ram:FormattedIssueDateTime"), brouillon.date_origine, "qdt")


def _add_tax(settlement: etree._Element, row: Recap) -> None:
    tax = _add(settlement, "ram:ApplicableTradeTax")
    _add(tax, "ram:CalculatedAmount", row.montant)
    _add(tax, "ram:TypeCode", "VAT")
    _add(tax, "ram:BasisAmount", row.base)
    _add(tax, "ram:CategoryCode", "Z" if row.taux == "0" else "S")
    _add(tax, "ram:RateApplicablePercent", row.taux)
