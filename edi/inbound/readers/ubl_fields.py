"""The fields of a UBL 2.1 invoice: what each is called and where it may stand."""

from __future__ import annotations

from edi.inbound.readers.fields import Field, Table
from edi.inbound.readers.nodes import Paths

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NAMESPACES = {
    "cac": f"{UBL}CommonAggregateComponents-2",
    "cbc": f"{UBL}CommonBasicComponents-2",
    "ext": f"{UBL}CommonExtensionComponents-2",
}
PATHS = Paths(NAMESPACES)
PROFIL_REFORME = "urn:cen.eu:en16931:2017"

_VENDEUR, _ACHETEUR = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
_CADRE_CHORUS = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/{*}CategoryCode"
_TOTAUX = "cac:LegalMonetaryTotal"


def _party(party: str, *best: str) -> tuple[str, ...]:
    naming = ("cac:PartyIdentification/cbc:ID", "cac:PartyLegalEntity/cbc:CompanyID")
    others = ("cbc:EndpointID", "cac:PartyTaxScheme/cbc:CompanyID")
    return tuple(f"{party}/{path}" for path in (*best, *naming, *others))


def _names(party: str) -> tuple[str, ...]:
    return (f"{party}/cac:PartyLegalEntity/cbc:RegistrationName", f"{party}/cac:PartyName/cbc:Name")


def _countries(party: str) -> tuple[str, ...]:
    country = "cac:Country/cbc:IdentificationCode"
    registered = f"{party}/cac:PartyLegalEntity/cac:RegistrationAddress/{country}"
    return (f"{party}/cac:PostalAddress/{country}", registered)


CHORUS: Table = {
    "profil": Field("BT-24 Profil de la facture (cbc:CustomizationID)", ("cbc:CustomizationID",)),
    "numero": Field("BT-1 Numéro de facture (cbc:ID)", ("cbc:ID",)),
    "type": Field("BT-3 Type de document (cbc:InvoiceTypeCode)", ("cbc:InvoiceTypeCode",)),
    "cadre": Field(
        "BT-23 Cadre de facturation (CategoryCode)",
        (_CADRE_CHORUS, "ext:UBLExtensions//{*}CategoryCode", "cbc:ProfileID"),
    ),
    "date": Field("BT-2 Date de facture (cbc:IssueDate)", ("cbc:IssueDate",)),
    "echeance": Field("BT-9 Échéance (cbc:DueDate)", ("cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate")),
    "devise": Field("BT-5 Devise (cbc:DocumentCurrencyCode)", ("cbc:DocumentCurrencyCode",)),
    "fournisseur": Field(
        "BT-29 Identifiant du fournisseur (cac:PartyIdentification/cbc:ID)",
        _party(_VENDEUR, "cac:PartyIdentification/cbc:ID[@schemeName='1']"),
    ),
    "fournisseur_nom": Field("BT-27 Raison sociale du fournisseur (cbc:RegistrationName)", _names(_VENDEUR)),
    "fournisseur_pays": Field("BT-40 Pays du fournisseur (cbc:IdentificationCode)", _countries(_VENDEUR)),
    "destinataire": Field(
        "BT-46 Identifiant du destinataire (cac:PartyIdentification/cbc:ID)",
        _party(_ACHETEUR, "cac:PartyIdentification/cbc:ID[@schemeName='1']"),
    ),
    "destinataire_nom": Field("BT-44 Nom du destinataire (cbc:RegistrationName)", _names(_ACHETEUR)),
    "destinataire_pays": Field("BT-55 Pays du destinataire (cbc:IdentificationCode)", _countries(_ACHETEUR)),
    "service": Field(
        "BT-10 Code service (cac:Contact/cbc:ID)",
        (
            f"{_ACHETEUR}/cac:Contact/cbc:ID",
            f"{_ACHETEUR}/cac:PartyIdentification/cbc:ID[@schemeID='0224']",
            "cbc:BuyerReference",
        ),
    ),
    "engagement": Field(
        "BT-13 Numéro d'engagement (cac:OrderReference/cbc:ID)", ("cac:OrderReference/cbc:ID",)
    ),
    "marche": Field(
        "BT-12 Numéro de marché (cac:ContractDocumentReference/cbc:ID)",
        ("cac:ContractDocumentReference/cbc:ID",),
    ),
    "mode_paiement": Field(
        "BT-81 Mode de paiement (cbc:PaymentMeansCode)", ("cac:PaymentMeans/cbc:PaymentMeansCode",)
    ),
    "ht": Field("BT-109 Total HT (cbc:TaxExclusiveAmount)", (f"{_TOTAUX}/cbc:TaxExclusiveAmount",)),
    "tva": Field("BT-110 Total de TVA (cbc:TaxAmount)", ("cac:TaxTotal/cbc:TaxAmount",)),
    "ttc": Field("BT-112 Total TTC (cbc:TaxInclusiveAmount)", (f"{_TOTAUX}/cbc:TaxInclusiveAmount",)),
    "net": Field("BT-115 Net à payer (cbc:PayableAmount)", (f"{_TOTAUX}/cbc:PayableAmount",)),
    "acompte": Field("BT-113 Montant déjà payé (cbc:PrepaidAmount)", (f"{_TOTAUX}/cbc:PrepaidAmount",)),
    "arrondi": Field("BT-114 Arrondi (cbc:PayableRoundingAmount)", (f"{_TOTAUX}/cbc:PayableRoundingAmount",)),
    "pj": Field("BG-24 Pièce jointe (cac:AdditionalDocumentReference)", ("cac:AdditionalDocumentReference",)),
    "lignes": Field("BG-25 Lignes (cac:InvoiceLine)", ("cac:InvoiceLine",)),
}
REFORME: Table = {
    **CHORUS,
    "cadre": Field(
        "BT-23 Cadre de facturation (cbc:ProfileID)", ("cbc:ProfileID", "ext:UBLExtensions//{*}CategoryCode")
    ),
    "fournisseur": Field(
        "BT-30 SIREN du fournisseur (cac:PartyLegalEntity/cbc:CompanyID)",
        _party(_VENDEUR, "cac:PartyLegalEntity/cbc:CompanyID[@schemeID='0002']"),
    ),
    "destinataire": Field(
        "BT-46 SIRET du destinataire (cac:PartyIdentification/cbc:ID)",
        _party(_ACHETEUR, "cac:PartyIdentification/cbc:ID[@schemeID='0009']"),
    ),
    "service": CHORUS["service"]._replace(
        term="BT-10 Code service (cbc:BuyerReference)", missing="cbc:BuyerReference"
    ),
}
TERMES: Table = {
    "BT-20": Field("BT-20 Conditions de paiement (cbc:Note)", ("cac:PaymentTerms/cbc:Note",)),
    "BT-25": Field(
        "BT-25 Facture antérieure (cac:BillingReference)",
        ("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",),
    ),
    "BT-28": Field("BT-28 Nom commercial du fournisseur", (f"{_VENDEUR}/cac:PartyName/cbc:Name",)),
    "BT-31": Field("BT-31 Numéro de TVA du fournisseur", (f"{_VENDEUR}/cac:PartyTaxScheme/cbc:CompanyID",)),
    "BT-35": Field("BT-35 Adresse du fournisseur", (f"{_VENDEUR}/cac:PostalAddress/cbc:StreetName",)),
    "BT-37": Field("BT-37 Ville du fournisseur", (f"{_VENDEUR}/cac:PostalAddress/cbc:CityName",)),
    "BT-45": Field("BT-45 Nom commercial du destinataire", (f"{_ACHETEUR}/cac:PartyName/cbc:Name",)),
    "BT-48": Field("BT-48 Numéro de TVA du destinataire", (f"{_ACHETEUR}/cac:PartyTaxScheme/cbc:CompanyID",)),
    "BT-59": Field("BT-59 Nom du bénéficiaire", ("cac:PayeeParty/cac:PartyName/cbc:Name",)),
    "BT-71": Field("BT-71 Lieu de livraison", ("cac:Delivery/cac:DeliveryLocation/cbc:ID",)),
    "BT-84": Field(
        "BT-84 Compte à créditer (cac:PayeeFinancialAccount)",
        ("cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID",),
    ),
    "BT-122": Field("BT-122 Référence de la pièce jointe", ("cac:AdditionalDocumentReference/cbc:ID",)),
    "EXT-FR-FE-01": Field(
        "EXT-FR-FE-01 Type de contrat (cbc:DocumentType)",
        ("cac:ContractDocumentReference/cbc:DocumentType",),
    ),
    "BG-6": Field("BG-6 Contact du fournisseur", (f"{_VENDEUR}/cac:Contact",)),
    "BG-9": Field("BG-9 Contact du destinataire", (f"{_ACHETEUR}/cac:Contact",)),
}
TERMES_LIGNE = {"BT-154": "cac:Item/cbc:Description"}
IDENTIFIANTS = {
    name: (f"{party}/cac:PartyIdentification/cbc:ID", f"{party}/cac:PartyLegalEntity/cbc:CompanyID")
    for name, party in {
        "fournisseur": _VENDEUR,
        "destinataire": _ACHETEUR,
        "beneficiaire": "cac:PayeeParty",
    }.items()
}
CREDIT_NOTE: Table = {
    "type": Field("BT-3 Type de document (cbc:CreditNoteTypeCode)", ("cbc:CreditNoteTypeCode",)),
    "lignes": Field("BG-25 Lignes (cac:CreditNoteLine)", ("cac:CreditNoteLine",)),
}
TVA: Table = {
    "taux": Field("BT-119 Taux de TVA (cbc:Percent)", ("cac:TaxCategory/cbc:Percent", "cbc:Percent")),
    "base": Field("BT-116 Base de TVA (cbc:TaxableAmount)", ("cbc:TaxableAmount",)),
    "montant": Field("BT-117 Montant de TVA (cbc:TaxAmount)", ("cbc:TaxAmount",)),
}
PIECE_JOINTE: Table = {
    "nom": Field("BT-122 Nom de la pièce jointe (cbc:ID)", ("cbc:ID",)),
    "type": Field("Type de la pièce jointe (cbc:DocumentType)", ("cbc:DocumentType",)),
    "mime": Field("Type MIME de la pièce jointe (cbc:DocumentTypeCode)", ("cbc:DocumentTypeCode",)),
    "contenu": Field(
        "BT-125 Contenu de la pièce jointe (cbc:EmbeddedDocumentBinaryObject)",
        ("cac:Attachment/cbc:EmbeddedDocumentBinaryObject",),
    ),
}
