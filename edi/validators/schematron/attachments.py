"""The weight of attachments, which no rule looks at: rules ask whether one is there and of which type."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

BINARIES = (
    "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}EmbeddedDocumentBinaryObject",
    "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}AttachmentBinaryObject",
)
_HEAVY = 1024  # characters of base64 above which a rule sees only the first ones
_KEPT = 64


def shorten(text: str) -> str:
    """What a rule sees of the base64 of an attachment."""
    return text.strip()[:_KEPT] or " " if len(text) > _HEAVY else text


def lighten(tree: etree._ElementTree) -> etree._ElementTree:
    """A document without the weight of its attachments; the paths of its elements are unchanged."""
    if not any(len(element.text or "") > _HEAVY for element in tree.iter(*BINARIES)):
        return tree
    light = deepcopy(tree)
    for element in light.iter(*BINARIES):
        element.text = shorten(element.text or "")
    return light
