"""The reader of CDAR: bytes to the message they hold, and what in them could not be read. Raises nothing.

Lenient as the trade must be: a BOM, texts on several lines, data that are missing. An instant of the format
204 has no zone and gets that of the reader (Paris by custom).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from lxml import etree

from edi import xml
from edi.cdv import cards
from edi.cdv.coherence import MOST_FINDINGS, Lieu, nowhere
from edi.inbound.cdar_lieux import ACK, DATUM, HEADER, NS, OBJECT, PATHS, locate
from edi.model import Cdv, DonneeCdv, Finding, MotifCdv, ObjetCdv, PartieCdv, Place

RACINE = (
    "{urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100}"
    "CrossDomainAcknowledgementAndResponse"
)
PARIS = ZoneInfo("Europe/Paris")

_T = TypeVar("_T")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})")
_WHOLE = re.compile(r"[0-9]{1,9}(\.0+)?")
_204 = re.compile(r"[0-9]{14}")
_102 = re.compile(r"[0-9]{8}")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class CdarLu(NamedTuple):
    """What bytes say; no message when they hold none. ``lieu`` tells where its data stand."""

    cdv: Cdv | None
    findings: tuple[Finding, ...]
    tree: etree._ElementTree | None = None
    lieu: Lieu = nowhere


def read_cdar(data: bytes, fuseau: ZoneInfo = PARIS) -> CdarLu:
    """The message that some bytes hold, whatever they are."""
    try:
        tree = xml.parse(data)
    except xml.XmlRefused as refused:
        place = Place(f"{refused.line}:{refused.column or 1}" if refused.line else "", refused.line)
        return CdarLu(None, (cards.ILLISIBLE.at(place, raison=refused.reason),))
    root = tree.getroot()
    if root.tag != RACINE:
        local = str(root.tag).rpartition("}")[2][:100]
        return CdarLu(
            None, (cards.AUTRE_DOCUMENT.at(Place(xml.where(root), xml.line_of(root)), local),), tree
        )
    reading = _Reading(root, fuseau)
    cdv = reading.read_message()
    return CdarLu(cdv, tuple(reading.findings), tree, partial(locate, root))


class _Reading:
    """One message being read: its root, and what could not be read so far."""

    def __init__(self, root: etree._Element, fuseau: ZoneInfo) -> None:
        self.root, self.fuseau = root, fuseau
        self.findings: list[Finding] = []

    def read_message(self) -> Cdv:
        root, text = self.root, _texter(self.root)
        references = root.findall(OBJECT, NS)
        several = max(len(root.findall(ACK, NS)), len(references))
        if several > 1:
            self.findings.append(cards.PLUSIEURS.at(locate(root, "MDT-87"), str(several)))
        context = "rsm:ExchangedDocumentContext/ram:{}SpecifiedDocumentContextParameter/ram:ID"
        return Cdv(
            id=text(PATHS["MDT-4"]),
            nom=text(f"{HEADER}/ram:Name"),
            processus=text(context.format("BusinessProcess")),
            profil=text(context.format("Guideline")),
            cree_le=self._instant("MDT-8"),
            expediteur=_party(root.find(f"{HEADER}/ram:SenderTradeParty", NS)),
            auteur=_party(root.find(f"{HEADER}/ram:IssuerTradeParty", NS)),
            destinataires=tuple(
                partie
                for element in root.findall(f"{HEADER}/ram:RecipientTradeParty", NS)
                if (partie := _party(element)) is not None
            ),
            phase=text(PATHS["MDT-77"]),
            pose_le=self._instant("MDT-78"),
            objet=self._read_object(references[0]) if references else ObjetCdv(),
        )

    def _read_object(self, reference: etree._Element) -> ObjetCdv:
        text = _texter(reference)
        return ObjetCdv(
            id=text("ram:IssuerAssignedID"),
            statut=text("ram:ProcessConditionCode"),
            libelle=text("ram:ProcessCondition"),
            code_1373=text("ram:StatusCode"),
            type=text("ram:TypeCode"),
            nature=text("ram:ReferenceTypeCode"),
            recu_le=self._instant("MDT-95"),
            date=self._read(self.root.find(PATHS["MDT-100"], NS), _read_day, "une date AAAAMMJJ"),
            vendeur=_party(reference.find("ram:IssuerTradeParty", NS)),
            motifs=tuple(map(self._read_reason, reference.findall("ram:SpecifiedDocumentStatus", NS))),
        )

    def _read_reason(self, reason: etree._Element) -> MotifCdv:
        text = _texter(reason)
        notes = map(_text, reason.findall("ram:IncludedNote/ram:Content", NS))
        return MotifCdv(
            rang=self._read(reason.find("ram:SequenceNumeric", NS), _read_whole, "un nombre entier"),
            code=text("ram:ReasonCode"),
            libelle=text("ram:Reason"),
            action=text("ram:RequestedActionCode"),
            action_libelle=text("ram:RequestedAction"),
            notes=tuple(filter(None, notes)),
            donnees=tuple(map(self._read_datum, reason.findall(DATUM, NS))),
        )

    def _read_datum(self, datum: etree._Element) -> DonneeCdv:
        text, changed = _texter(datum), "ram:ValueChangedIndicator/udt:Indicator"
        amount = datum.find("ram:ValueAmount", NS)
        return DonneeCdv(
            type=text("ram:TypeCode"),
            terme=text("ram:ID"),
            modifiee=_BOOLEANS.get(text(f"{changed}String") or text(changed)),
            nom=text("ram:Name"),
            lieu=text("ram:Location"),
            valeur=text("ram:Value"),
            montant=self._read(amount, _read_decimal, "un nombre décimal"),
            devise="" if amount is None else amount.get("currencyID", ""),
            taux=self._read(datum.find("ram:ValuePercent", NS), _read_decimal, "un nombre décimal"),
        )

    def _instant(self, mdt: str) -> datetime | None:
        def read(text: str) -> datetime | None:
            if not _204.fullmatch(text):
                return None
            try:
                return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=self.fuseau)
            except ValueError:
                return None

        return self._read(self.root.find(PATHS[mdt], NS), read, "une date et une heure AAAAMMJJhhmmss")

    def _read(
        self, element: etree._Element | None, read: Callable[[str], _T | None], expected: str
    ) -> _T | None:
        """The value of an element; None when there is none, or when it is told to be unreadable."""
        if element is None or not (text := _text(element)):
            return None
        value = read(text)
        if value is None and len(self.findings) < MOST_FINDINGS:
            place = Place(xml.where(element), xml.line_of(element))
            self.findings.append(cards.FORME.at(place, text[:100], expected))
        return value


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _texter(parent: etree._Element) -> Callable[[str], str]:
    def text(path: str) -> str:
        element = parent.find(path, NS)
        return "" if element is None else _text(element)

    return text


def _party(element: etree._Element | None) -> PartieCdv | None:
    if element is None:
        return None
    text = _texter(element)
    identifier = element.find("ram:GlobalID", NS)
    address = element.find("ram:URIUniversalCommunication/ram:URIID", NS)
    return PartieCdv(
        role=text("ram:RoleCode"),
        identifiant=text("ram:GlobalID"),
        schema="" if identifier is None else identifier.get("schemeID", ""),
        nom=text("ram:Name"),
        adresse=text("ram:URIUniversalCommunication/ram:URIID"),
        adresse_schema="" if address is None else address.get("schemeID", ""),
    )


def _read_day(text: str) -> date | None:
    if not _102.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _read_whole(text: str) -> int | None:
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None


def _read_decimal(text: str) -> Decimal | None:
    return Decimal(text) if _DECIMAL.fullmatch(text) else None
