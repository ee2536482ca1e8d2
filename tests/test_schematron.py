"""Official rules on our own documents: what is found, where, and what becomes of a sheet that raises."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from edi import xml
from edi.model import Severity
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.validators.schematron import packs, reach, rewrite, runner, saxon
from edi.validators.schematron.packs import PACKS, Pack, Part
from edi.validators.schematron.svrl import Locator

pytest.importorskip("saxonche")

EN, FR = PACKS["en16931-ubl"][0], PACKS["br-fr-ubl"][0]
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CLEAN = make_facture(REFORME, graine=3)


def change(pattern: str, by: str, data: bytes = CLEAN, count: int = 1) -> etree._ElementTree:
    """The clean invoice with one thing otherwise; fails when the pattern is not there."""
    text, times = re.subn(pattern, by, data.decode(), count=count)
    assert times
    return xml.parse(text.encode())


@pytest.mark.parametrize("pack", [EN, FR], ids=lambda pack: pack.id)
@pytest.mark.parametrize("avoir", [False, True], ids=["facture", "avoir"])
@pytest.mark.parametrize("pieces", [False, True], ids=["seule", "avec-piece"])
@pytest.mark.parametrize("graine", [1, 2, 3])
def test_our_own_reform_invoices_break_no_official_rule(
    pack: Pack, avoir: bool, pieces: bool, graine: int
) -> None:
    data = make_facture(REFORME, graine=graine, avoir=avoir, pieces_jointes=pieces)

    assert saxon.run_pack(pack, data) == ()


@pytest.mark.parametrize(
    ("pattern", "by", "pack", "codes"),
    [
        (r"#PMT#", "#ACC#", FR, ["BR-FR-05_BT-22-1"]),
        (r"(<cbc:TaxInclusiveAmount [^>]*>)[^<]*", r"\g<1>1.00", EN, ["BR-CO-15", "BR-CO-16"]),
        (r'unitCode="\w+"', 'unitCode="kWh"', EN, ["BR-CL-23"]),
        (r"<cbc:InvoiceTypeCode>380", "<cbc:InvoiceTypeCode>999", FR, ["BR-FR-04_BT-3"]),
    ],
)  # fmt: skip
def test_a_fault_is_told_under_its_official_code(pattern: str, by: str, pack: Pack, codes: list[str]) -> None:
    found = runner.apply(pack, change(pattern, by))

    assert sorted({finding.code for finding in found}) == codes


def test_a_finding_says_where_what_and_from_which_pack() -> None:
    tree = change(r'unitCode="\w+"', 'unitCode="kWh"', count=99)
    elements = list(tree.getroot().iter(f"{CBC}InvoicedQuantity"))

    found = [f for f in runner.apply(EN, tree) if f.code == "BR-CL-23"]

    assert [(f.location, f.line) for f in found] == [(xml.where(e), e.sourceline) for e in elements]
    assert {(f.severity, f.source, f.motif) for f in found} == {
        (Severity.ERROR, "en16931-ubl 1.3.16", "REJ_SEMAN")
    }


def test_a_warning_of_the_sheet_does_not_block() -> None:
    tree = change(r"(<cbc:IssueDate>[^<]*</cbc:IssueDate>)", r"\1<cbc:IssueTime>12:00:00</cbc:IssueTime>")

    assert {(f.code, f.severity) for f in runner.apply(EN, tree)} == {("UBL-CR-006", Severity.WARNING)}


@pytest.mark.parametrize("place", ["cbc:ID", "cbc:IssueDate", "cac:Party"])
def test_what_no_ordinary_invoice_has_is_forbidden_wherever_the_sheet_says_so(place: str) -> None:
    tree = change(rf"(<{place}[^>]*)>", r'\1 listID="x"><!-- -->')
    document = saxon.open_document(tree)

    assert saxon.run_pack(EN, document) == saxon.run_pack(EN, document, saxon.OFFICIAL)


def test_several_packs_read_one_document() -> None:
    tree = change(r"#PMT#", "#XXX#")

    assert [f.source.split()[0] for f in runner.apply_all((EN, FR), tree)] == ["en16931-ubl", "br-fr-ubl"]


# -- paths ------------------------------------------------------------------------------------------------


def test_every_element_is_found_again_by_its_svrl_path() -> None:
    tree = xml.parse(
        b'<a xmlns="urn:a" xmlns:b="urn:b"><x/><b:x/><x><y xmlns=""><x/><x b:t="1" t="2"/></y></x><b:x/></a>'
    )
    locator = Locator(tree)
    steps = {}
    for element in tree.iter():
        name = etree.QName(element)
        rank = 1 + sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        parent = element.getparent()
        step = f"*:{name.localname}[namespace-uri()='{name.namespace}']" if name.namespace else name.localname
        steps[element] = f"{steps.get(parent, '')}/{step}[{rank}]"

    for element, path in steps.items():
        assert locator.find(path) == (element, xml.where(element), "")


@pytest.mark.parametrize(
    ("step", "where", "attribute"),
    [("/@t", "/a/@t", "t"), ("/@*[local-name()='t' and namespace-uri()='urn:b']", "/a/@t", "{urn:b}t")],
)
def test_an_attribute_is_found_by_its_svrl_path(step: str, where: str, attribute: str) -> None:
    tree = xml.parse(b'<a xmlns:b="urn:b" t="1" b:t="2"/>')

    assert Locator(tree).find(f"/a[1]{step}") == (tree.getroot(), where, attribute)


# -- attachments ------------------------------------------------------------------------------------------


def test_saxon_never_sees_a_large_attachment_and_the_tree_keeps_it() -> None:
    big = "QUJD" * 100_000
    tree = change(r"(<cbc:EmbeddedDocumentBinaryObject[^>]*>)[^<]*", rf"\g<1>{big}",
                  make_facture(REFORME, pieces_jointes=True))  # fmt: skip

    seen = saxon.open_document(tree).node.to_string()

    assert ("QUJDQUJD" in seen, len(seen) < 20_000) == (True, True)
    assert tree.getroot().findtext(f".//{CBC}EmbeddedDocumentBinaryObject") == big
    assert runner.apply_all((EN, FR), tree) == ()


# -- a sheet that raises ----------------------------------------------------------------------------------


def doubled(name: str) -> etree._ElementTree:
    return change(rf"(<cbc:{name}>[^<]*</cbc:{name}>)", r"\1\1")


@pytest.mark.parametrize("way", [saxon.REWRITTEN, saxon.OFFICIAL])
def test_a_sheet_that_raises_is_a_dynamic_error(way: str) -> None:
    with pytest.raises(saxon.DynamicError, match="more than one item"):
        saxon.run_pack(EN, saxon.open_document(doubled("InvoiceTypeCode")), way)


def test_the_code_of_a_dynamic_error_is_known_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(saxon.DynamicError) as caught:
        saxon.run_pack(EN, saxon.open_document(doubled("InvoiceTypeCode")))

    assert caught.value.code == "XPTY0004"
    assert capfd.readouterr() == ("", "")


def test_a_rule_that_raises_is_told_at_its_element_and_the_others_still_judge() -> None:
    tree = doubled("InvoiceTypeCode")
    line = next(tree.iter(f"{CBC}InvoicedQuantity"))
    line.set("unitCode", "kWh")

    found = runner.apply(EN, tree)

    raised = [f for f in found if f.code == "EDI-REGLES-01"]
    assert [(f.location, f.severity) for f in raised] == [("/Invoice", Severity.ERROR)]
    assert raised[0].message == (
        "La règle officielle BR-04 (en16931-ubl 1.3.16) ne peut pas être évaluée ici : une donnée y est "
        "vide, répétée ou mal formée (erreur XPTY0004)."
    )
    assert "BR-CL-23" in {f.code for f in found}


def test_a_dynamic_error_holds_where_the_sheet_is_known_to_be_wrong() -> None:
    pack = replace(EN, dynamic=(("XPTY0004", Severity.HOLD),))

    found = runner.apply(pack, doubled("InvoiceTypeCode"))

    assert {f.severity for f in found if f.code == "EDI-REGLES-01"} == {Severity.HOLD}


# -- the sheets themselves --------------------------------------------------------------------------------


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
    import hashlib

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


def test_a_doctype_is_refused_by_saxon_itself() -> None:
    processor = saxon._processor()

    with pytest.raises(Exception, match=r"(?i)doctype"):
        processor.parse_xml(xml_text='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')


def test_another_thread_is_refused_before_saxon_can_end_the_interpreter() -> None:
    saxon.prepare(EN)
    refused = []

    def use() -> None:
        try:
            saxon.open_document(xml.parse(CLEAN))
        except RuntimeError as error:
            refused.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()

    assert refused == ["Saxon may only be used by the thread that used it first, in each process"]
