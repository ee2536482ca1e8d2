"""How the official sheets are rewritten, where it can be seen from outside."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from changed import CBC, change

from edi import xml
from edi.model import Severity
from edi.validators.schematron import packs, presence, reach, rewrite, saxon
from edi.validators.schematron.packs import PACKS, Pack, Part

pytest.importorskip("saxonche")

FR = PACKS["br-fr-ubl"][0]


def test_a_sheet_can_be_run_as_it_is_by_configuration() -> None:
    part = FR.parts[0]
    pack = replace(FR, parts=(Part(replace(part.sheet, rewrite=False)),))
    document = saxon.open_document(change(r"#PMT#", "#ACC#"))

    assert saxon.run_pack(pack, document) == saxon.run_pack(FR, document)


@pytest.mark.parametrize("pack", [p for v in PACKS.values() for p in v], ids=lambda pack: pack.id)
def test_every_shipped_sheet_is_of_the_shape_that_can_be_rewritten(pack: Pack) -> None:
    if packs.tell_absence(pack):
        pytest.skip(packs.tell_absence(pack))
    for part in pack.parts:
        data = packs.locate_sheet(part.sheet).read_bytes()
        text = rewrite.rewrite(data, "file:///sheet.xslt", select=part.sheet.select).text

        assert "failed-assert" not in text
        assert text.count("<xsl:when ") + text.count("<xsl:if ") >= data.count(b"<svrl:failed-assert ")


STRANGE = b"""<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:svrl="http://purl.oclc.org/dsdl/svrl" version="2.0">
 <xsl:template match="/"><svrl:schematron-output><xsl:apply-templates select="/" mode="M1"/>
 </svrl:schematron-output></xsl:template>
 <xsl:template match="loud"><svrl:failed-assert/></xsl:template>
 <xsl:template match="a" mode="M1"><xsl:choose><xsl:when test="@b"/><xsl:otherwise>
 <svrl:failed-assert><xsl:attribute name="id">R-1</xsl:attribute>
 <xsl:attribute name="flag">fatal</xsl:attribute>
 <xsl:attribute name="location">/a[1]</xsl:attribute><svrl:text>b is\nmissing</svrl:text>
 </svrl:failed-assert></xsl:otherwise></xsl:choose></xsl:template></xsl:stylesheet>"""


def test_a_sheet_of_another_shape_is_run_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "s.xslt").write_bytes(STRANGE)
    sheet = packs.Sheet("s", "s.xslt", hashlib.sha256(STRANGE).hexdigest(), folder=str(tmp_path))
    pack = Pack("p", "P", "1", (Part(sheet),), (("fatal", Severity.ERROR),), "REJ_SEMAN")

    with pytest.raises(reach.Unrewritable):
        rewrite.rewrite(STRANGE, "file:///s.xslt")
    assert saxon.run_pack(pack, b"<a/>") == (saxon.Failed("R-1", "fatal", "/a[1]", "b is missing"),)


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("a:b/c:d", ["a:b/c:d"]),
        ("a:b[x | y = ']']/c:d | //e:f[@g='|']", ["a:b/c:d", "//e:f"]),
        ("(a:b | c:d)[e:f]/g:h", ["(a:b | c:d)/g:h"]),
    ],
)
def test_the_paths_of_a_pattern_are_its_alternatives_without_predicates(
    pattern: str, paths: list[str]
) -> None:
    assert list(reach.paths(pattern)) == paths


# -- what a sheet is told of a document, and what it remembers ---------------------------------------------


PARTIES = b"<a:Invoice xmlns:a='urn:a'><a:Party><a:ID s='1'/></a:Party><a:Line><a:Name/></a:Line></a:Invoice>"


@pytest.mark.parametrize(
    ("path", "may_be"),
    [
        ("a:Party/a:ID", True),
        ("//a:ID", True),
        ("a:ID/@s", True),
        ("/a:Invoice/a:Line", True),
        ("a:Invoice//a:ID", True),
        ("(a:Line | a:Party)/a:ID", True),
        ("*/a:Name", True),
        ("a:Party[a:Absent]/a:ID", True),
        ("a:Line/a:ID", False),
        ("a:Party/@s", False),
        ("/a:Party", False),
        ("a:Absent", False),
        ("(a:Line | a:Absent)/a:ID", False),
    ],
)
def test_a_path_may_lead_somewhere_only_where_each_of_its_steps_is_in_the_document(
    path: str, may_be: bool
) -> None:
    watched = presence.Watched()
    watched.watch(presence.ways(path))

    assert watched.compare(presence.label(xml.parse(PARTIES))) == ("1" if may_be else "0")


def test_each_document_has_its_own_answers() -> None:
    trees = [change(r"<cbc:ProfileID>[^<]*", f"<cbc:ProfileID>{cadre}") for cadre in ("S9", "S1", "S8", "S9")]
    for tree in trees:
        next(tree.iter(f"{CBC}PriceAmount")).text = "-1"
    documents = [saxon.open_document(tree) for tree in trees]

    rewritten = [saxon.run_pack(FR, document) for document in documents]
    assert rewritten == [saxon.run_pack(FR, document, saxon.OFFICIAL) for document in documents]
    assert len(set(rewritten)) > 1
