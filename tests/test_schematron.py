"""Official rules on our own documents: what is found, where, and what becomes of a sheet that raises."""

from __future__ import annotations

import threading

import pytest
from changed import CBC, CLEAN, change
from lxml import etree

from edi import xml
from edi.model import Severity
from edi.samples import LotSpec, make_files
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.validators.schematron import runner, saxon
from edi.validators.schematron.packs import PACKS, Pack
from edi.validators.schematron.svrl import Locator

pytest.importorskip("saxonche")

EN, FR = PACKS["en16931-ubl"][0], PACKS["br-fr-ubl"][0]


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

    assert [f.source.split()[0] for f in runner.apply_all((EN, FR), tree).findings] == [
        "en16931-ubl",
        "br-fr-ubl",
    ]


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
    assert runner.apply_all((EN, FR), tree).findings == ()


# -- Saxon -----------------------------------------------------------------------------------------------


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


def test_the_thirtieth_badly_formed_date_is_told_like_the_first() -> None:
    pack = PACKS["br-fr-cii"][0]
    data = make_files(LotSpec("cii-reforme", 2, ("date-illisible",)))[1][1]
    document = saxon.open_document(xml.parse(data))

    told = {tuple(failed.id for failed in saxon.run_pack(pack, document)) for _ in range(30)}

    assert told == {("BR-FR-03_BT-2", "BR-FR-03_BT-72")}
