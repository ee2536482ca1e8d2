"""What the lines of an invoice are of, in words (BT-153): for screens; no control asks for it."""

from __future__ import annotations

from lxml import etree

from edi.inbound.readers.cii_fields import NAMESPACES as CII
from edi.inbound.readers.fields import text_of
from edi.inbound.readers.ubl_fields import NAMESPACES as UBL

_CII = (".//ram:IncludedSupplyChainTradeLineItem", "ram:SpecifiedTradeProduct/ram:Name", CII)
# Reader -> where lines are, where each says what it is of.
_CHEMINS = {
    "ubl": ("cac:InvoiceLine", "cac:Item/cbc:Name", UBL),
    "cii": _CII,
    "facturx": _CII,
}


def read_designations(tree: etree._ElementTree, lecteur: str) -> tuple[str, ...]:
    """The name of what each line is of, in order; nothing where the format has no lines."""
    if lecteur not in _CHEMINS:
        return ()
    lines, name, spaces = _CHEMINS[lecteur]
    root = tree.getroot()
    found = root.findall(lines, spaces) or root.findall(lines.replace("Invoice", "CreditNote"), spaces)
    return tuple(text_of(line.find(name, spaces)) for line in found)
