"""An invoice of the reform that breaks no official rule, and the same with one thing otherwise."""

from __future__ import annotations

import re

from lxml import etree

from edi import xml
from edi.samples.document import make_facture
from edi.samples.faults import REFORME

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CLEAN = make_facture(REFORME, graine=3)


def change(pattern: str, by: str, data: bytes = CLEAN, count: int = 1) -> etree._ElementTree:
    """The clean invoice with one thing otherwise; fails when the pattern is not there."""
    text, times = re.subn(pattern, by, data.decode(), count=count)
    assert times
    return xml.parse(text.encode())
