"""The parser: what it reads, what it refuses, and where it says that things stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from edi import xml
from edi.xml import XmlRefused

FACTURE = (Path(__file__).parent / "documents" / "facture.xml").read_bytes()
UBL = "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice"
CANARY = "CANARI-0123456789"


def refusal(data: bytes) -> XmlRefused:
    with pytest.raises(XmlRefused) as caught:
        xml.parse(data)
    return caught.value


def text_under(declared: str, codec: str) -> bytes:
    return f'<?xml version="1.0" encoding="{declared}"?>\n<a>é</a>'.encode(codec)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(text_under("UTF-8", "utf-8"), id="utf-8"),
        pytest.param(text_under("utf-8", "utf-8-sig"), id="utf-8 with a mark"),
        pytest.param("<a>é</a>".encode(), id="no declaration"),
        pytest.param("<a>é</a>".encode("utf-16"), id="utf-16 without a declaration"),
        pytest.param(text_under("ISO-8859-1", "latin-1"), id="latin-1"),
        pytest.param(text_under("ISO-8859-15", "iso-8859-15"), id="latin-9"),
        pytest.param(text_under("windows-1252", "cp1252"), id="windows-1252"),
        pytest.param(text_under("UTF-16", "utf-16"), id="utf-16"),
        pytest.param(b"\xfe\xff" + text_under("UTF-16BE", "utf-16-be"), id="utf-16 big endian"),
    ],
)
def test_an_encoding_that_tells_the_truth_is_read(data: bytes) -> None:
    assert xml.parse(data).getroot().text == "é"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(text_under("UTF-8", "utf-16"), id="utf-16 said to be utf-8"),
        pytest.param(text_under("UTF-16", "utf-8"), id="utf-8 said to be utf-16"),
        pytest.param(b"\xff\xfe" + text_under("UTF-16BE", "utf-16-le"), id="the other byte order"),
        pytest.param(text_under("ISO-8859-1", "utf-8-sig"), id="a utf-8 mark said to be latin-1"),
        pytest.param(text_under("UTF-8", "latin-1"), id="latin-1 said to be utf-8"),
        pytest.param(text_under("UTF-16", "utf-16-le"), id="utf-16 without its mark"),
        pytest.param(text_under("UTF-32", "utf-32"), id="utf-32"),
        pytest.param(text_under("UTF-7", "utf-7"), id="utf-7"),
        pytest.param(text_under("IBM037", "cp037"), id="ebcdic"),
    ],
)
def test_an_encoding_that_lies_or_is_not_admitted_is_refused(data: bytes) -> None:
    assert refusal(data).kind == "encoding"


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE a>",
        '<!DOCTYPE a SYSTEM "http://dtd.example.invalid/a.dtd">',
        '<!DOCTYPE a PUBLIC "-//X//Y" "a.dtd">',
        f'<!DOCTYPE a [<!ENTITY e "{CANARY}">]>',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "p.dtd"> %p;]>',
        '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;">]>',
    ],
)
@pytest.mark.parametrize("before", ["", "<!-- a comment -->\n", "<?pi x?>\n\n<!-- <!DOCTYPE z> -->"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_and_nothing_of_it_is_quoted(doctype: str, before: str, codec: str) -> None:
    refused = refusal(f"{before}{doctype}<a>&e;</a>".encode(codec))

    assert (refused.kind, CANARY in str(refused)) == ("doctype", False)
    assert refused.line == before.count("\n") + 1


def test_a_doctype_in_a_comment_or_a_cdata_is_text() -> None:
    tree = xml.parse(b"<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>")

    assert tree.getroot().text == "<!DOCTYPE a>"


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 1, "aucun élément"),
        (b"   \n ", 2, "aucun élément"),
        (b"%PDF-1.7", 1, "pas du XML"),
        (b"<a>\n<b>\n</a>", 3, "balise"),
        (b"<a>\n<b", 2, "fin du document"),
        (b"<a/>\n<b/>", 2, "suit la fin"),
        (b"<a/>\n\0\0", 2, "octet nul"),
        (b"<a>\nx\0y</a>", 2, "octet nul"),
        (b"<a>\n&nbsp;</a>", 2, "entité"),
        (b"<a>R & D</a>", 1, "&amp;"),
        (b"<a>\x01</a>", 1, "caractère interdit"),
        (b"<a><x:b/></a>", 1, "préfixe"),
        (b"<x:a/>", 1, "préfixe"),
        (b"\n<?xml version='1.0'?><a/>", 2, "déclaration"),
        (b"<a b='1' b='2'/>", 1, "deux fois"),
        (b"<a>" * 3000 + b"</a>" * 3000, 1, "imbriqués"),
        ("<a/>\0".encode("utf-16"), 1, "suit la fin"),
        ("<a>\0</a>".encode("utf-16"), 1, "caractère interdit"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_line_and_reason(
    data: bytes, line: int, reason: str
) -> None:
    refused = refusal(data)

    assert (refused.kind, refused.line) == ("malformed", line)
    assert reason in refused.reason


def test_the_root_is_known_without_reading_past_its_start_tag() -> None:
    assert xml.sniff(FACTURE) == UBL
    assert xml.sniff(b"<a><b></c>") == "a"


def test_a_document_whose_root_is_a_megabyte_away_is_refused() -> None:
    near, far = (b"<!--" + b"x" * size + b"--><a/>" for size in (1024**2 - 20, 1024**2))

    assert xml.sniff(near) == "a"
    assert "premier mégaoctet" in refusal(far).reason


def test_a_comment_or_an_instruction_does_not_cut_a_text() -> None:
    assert xml.parse(b"<a>FAC<!-- x -->TU<?p?>RE</a>").getroot().text == "FACTURE"


def test_an_attachment_of_many_megabytes_is_one_text() -> None:
    text = b"QUJD" * 5_000_000

    assert len(xml.parse(b"<a>" + text + b"</a>").getroot().text or "") == len(text)


def test_a_place_uses_the_prefixes_of_the_document_and_numbers_only_homonyms() -> None:
    data = b'<r xmlns:p="urn:p" xmlns:q="urn:p"><p:a/><q:a><b/></q:a><c/><p:d/></r>'
    root = xml.parse(data).getroot()

    assert [xml.where(element) for element in root.iter()] == [
        "/r",
        "/r/p:a[1]",
        "/r/q:a[2]",
        "/r/q:a[2]/b",
        "/r/c",
        "/r/p:d",
    ]


def test_a_place_within_an_ancestor_begins_below_it() -> None:
    root = xml.parse(FACTURE).getroot()
    percent = next(root.iter("{*}Percent"))
    total = next(root.iter("{*}TaxTotal"))

    assert xml.where(percent, total) == "/cac:TaxSubtotal[1]/cbc:Percent"


def test_the_place_of_an_element_finds_it_again() -> None:
    tree = xml.parse(
        FACTURE.replace(b"xmlns=", b"xmlns:i=")
        .replace(b"Invoice>", b"i:Invoice>")
        .replace(b"<Invoice ", b"<i:Invoice ")
    )
    prefixes = {key: uri for key, uri in tree.getroot().nsmap.items() if key}

    for element in tree.iter("{*}Percent", "{*}ID", "{*}TaxAmount"):
        found = tree.xpath(xml.where(element), namespaces=prefixes)

        assert found == [element]


def test_lines_are_those_of_the_bytes_received_however_many() -> None:
    root = xml.parse(b"<a>" + b"\n" * 70_000 + b"<b/></a>").getroot()

    assert xml.line_of(root[0]) == 70_001


@pytest.mark.parametrize(
    ("clark", "nsmap", "spelled"),
    [
        ("a", {}, "a"),
        ("{urn:p}a", {"p": "urn:p"}, "p:a"),
        ("{urn:p}a", {None: "urn:p"}, "a"),
        ("{urn:p}a", {None: "urn:p", "p": "urn:p"}, "a"),
        ("{urn:p}a", {}, "a"),
    ],
)
def test_a_name_is_spelled_as_the_document_would(clark: str, nsmap: dict, spelled: str) -> None:
    assert xml.spell(clark, nsmap) == spelled


def test_conforms_says_whether_and_never_raises() -> None:
    schema = etree.XMLSchema(
        etree.fromstring(
            b'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema">'
            b'<x:element name="a" type="x:int"/></x:schema>'
        )
    )

    assert xml.conforms(xml.parse(b"<a>1</a>"), schema)
    assert not xml.conforms(xml.parse(b"<a>x</a>"), schema)


@pytest.mark.parametrize("name", ["xxe_file_read", "xxe_relative_canary", "external_dtd_http"])
def test_the_hostile_documents_of_the_corpus_are_refused_for_their_doctype(corpus: Path, name: str) -> None:
    assert refusal((corpus / "negatives" / f"xml_{name}.xml").read_bytes()).kind == "doctype"
