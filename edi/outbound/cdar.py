"""The writer of CDAR D22B: one message of cycle de vie to bytes, nothing else.

Equal values give equal bytes, on any day and on any machine. What the tables do not allow is not written.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from lxml import etree

from edi.cdv.building import check_legal
from edi.model import Cdv, DonneeCdv, MotifCdv, ObjetCdv, PartieCdv

# Characters that XML 1.0 cannot hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_D22B = "urn:un:unece:uncefact:data:standard:{}:100"
_NSMAP = {
    "rsm": _D22B.format("CrossDomainAcknowledgementAndResponse"),
    "ram": _D22B.format("ReusableAggregateBusinessInformationEntity"),
    "qdt": _D22B.format("QualifiedDataType"),
    "udt": _D22B.format("UnqualifiedDataType"),
}


def write_cdar(cdv: Cdv) -> bytes:
    """The bytes of a message. Raises CdvIllegal for one that ``edi.cdv.building`` would not make."""
    check_legal(cdv)
    root = etree.Element(_name("rsm:CrossDomainAcknowledgementAndResponse"), nsmap=_NSMAP)
    _write_context(_child(root, "rsm:ExchangedDocumentContext"), cdv)
    _write_header(_child(root, "rsm:ExchangedDocument"), cdv)
    acknowledgement = _child(root, "rsm:AcknowledgementDocument")
    _leaf(_child(acknowledgement, "ram:MultipleReferencesIndicator"), "udt:Indicator", "false")
    _leaf(acknowledgement, "ram:TypeCode", cdv.phase)
    _instant(acknowledgement, "ram:IssueDateTime", cdv.pose_le)
    _write_object(_child(acknowledgement, "ram:ReferenceReferencedDocument"), cdv.objet)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _write_context(context: etree._Element, cdv: Cdv) -> None:
    if cdv.processus:
        process = _child(context, "ram:BusinessProcessSpecifiedDocumentContextParameter")
        _leaf(process, "ram:ID", cdv.processus)
    _leaf(_child(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", cdv.profil)


def _write_header(header: etree._Element, cdv: Cdv) -> None:
    _leaf(header, "ram:ID", cdv.id)
    _leaf(header, "ram:Name", cdv.nom)
    _instant(header, "ram:IssueDateTime", cdv.cree_le)
    _write_party(header, "ram:SenderTradeParty", cdv.expediteur)
    _write_party(header, "ram:IssuerTradeParty", cdv.auteur)
    for partie in cdv.destinataires:
        _write_party(header, "ram:RecipientTradeParty", partie)


def _write_party(parent: etree._Element, name: str, partie: PartieCdv | None) -> None:
    if partie is None:
        return
    party = _child(parent, name)
    _leaf(party, "ram:GlobalID", partie.identifiant, schemeID=partie.schema)
    _leaf(party, "ram:Name", partie.nom)
    _leaf(party, "ram:RoleCode", partie.role)
    if partie.adresse:
        uri = _child(party, "ram:URIUniversalCommunication")
        _leaf(uri, "ram:URIID", partie.adresse, schemeID=partie.adresse_schema)


def _write_object(reference: etree._Element, objet: ObjetCdv) -> None:
    _leaf(reference, "ram:IssuerAssignedID", objet.id)
    _leaf(reference, "ram:StatusCode", objet.code_1373)
    _leaf(reference, "ram:TypeCode", objet.type)
    _instant(reference, "ram:ReceiptDateTime", objet.recu_le)
    _leaf(reference, "ram:ReferenceTypeCode", objet.nature)
    if objet.date is not None:
        issued = _child(reference, "ram:FormattedIssueDateTime")
        day = f"{objet.date.year:04d}{objet.date:%m%d}"
        _leaf(issued, "qdt:DateTimeString", day, format="102")
    _leaf(reference, "ram:ProcessConditionCode", objet.statut)
    _leaf(reference, "ram:ProcessCondition", objet.libelle)
    _write_party(reference, "ram:IssuerTradeParty", objet.vendeur)
    for motif in objet.motifs:
        _write_reason(_child(reference, "ram:SpecifiedDocumentStatus"), motif)


def _write_reason(status: etree._Element, motif: MotifCdv) -> None:
    _leaf(status, "ram:ReasonCode", motif.code)
    _leaf(status, "ram:Reason", motif.libelle)
    _leaf(status, "ram:RequestedActionCode", motif.action)
    _leaf(status, "ram:RequestedAction", motif.action_libelle)
    _leaf(status, "ram:SequenceNumeric", "" if motif.rang is None else str(motif.rang))
    for note in motif.notes:
        _leaf(_child(status, "ram:IncludedNote"), "ram:Content", note)
    for donnee in motif.donnees:
        _write_datum(_child(status, "ram:SpecifiedDocumentCharacteristic"), donnee)


def _write_datum(characteristic: etree._Element, donnee: DonneeCdv) -> None:
    _leaf(characteristic, "ram:ID", donnee.terme)
    _leaf(characteristic, "ram:TypeCode", donnee.type)
    if donnee.modifiee is not None:
        changed = _child(characteristic, "ram:ValueChangedIndicator")
        _leaf(changed, "udt:IndicatorString", "true" if donnee.modifiee else "false")
    _leaf(characteristic, "ram:Name", donnee.nom)
    _leaf(characteristic, "ram:Location", donnee.lieu)
    _leaf(characteristic, "ram:Value", donnee.valeur)
    _leaf(characteristic, "ram:ValueAmount", _number(donnee.montant), currencyID=donnee.devise)
    _leaf(characteristic, "ram:ValuePercent", _number(donnee.taux))


# -- elements ---------------------------------------------------------------------------------------------


def _name(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NSMAP[prefix]}}}{local}"


def _child(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, _name(name))


def _leaf(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    """An element that has a text; none at all when it has none."""
    if not text:
        return
    leaf = _child(parent, name)
    leaf.text = _ILLEGAL.sub("\ufffd", text)
    for key, value in attributes.items():
        if value:
            leaf.set(key, value)


def _instant(parent: etree._Element, name: str, at: datetime | None) -> None:
    if at is not None:
        moment = f"{at.year:04d}{at:%m%d%H%M%S}"
        _leaf(_child(parent, name), "udt:DateTimeString", moment, format="204")


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"
