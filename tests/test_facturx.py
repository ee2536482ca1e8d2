"""Factur-X: the invoice comes out of the PDF, what is declared of it is checked, hostile ones end well."""

from __future__ import annotations

import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from edi.inbound.archive import Membre
from edi.inbound.lot import open_lot
from edi.inbound.readers import facturx
from edi.inbound.readers.facturx import Hybride, PdfRefused, open_pdf
from edi.judge import Demande, judge
from edi.model import FichierJuge, Finding, Limites, Outcome, Politique, Severity
from edi.samples import CII_REFORME, FACTURX, UBL, make_facture
from edi.samples.facturx import Hybride as Sample
from edi.samples.facturx import write_hybride

JOUR = date(2026, 11, 2)
LIMITES = Limites()
XML = make_facture(CII_REFORME)
PDF = make_facture(FACTURX)


def judged(data: bytes, interface: str = "FSO1117A", limites: Limites = LIMITES) -> FichierJuge:
    return judge("facture.pdf", data, Demande(interface, JOUR, Politique(), limites))


def codes(fichier: FichierJuge) -> list[str]:
    (findings,) = [j.findings for j in fichier.factures] or [fichier.findings]
    return sorted(finding.code for finding in findings if finding.code.startswith("EDI-"))


def pdf(xml: bytes = XML, **changes: Any) -> bytes:
    return write_hybride(Sample(("Facture",), (("factur-x.xml", xml),))._replace(**changes))


def with_profil(profil: str) -> bytes:
    return XML.replace(b">urn:cen.eu:en16931:2017<", f">{profil}<".encode())


def refused(data: bytes, limite: int = 10**6) -> str:
    with pytest.raises(PdfRefused) as refusal:
        open_pdf(data, limite)
    return refusal.value.kind


# -- taking the invoice out -------------------------------------------------------------------------------


def test_the_invoice_comes_out_byte_for_byte_with_what_is_declared_of_it() -> None:
    declared = {
        "part": "3",
        "type": "INVOICE",
        "fichier": "factur-x.xml",
        "version": "1.0",
        "niveau": "EN 16931",
    }

    assert open_pdf(pdf(), len(XML)) == Hybride(XML, "Alternative", declared)


def test_a_sample_has_the_same_bytes_each_time() -> None:
    assert make_facture(FACTURX) == PDF


@pytest.mark.parametrize(("over", "fits"), [(-1, True), (0, True), (1, False)])
def test_the_invoice_may_be_as_large_as_the_limit(over: int, fits: bool) -> None:
    limite = len(XML) - over

    if fits:
        assert open_pdf(pdf(), limite).data == XML
    else:
        assert refused(pdf(), limite) == "trop-gros"


def compress(data: bytes, attached: bytes) -> bytes:
    """The same PDF with its attachment compressed; qpdf finds the objects again."""
    packed = zlib.compress(attached)
    head, _, rest = data.partition(b"/EmbeddedFile ")
    words, _, after = rest.partition(b"stream\n")
    _, _, after = after.partition(b"\nendstream")
    words = words.replace(b"/Length %d" % len(attached), b"/Filter /FlateDecode /Length %d" % len(packed))
    return head + b"/EmbeddedFile " + words + b"stream\n" + packed + b"\nendstream" + after


def test_a_compressed_invoice_is_expanded() -> None:
    assert open_pdf(compress(pdf(), XML), len(XML)).data == XML


def test_a_bomb_is_not_expanded_beyond_the_limit() -> None:
    zeros = bytes(200 * 1024**2)
    data = compress(pdf(zeros), zeros)
    del zeros
    tracemalloc.start()
    kind = refused(data, 1024**2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert kind == "trop-gros"
    assert peak < 8 * 1024**2


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", "illisible"),
        (b"%PDF-1.7\n" + bytes(5000), "illisible"),
        (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "illisible"),
        (pdf(chiffre=True), "chiffre"),
        (pdf(factures=()), "sans-facture"),
        (pdf(factures=(("zugferd-invoice.xml", XML),)), "sans-facture"),
        (pdf(factures=(("factur-x.xml", XML), ("Factur-X.xml", XML))), "plusieurs"),
        (pdf().replace(b"/EF << /F 7 0 R", b"/EF << /F 4 0 R"), "plusieurs"),  # two contents for one name
        (pdf().replace(b"/EF << /F 7 0 R /UF 7 0 R", b"/EF << /F 1 0 R /UF 1 0 R"), "illisible"),
        (pdf().replace(b"/Type /EmbeddedFile", b"/Filter /LZWDecode /X /"), "illisible"),
        (pdf().replace(b"/Type /EmbeddedFile", b"/Filter /FlateDecode /"), "illisible"),
        (pdf().replace(b"/Type /EmbeddedFile", b"/Filter 12 /"), "illisible"),
        (
            pdf()
            .replace(b"/AF [8 0 R]", b"")
            .replace(b"/Names [(factur-x.xml) 8 0 R]", b"/Kids [1 0 R 2 0 R]"),
            "sans-facture",
        ),
    ],
)
def test_a_pdf_without_one_readable_invoice_is_refused(data: bytes, kind: str) -> None:
    assert refused(data) == kind


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/AF [8 0 R]", b"/AF 12"),
        (b"/AF [8 0 R]", b"/AF [8 0 R 8 0 R 99 0 R (x) null]"),
        (b"/Names << /EmbeddedFiles", b"/Nams << /EmbeddedFiles"),  # by /AF alone
        (b"/Names [(factur-x.xml) 8 0 R]", b"/Names [(factur-x.xml) 8 0 R] /Kids [1 0 R 99 0 R 7]"),
        (b"/Metadata 6 0 R", b"/Metadata 3 0 R"),
        (b"/AFRelationship /Alternative", b"/AFRelationship (x)"),
    ],
)
def test_odd_objects_around_the_invoice_do_not_hide_it(before: bytes, after: bytes) -> None:
    assert before in pdf()
    assert open_pdf(pdf().replace(before, after), len(XML)).data == XML


def test_every_cut_and_every_spoilt_byte_ends_in_a_verdict() -> None:
    whole = pdf()
    for at in range(0, len(whole), 97):
        for data in (whole[:at], whole[:at] + b"\xff" + whole[at + 1 :], whole[:at] + whole[at + 40 :]):
            judged(data)


def test_a_tree_of_attachments_that_bites_its_tail_is_walked_once() -> None:
    names = b"/EmbeddedFiles << /Names [(factur-x.xml) 8 0 R] >>"
    kids = b"/EmbeddedFiles << /Kids [1 0 R] >>"
    looping = pdf().replace(names, kids).replace(b"/PageMode", b"/Kids [1 0 R 5 0 R] /PageMode")

    assert open_pdf(looping, len(XML)).data == XML


# -- the verdict ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", ["FSO1117A", ""])
def test_a_good_factur_x_is_accepted_and_its_places_lie_inside_the_pdf(interface: str) -> None:
    fichier = judged(PDF, interface)
    (jugee,) = fichier.factures

    assert (fichier.interface, fichier.scenario, fichier.findings) == ("FSO1117A", "facturx-en16931", ())
    assert (jugee.findings, jugee.verdict.outcome) == ((), Outcome.ACCEPTED)
    numero = "factur-x.xml#/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:ID"
    assert jugee.facture.place("numero").path == numero


def test_faults_of_schema_and_rules_lie_inside_the_pdf() -> None:
    spoilt = XML.replace(b"<ram:TypeCode>380<", b"<ram:TypeCode>325<").replace(b">S<", b"/>\n<ram:X>S<", 1)
    spoilt = XML.replace(b"<ram:TypeCode>380<", b"<ram:TypeCode>325<")
    spoilt = spoilt.replace(b"<ram:CalculatedAmount>", b"<ram:X/><ram:CalculatedAmount>", 1)
    (jugee,) = judged(pdf(spoilt)).factures

    assert {"EDI-XSD-01", "EDI-TYPE-01"} <= {finding.code for finding in jugee.findings}
    assert all(f.location.startswith("factur-x.xml#/rsm:CrossIndustryInvoice/") for f in jugee.findings)
    assert all(finding.line for finding in jugee.findings)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pdf(chiffre=True), ["EDI-PDF-02"]),
        (pdf(factures=()), ["EDI-PDF-03"]),
        (pdf(factures=(("factur-x.xml", XML), ("factur-x.xml", XML))), ["EDI-PDF-04"]),
        (pdf(declare=False), ["EDI-PDF-06"]),
        (pdf(niveau="BASIC WL"), ["EDI-PDF-07"]),
        (pdf(niveau="EN16931"), []),  # told apart from none by its spaces only
        (pdf(part="1"), ["EDI-PDF-08"]),
        (pdf(relation="Source"), []),
        (pdf(relation="Data"), []),
        (pdf(relation="Unspecified"), ["EDI-PDF-09"]),
        (pdf().replace(b"/AFRelationship", b"/AFRelationXXXX"), ["EDI-PDF-09"]),
        (pdf().replace(b"<fx:Version>1.0</fx:Version>", b" " * 28), ["EDI-PDF-06"]),
        (pdf().replace(b">factur-x.xml</fx:", b">facture1.xml</fx:"), ["EDI-PDF-06"]),
        (pdf().replace(b"/Metadata 6", b"/Metadat  6"), ["EDI-PDF-06", "EDI-PDF-08"]),
        (pdf(factures=(("factur-x.xml", XML), ("ZUGFeRD-invoice.xml", XML))), ["EDI-PDF-11"]),
        (pdf(with_profil("urn:exemple")), ["EDI-PDF-10"]),
        (pdf(b"<!DOCTYPE a>" + XML), ["EDI-XML-01"]),
        (pdf(b"<!DOCTYPE a><a/>"), ["EDI-XML-01"]),
        (pdf(b"<Facture/>"), ["EDI-FORMAT-02"]),
        (pdf(make_facture(UBL)), ["EDI-FORMAT-01"]),
        (pdf(b""), ["EDI-XML-03"]),
    ],
)
def test_what_is_wrong_with_a_pdf_is_told(data: bytes, expected: list[str]) -> None:
    assert codes(judged(data)) == expected


def test_several_faults_of_the_pdf_are_told_at_once_and_condemn_the_invoice() -> None:
    fichier = judged(pdf(niveau="MINIMUM", part="2", relation="Unspecified"))

    assert codes(fichier) == ["EDI-PDF-07", "EDI-PDF-08", "EDI-PDF-09"]
    assert not fichier.recevable


@pytest.mark.parametrize(
    ("profil", "niveau", "relation", "scenario", "expected"),
    [
        ("urn:factur-x.eu:1p0:basicwl", "BASIC WL", "Data", "facturx-basicwl", []),
        ("urn:factur-x.eu:1p0:basicwl", "BASIC WL", "Alternative", "facturx-basicwl", ["EDI-PDF-09"]),
        ("urn:factur-x.eu:1p0:minimum", "MINIMUM", "Data", "facturx-minimum", []),
        ("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", "BASIC", "Data", "facturx-basic", []),
        (
            "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended",
            "EXTENDED",
            "Alternative",
            "facturx-extended",
            [],
        ),
        (
            "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr",
            "EXTENDED",
            "Alternative",
            "facturx-extended-ctc-fr",
            [],
        ),
    ],
)
def test_each_profile_has_its_scenario(
    profil: str, niveau: str, relation: str, scenario: str, expected: list[str]
) -> None:
    fichier = judged(pdf(with_profil(profil), niveau=niveau, relation=relation))

    assert fichier.scenario == scenario
    assert [code for code in codes(fichier) if code.startswith("EDI-PDF")] == expected


def test_an_invoice_too_large_for_the_platform_is_refused_by_its_size() -> None:
    fichier = judged(pdf(), limites=Limites(fichier=1000))

    assert [(f.code, f.motif) for f in fichier.findings] == [("EDI-PDF-05", "IRR_TAILLE_F")]


@pytest.mark.parametrize(
    ("data", "interface", "words"),
    [
        (PDF, "FSO1106A", ("un fichier PDF", "FSO1117A")),
        (XML, "FSO1117A", ("structuré CII D16B", "FSO1106A")),
    ],
)
def test_a_document_with_or_without_its_pdf_is_shown_its_way(
    data: bytes, interface: str, words: tuple[str, ...]
) -> None:
    (finding,) = judged(data, interface).findings

    assert finding.code == "EDI-FORMAT-01"
    assert [word for word in words if word not in f"{finding.message} {finding.fix}"] == []


def test_a_damaged_pdf_whose_invoice_can_be_read_is_a_warning() -> None:
    (jugee,) = judged(make_facture(FACTURX, faute="pdf-abime")).factures

    assert [(f.code, f.severity) for f in jugee.findings] == [("EDI-PDF-12", Severity.WARNING)]
    assert jugee.verdict.accepted


# -- in a lot ---------------------------------------------------------------------------------------------


@pytest.fixture
def opened(tmp_path: Path):
    def open_bytes(data: bytes, extension: str, interface: str) -> list[str]:
        path = tmp_path / "flux"
        path.write_bytes(data)
        return [*told(open_lot(path, extension, f"flux.{extension}", LIMITES, interface))]

    return open_bytes


def told(items: Iterator[Membre | Finding]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Finding):
            yield f"flux {item.code}"
        else:
            yield " ".join([item.nom, *(finding.code for finding in item.findings)])


@pytest.mark.parametrize(
    ("data", "extension", "interface", "expected"),
    [
        (PDF, "pdf", "FSO1117A", ["flux.pdf"]),
        (PDF, "pdf", "", ["flux.pdf"]),
        (PDF, "pdf", "FSO1100A", ["flux EDI-ENV-08"]),
        (XML, "xml", "FSO1117A", ["flux EDI-ENV-08"]),
        (XML, "pdf", "FSO1117A", ["flux.pdf EDI-FICHIER-02"]),
        (b"bonjour", "pdf", "FSO1117A", ["flux.pdf EDI-FICHIER-02"]),
        (b"", "pdf", "FSO1117A", ["flux EDI-ENV-09"]),
        (PDF, "xml", "FSO1106A", ["flux.xml EDI-FICHIER-02"]),
    ],
)
def test_a_single_pdf_is_a_flux_of_factur_x_only(
    opened: Any, data: bytes, extension: str, interface: str, expected: list[str]
) -> None:
    assert opened(data, extension, interface) == expected


@pytest.mark.parametrize(
    ("interface", "refusals"),
    [
        ("FSO1117A", {"b.xml", "c.xml", "d.pdf", "e.pdf"}),
        ("FSO1106A", {"a.pdf", "c.xml", "d.pdf", "e.pdf"}),
        ("", {"c.xml", "d.pdf", "e.pdf"}),
    ],
)
def test_the_files_of_a_lot_are_of_its_form(
    opened: Any, tmp_path: Path, interface: str, refusals: set[str]
) -> None:
    archive = tmp_path / "lot.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for nom, data in {"a.pdf": PDF, "b.xml": XML, "c.xml": PDF, "d.pdf": XML, "e.pdf": b"x"}.items():
            written.writestr(nom, data)
    items = dict(f"{item} ".split(" ", 1) for item in opened(archive.read_bytes(), "zip", interface))

    assert {nom for nom, found in items.items() if found.strip() == "EDI-FICHIER-02"} == refusals
    assert all(not items[nom] for nom in items.keys() - refusals)


# -- the corpus -------------------------------------------------------------------------------------------

CORPUS_REFUSED = {
    "pdf/factur-x-invalid-xml-encoding-attribute.pdf": "EDI-XML-03",
    "pdf/MustangGnuaccountingBeispielRE-20190610_507a.pdf": "EDI-PDF-03",
    "mustang/invalidXMP.pdf": "EDI-PDF-07",
}


def test_every_pdf_of_the_corpus_is_judged(corpus: Path) -> None:
    paths = sorted((*(corpus / "zugferd" / "pdf").glob("*.pdf"), *(corpus / "mustang").glob("*.pdf")))
    for path in paths:
        fichier = judged(path.read_bytes())
        refusal = CORPUS_REFUSED.get(f"{path.parent.name}/{path.name}")
        of_pdf = {f.code for f in fichier.findings if f.severity == Severity.FATAL}

        assert of_pdf == ({refusal} if refusal else set()), path.name
        assert bool(fichier.factures) == (refusal != "EDI-XML-03" and refusal != "EDI-PDF-03"), path.name
    assert len(paths) == 18


def test_a_schema_of_its_profile_judges_each_pdf_of_the_corpus(corpus: Path) -> None:
    """What the index of the corpus measured with the same schemas."""
    invalid = {
        "Avoir_FR_type380_MINIMUM.pdf",
        "MustangRE-20171118_506_ZUGFeRD1and2.pdf",
        "python-factur-x.pdf",
    }
    found = set()
    for path in sorted((corpus / "zugferd" / "pdf").glob("*.pdf")):
        for jugee in judged(path.read_bytes()).factures:
            if any(f.code.startswith("EDI-XSD") for f in jugee.findings):
                found.add(path.name)

    assert found == invalid


def test_what_is_read_of_a_pdf_is_what_is_read_of_its_xml() -> None:
    (inside,) = judged(PDF).factures
    xml = open_pdf(PDF, 10**6).data
    (outside,) = judge("f.xml", xml, Demande("FSO1106A", JOUR, Politique(), LIMITES)).factures
    places = {name: f"{facturx.PREFIXE}{place.path}" for name, place in outside.facture.places.items()}

    assert {name: place.path for name, place in inside.facture.places.items()} == places
    assert inside.facture.montants == outside.facture.montants
