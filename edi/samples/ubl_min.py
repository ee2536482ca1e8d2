"""Sample invoices in the minimal UBL of the mixed flow E2: one line of nothing, the invoice attached."""

from __future__ import annotations

from decimal import Decimal

from lxml import etree

from edi.samples.brouillon import Brouillon, Ligne
from edi.samples.ubl import build_e1

_RIEN = Decimal("0.00")
_LIGNE = Ligne("Voir la facture jointe", "EA", Decimal("0"), _RIEN, _RIEN)


def build_min(brouillon: Brouillon) -> etree._Element:
    """The document of one invoice: its totals and references, and the one line that the format demands."""
    return build_e1(brouillon, lignes=(_LIGNE,))
