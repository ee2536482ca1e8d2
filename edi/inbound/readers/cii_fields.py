"""The fields of a CII invoice (CrossIndustryInvoice): what each is called and where it may stand."""

from __future__ import annotations

from edi.inbound.readers.fields import Field, Table
from edi.inbound.readers.nodes import Paths

_UNECE = "urn:un:unece:uncefact:data:standard:"
NAMESPACES = {
    "rsm": f"{_UNECE}CrossIndustryInvoice:100",
    "ram": f"{_UNECE}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_UNECE}UnqualifiedDataType:100",
}
PATHS = Paths(NAMESPACES)

_CONTEXTE, DOCUMENT = "rsm:ExchangedDocumentContext", "rsm:ExchangedDocument"
TRANSACTION = "rsm:SupplyChainTradeTransaction"
_ACCORD = f"{TRANSACTION}/ram:ApplicableHeaderTradeAgreement"
REGLEMENT = f"{TRANSACTION}/ram:ApplicableHeaderTradeSettlement"
_VENDEUR, _ACHETEUR = f"{_ACCORD}/ram:SellerTradeParty", f"{_ACCORD}/ram:BuyerTradeParty"
_BENEFICIAIRE = f"{REGLEMENT}/ram:PayeeTradeParty"
_TOTAUX = f"{REGLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_PIECES = f"{_ACCORD}/ram:AdditionalReferencedDocument"

PROFIL = f"{_CONTEXTE}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
MONTANTS_LIGNES = (
    f"{TRANSACTION}/ram:IncludedSupplyChainTradeLineItem/ram:SpecifiedLineTradeSettlement/"
    "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
)
TVA_TOTAL = f"{_TOTAUX}/ram:TaxTotalAmount"


def _party(party: str, *best: str) -> tuple[str, ...]:
    naming = ("ram:SpecifiedLegalOrganization/ram:ID", "ram:GlobalID", "ram:ID")
    others = ("ram:URIUniversalCommunication/ram:URIID", "ram:SpecifiedTaxRegistration/ram:ID")
    return tuple(f"{party}/{path}" for path in (*best, *naming, *others))


def _names(party: str) -> tuple[str, ...]:
    return (f"{party}/ram:Name", f"{party}/ram:SpecifiedLegalOrganization/ram:TradingBusinessName")


def _total(label: str, name: str) -> Field:
    return Field(f"{label} (ram:{name})", (f"{_TOTAUX}/ram:{name}",))


CHORUS: Table = {
    "profil": Field("BT-24 Profil de la facture (ram:GuidelineSpecifiedDocumentContextParameter)", (PROFIL,)),
    "echeance": Field(
        "BT-9 Échéance (ram:DueDateDateTime)",
        (f"{REGLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",),
    ),
    "numero": Field("BT-1 Numéro de facture (ram:ID)", (f"{DOCUMENT}/ram:ID",)),
    "type": Field("BT-3 Type de document (ram:TypeCode)", (f"{DOCUMENT}/ram:TypeCode",)),
    "cadre": Field(
        "BT-23 Cadre de facturation (ram:BusinessProcessSpecifiedDocumentContextParameter)",
        (f"{_CONTEXTE}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID", PROFIL),
    ),
    "date": Field(
        "BT-2 Date de facture (ram:IssueDateTime)", (f"{DOCUMENT}/ram:IssueDateTime/udt:DateTimeString",)
    ),
    "devise": Field("BT-5 Devise (ram:InvoiceCurrencyCode)", (f"{REGLEMENT}/ram:InvoiceCurrencyCode",)),
    "fournisseur": Field(
        "BT-30 Identifiant du fournisseur (ram:SpecifiedLegalOrganization/ram:ID)", _party(_VENDEUR)
    ),
    "fournisseur_nom": Field("BT-27 Raison sociale du fournisseur (ram:Name)", _names(_VENDEUR)),
    "fournisseur_pays": Field(
        "BT-40 Pays du fournisseur (ram:CountryID)", (f"{_VENDEUR}/ram:PostalTradeAddress/ram:CountryID",)
    ),
    "destinataire": Field(
        "BT-47 Identifiant du destinataire (ram:SpecifiedLegalOrganization/ram:ID)", _party(_ACHETEUR)
    ),
    "destinataire_nom": Field("BT-44 Nom du destinataire (ram:Name)", _names(_ACHETEUR)),
    "destinataire_pays": Field(
        "BT-55 Pays du destinataire (ram:CountryID)", (f"{_ACHETEUR}/ram:PostalTradeAddress/ram:CountryID",)
    ),
    "service": Field(
        "BT-10 Code service (ram:BuyerReference)",
        (
            f"{_ACHETEUR}/ram:GlobalID[@schemeID='0224']",
            f"{_ACHETEUR}/ram:ID[@schemeID='0224']",
            f"{_ACCORD}/ram:BuyerReference",
        ),
        missing=f"{_ACCORD}/ram:BuyerReference",
    ),
    "engagement": Field(
        "BT-13 Numéro d'engagement (ram:BuyerOrderReferencedDocument)",
        (f"{_ACCORD}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",),
    ),
    "marche": Field(
        "BT-12 Numéro de marché (ram:ContractReferencedDocument)",
        (f"{_ACCORD}/ram:ContractReferencedDocument/ram:IssuerAssignedID",),
    ),
    "mode_paiement": Field(
        "BT-81 Mode de paiement (ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode)",
        (f"{REGLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode",),
    ),
    "ht": _total("BT-109 Total HT", "TaxBasisTotalAmount"),
    "tva": _total("BT-110 Total de TVA", "TaxTotalAmount"),
    "ttc": _total("BT-112 Total TTC", "GrandTotalAmount"),
    "net": _total("BT-115 Net à payer", "DuePayableAmount"),
    "acompte": _total("BT-113 Montant déjà payé", "TotalPrepaidAmount"),
    "arrondi": _total("BT-114 Arrondi", "RoundingAmount"),
    "pj": Field("BG-24 Pièce jointe (ram:AdditionalReferencedDocument)", (_PIECES,)),
    "lignes": Field(
        "BG-25 Lignes (ram:IncludedSupplyChainTradeLineItem)",
        (f"{TRANSACTION}/ram:IncludedSupplyChainTradeLineItem",),
    ),
}
TERMES: Table = {
    "BT-20": Field(
        "BT-20 Conditions de paiement (ram:Description)",
        (f"{REGLEMENT}/ram:SpecifiedTradePaymentTerms/ram:Description",),
    ),
    "BT-25": Field(
        "BT-25 Facture antérieure (ram:InvoiceReferencedDocument)",
        (f"{REGLEMENT}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID",),
    ),
    "BT-28": Field(
        "BT-28 Nom commercial du fournisseur",
        (f"{_VENDEUR}/ram:SpecifiedLegalOrganization/ram:TradingBusinessName",),
    ),
    "BT-31": Field(
        "BT-31 Numéro de TVA du fournisseur",
        (f"{_VENDEUR}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",),
    ),
    "BT-35": Field("BT-35 Adresse du fournisseur", (f"{_VENDEUR}/ram:PostalTradeAddress/ram:LineOne",)),
    "BT-37": Field("BT-37 Ville du fournisseur", (f"{_VENDEUR}/ram:PostalTradeAddress/ram:CityName",)),
    "BT-45": Field(
        "BT-45 Nom commercial du destinataire",
        (f"{_ACHETEUR}/ram:SpecifiedLegalOrganization/ram:TradingBusinessName",),
    ),
    "BT-48": Field(
        "BT-48 Numéro de TVA du destinataire",
        (f"{_ACHETEUR}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",),
    ),
    "BT-59": Field("BT-59 Nom du bénéficiaire", (f"{_BENEFICIAIRE}/ram:Name",)),
    "BT-71": Field(
        "BT-71 Lieu de livraison",
        tuple(
            f"{TRANSACTION}/ram:ApplicableHeaderTradeDelivery/ram:ShipToTradeParty/ram:{name}"
            for name in ("ID", "GlobalID")
        ),
    ),
    "BT-84": Field(
        "BT-84 Compte à créditer (ram:IBANID)",
        tuple(
            f"{REGLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans/"
            f"ram:PayeePartyCreditorFinancialAccount/ram:{name}"
            for name in ("IBANID", "ProprietaryID")
        ),
    ),
    "BT-122": Field("BT-122 Référence de la pièce jointe", (f"{_PIECES}/ram:IssuerAssignedID",)),
    "EXT-FR-FE-01": Field(
        "EXT-FR-FE-01 Type de contrat (ram:ReferenceTypeCode)",
        (f"{_ACCORD}/ram:ContractReferencedDocument/ram:ReferenceTypeCode",),
    ),
    "BG-6": Field("BG-6 Contact du fournisseur", (f"{_VENDEUR}/ram:DefinedTradeContact",)),
    "BG-9": Field("BG-9 Contact du destinataire", (f"{_ACHETEUR}/ram:DefinedTradeContact",)),
}
TERMES_LIGNE = {"BT-154": "ram:SpecifiedTradeProduct/ram:Description"}
IDENTIFIANTS = {
    name: tuple(
        f"{party}/{path}" for path in ("ram:ID", "ram:GlobalID", "ram:SpecifiedLegalOrganization/ram:ID")
    )
    for name, party in {
        "fournisseur": _VENDEUR,
        "destinataire": _ACHETEUR,
        "beneficiaire": _BENEFICIAIRE,
    }.items()
}
REFORME: Table = {
    **CHORUS,
    "fournisseur": Field(
        "BT-30 SIREN du fournisseur (ram:SpecifiedLegalOrganization/ram:ID)",
        _party(_VENDEUR, "ram:SpecifiedLegalOrganization/ram:ID[@schemeID='0002']"),
    ),
    "destinataire": Field(
        "BT-46 SIRET du destinataire (ram:GlobalID)", _party(_ACHETEUR, "ram:GlobalID[@schemeID='0009']")
    ),
}
TVA: Table = {
    "taux": Field("BT-119 Taux de TVA (ram:RateApplicablePercent)", ("ram:RateApplicablePercent",)),
    "base": Field("BT-116 Base de TVA (ram:BasisAmount)", ("ram:BasisAmount",)),
    "montant": Field("BT-117 Montant de TVA (ram:CalculatedAmount)", ("ram:CalculatedAmount",)),
}
PIECE_JOINTE: Table = {
    "nom": Field("BT-122 Nom de la pièce jointe (ram:IssuerAssignedID)", ("ram:IssuerAssignedID",)),
    "contenu": Field(
        "BT-125 Contenu de la pièce jointe (ram:AttachmentBinaryObject)", ("ram:AttachmentBinaryObject",)
    ),
}
