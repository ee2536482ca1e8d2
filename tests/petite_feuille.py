"""A tiny official sheet for tests, and compiled forms of it that are right or wrong on purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from edi.model import Severity
from edi.model.confiance import EtatFeuille
from edi.validators.schematron import saxon
from edi.validators.schematron.confiance import Compiled, Confiance
from edi.validators.schematron.packs import Pack, Part, Sheet
from edi.validators.schematron.saxon import Failed

COMPILER = "c0ffee"

SHEET = b"""<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="2.0"
    xmlns:svrl="http://purl.oclc.org/dsdl/svrl" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xsl:template match="/">
    <svrl:schematron-output><xsl:apply-templates select="/invoice"/></svrl:schematron-output>
  </xsl:template>
  <xsl:template match="invoice">
    <xsl:if test="xs:decimal(total) lt 0">
      <svrl:failed-assert id="T-1" flag="fatal" location="/invoice[1]">
        <svrl:text>Le total <xsl:value-of select="total"/> est negatif.</svrl:text>
      </svrl:failed-assert>
    </xsl:if>
    <xsl:for-each select="line[not(name)]">
      <svrl:failed-assert id="T-2" flag="warning"
          location="/invoice[1]/line[{count(preceding-sibling::line) + 1}]">
        <svrl:text>Une ligne a un nom.</svrl:text>
      </svrl:failed-assert>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>"""

GOOD = b"<invoice><total>1</total><line><name>a</name></line></invoice>"
NEGATIVE = b"<invoice><total>-1</total><line><name>a</name></line></invoice>"
NAMELESS = b"<invoice><total>1</total><line/><line/></invoice>"
RAISING = b"<invoice><total>many</total></invoice>"  # the official sheet raises FORG0001

NEGATIVE_FAILED = Failed("T-1", "fatal", "/invoice[1]", "Le total -1 est negatif.")
NAMELESS_FAILED = (
    Failed("T-2", "warning", "/invoice[1]/line[1]", "Une ligne a un nom."),
    Failed("T-2", "warning", "/invoice[1]/line[2]", "Une ligne a un nom."),
)


def write_pack(folder: Path, nom: str = "petite") -> Pack:
    """The sheet as a pack of its own."""
    data = SHEET + f"<!-- {nom} -->".encode()
    (folder / f"{nom}.xslt").write_bytes(data)
    sheet = Sheet(nom, f"{nom}.xslt", hashlib.sha256(data).hexdigest(), folder=str(folder), rewrite=False)
    flags = (("fatal", Severity.ERROR), ("warning", Severity.WARNING))
    return Pack(nom, "Petites règles", "1", (Part(sheet),), flags, "REJ_SEMAN")


def right(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
    """What the sheet says, written by hand."""
    invoice = tree.getroot()
    found = []
    if float(invoice.findtext("total", "0")) < 0:
        text = f"Le total {invoice.findtext('total')} est negatif."
        found.append(Failed("T-1", "fatal", "/invoice[1]", text))
    for rank, line in enumerate(invoice.findall("line"), 1):
        if line.find("name") is None:
            found.append(Failed("T-2", "warning", f"/invoice[1]/line[{rank}]", "Une ligne a un nom."))
    return tuple(found)


def blind(part: Part, tree: etree._ElementTree) -> tuple[Failed, ...]:
    """It never finds anything."""
    return ()


def make(
    run: Callable[[Part, etree._ElementTree], tuple[Failed, ...]],
    etat: EtatFeuille,
    *packs: Pack,
    echantillon: float = 0.0,
) -> Confiance:
    """A compiled form, and the state of every sheet of some packs."""
    etats = {part.sheet.sha256: etat for pack in packs for part in pack.parts}
    return Confiance(etats, echantillon, compiled=Compiled(lambda tree: tree, run, COMPILER))


@dataclass
class Faithful:
    """A compiled form that asks Saxon in secret, and tells it otherwise where it is made to."""

    change: Callable[[Part, tuple[Failed, ...]], tuple[Failed, ...]] = lambda part, found: found
    asked: int = 0

    def run(self, part: Part, document: saxon.Document) -> tuple[Failed, ...]:
        self.asked += 1
        pack = Pack("", "", "", (part,), (), "")
        return self.change(part, saxon.run_part(pack, part, document))

    @property
    def compiled(self) -> Compiled:
        return Compiled(saxon.open_document, self.run, COMPILER)


def without(*rules: str) -> Faithful:
    """A compiled form that is blind to some rules."""
    return Faithful(lambda part, found: tuple(one for one in found if one.id not in rules))
