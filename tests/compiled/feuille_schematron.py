"""A sheet of the shape that a Schematron compiler writes, for one expression or one pattern under test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from edi.validators.schematron.packs import Pack, Part, Sheet

PATH = """
  <xsl:template match="*" mode="schematron-select-full-path">
    <xsl:apply-templates select="." mode="schematron-get-full-path"/>
  </xsl:template>
  <xsl:template match="*" mode="schematron-get-full-path">
    <xsl:apply-templates select="parent::*" mode="schematron-get-full-path"/>
    <xsl:text>/</xsl:text>
    <xsl:choose>
      <xsl:when test="namespace-uri()=''"><xsl:value-of select="name()"/></xsl:when>
      <xsl:otherwise>
        <xsl:text>*:</xsl:text><xsl:value-of select="local-name()"/>
        <xsl:text>[namespace-uri()='</xsl:text><xsl:value-of select="namespace-uri()"/><xsl:text>']</xsl:text>
      </xsl:otherwise>
    </xsl:choose>
    <xsl:text>[</xsl:text>
    <xsl:value-of select="1 + count(preceding-sibling::*[local-name()=local-name(current())
        and namespace-uri() = namespace-uri(current())])"/>
    <xsl:text>]</xsl:text>
  </xsl:template>"""


def rule(match: str, *steps: str, priority: int = 1000, mode: str = "M1", down: str = "*") -> str:
    """A template of a mode; without ``down`` it does not go on to what lies below."""
    walk = f'<xsl:apply-templates select="{down}" mode="{mode}"/>' if down else ""
    head = f'<xsl:template match={quoteattr(match)} priority="{priority}" mode="{mode}">'
    return f"{head}<svrl:fired-rule context=''/>{''.join(steps)}{walk}</xsl:template>"


def an_assert(name: str, test: str, message: str = "") -> str:
    return (
        f"<xsl:choose><xsl:when test={quoteattr(test)}/><xsl:otherwise>"
        f"<svrl:failed-assert test=''>{_told(name, message)}</svrl:failed-assert>"
        "</xsl:otherwise></xsl:choose>"
    )


def a_report(test: str, message: str = "") -> str:
    return (
        f"<xsl:if test={quoteattr(test)}><svrl:successful-report test=''>{_told('', message)}"
        "</svrl:successful-report></xsl:if>"
    )


def variable(name: str, select: str) -> str:
    return f'<xsl:variable name="{name}" select={quoteattr(select)}/>'


def _told(name: str, message: str) -> str:
    identity = f'<xsl:attribute name="id">{name}</xsl:attribute>' if name else ""
    return (
        f'{identity}<xsl:attribute name="flag">fatal</xsl:attribute><xsl:attribute name="location">'
        '<xsl:apply-templates select="." mode="schematron-select-full-path"/></xsl:attribute>'
        f"<svrl:text>{message}</svrl:text>"
    )


def value(expression: str) -> str:
    return f"<xsl:value-of select={quoteattr(expression)}/>"


def write_sheet(rules: Iterable[str], *, modes: Iterable[str] = ("M1",), head: str = "") -> bytes:
    """A whole sheet."""
    starts = "".join(f'<xsl:apply-templates select="/" mode="{mode}"/>' for mode in modes)
    walks = "".join(
        f'<xsl:template match="text()" priority="-1" mode="{mode}"/>'
        f'<xsl:template match="@*|node()" priority="-2" mode="{mode}">'
        f'<xsl:apply-templates select="*" mode="{mode}"/></xsl:template>'
        for mode in modes
    )
    return f"""<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="2.0"
    xmlns:svrl="http://purl.oclc.org/dsdl/svrl" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:f="urn:f" xmlns:n="urn:n">
  {head}
  <xsl:template match="/">
    <svrl:schematron-output>{starts}</svrl:schematron-output>
  </xsl:template>
  <xsl:template match="text()" priority="-1"/>
  {"".join(rules)}{walks}{PATH}
</xsl:stylesheet>""".encode()


def write_part(folder: Path, data: bytes) -> tuple[Pack, Part]:
    """The sheet as the only part of a pack."""
    digest = hashlib.sha256(data).hexdigest()
    name = f"essai-{digest[:12]}"
    (folder / f"{name}.xslt").write_bytes(data)
    part = Part(Sheet(name, f"{name}.xslt", digest, folder=str(folder), rewrite=False))
    return Pack(name, "", "1", (part,), (), "REJ_SEMAN"), part
