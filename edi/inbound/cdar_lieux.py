"""Where each datum of a CDAR message stands, or should stand, by its MDT number."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from edi import xml
from edi.model import Place

_D22B = "urn:un:unece:uncefact:data:standard:{}:100"
NS = {
    "rsm": _D22B.format("CrossDomainAcknowledgementAndResponse"),
    "ram": _D22B.format("ReusableAggregateBusinessInformationEntity"),
    "qdt": _D22B.format("QualifiedDataType"),
    "udt": _D22B.format("UnqualifiedDataType"),
}

HEADER = "rsm:ExchangedDocument"
ACK = "rsm:AcknowledgementDocument"
OBJECT = f"{ACK}/ram:ReferenceReferencedDocument"
_REASON = f"{OBJECT}/ram:SpecifiedDocumentStatus"
DATUM = "ram:SpecifiedDocumentCharacteristic"
# MDT -> path; one more index of the key for each element of the path that repeats.
PATHS: Mapping[str, str] = {
    "MDT-4": f"{HEADER}/ram:ID",
    "MDT-8": f"{HEADER}/ram:IssueDateTime/udt:DateTimeString",
    "MDT-19": f"{HEADER}/ram:SenderTradeParty/ram:GlobalID",
    "MDT-21": f"{HEADER}/ram:SenderTradeParty/ram:RoleCode",
    "MDT-38": f"{HEADER}/ram:IssuerTradeParty/ram:GlobalID",
    "MDT-40": f"{HEADER}/ram:IssuerTradeParty/ram:RoleCode",
    "MDT-59": f"{HEADER}/ram:RecipientTradeParty[?]/ram:RoleCode",
    "MDT-73": f"{HEADER}/ram:RecipientTradeParty[?]/ram:URIUniversalCommunication/ram:URIID",
    "MDT-77": f"{ACK}/ram:TypeCode",
    "MDT-78": f"{ACK}/ram:IssueDateTime/udt:DateTimeString",
    "MDT-87": f"{OBJECT}/ram:IssuerAssignedID",
    "MDT-88": f"{OBJECT}/ram:StatusCode",
    "MDT-91": f"{OBJECT}/ram:TypeCode",
    "MDT-95": f"{OBJECT}/ram:ReceiptDateTime/udt:DateTimeString",
    "MDT-97": f"{OBJECT}/ram:ReferenceTypeCode",
    "MDT-100": f"{OBJECT}/ram:FormattedIssueDateTime/qdt:DateTimeString",
    "MDT-105": f"{OBJECT}/ram:ProcessConditionCode",
    "MDT-106": f"{OBJECT}/ram:ProcessCondition",
    "MDT-129": f"{OBJECT}/ram:IssuerTradeParty/ram:GlobalID",
    "MDT-132": f"{OBJECT}/ram:IssuerTradeParty/ram:RoleCode",
    "MDT-113": f"{_REASON}[?]/ram:ReasonCode",
    "MDT-121": f"{_REASON}[?]/ram:RequestedActionCode",
    "MDT-124-2": f"{_REASON}[?]/ram:SequenceNumeric",
    "MDT-126": f"{_REASON}[?]/ram:IncludedNote/ram:Content",
    "MDT-207": f"{_REASON}[?]/{DATUM}[?]/ram:TypeCode",
    "MDT-215": f"{_REASON}[?]/{DATUM}[?]/ram:ValueAmount",
    "MDT-224": f"{_REASON}[?]/{DATUM}[?]/ram:ValuePercent",
}


def locate(root: etree._Element, key: str) -> Place:
    """Where a datum stands: ``MDT-8``, or ``MDT-207[2][1]`` for the first value of the second motif.

    For one that is missing, where it should stand, on the line of the nearest element that is there.
    """
    mdt, *ranks = key.replace("]", "").split("[")
    steps = PATHS[mdt].split("/")
    element, indexes = root, iter(ranks)
    for position, step in enumerate(steps):
        name, repeats, _ = step.partition("[?]")
        rank = int(next(indexes, "1")) if repeats else 1
        found = element.findall(name, NS)
        if len(found) < rank:
            rest = "".join(f"/{left.partition('[')[0]}" for left in steps[position:])
            return Place(xml.where(element) + rest, xml.line_of(element), mdt)
        element = found[rank - 1]
    return Place(xml.where(element), xml.line_of(element), mdt)
