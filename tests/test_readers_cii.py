"""CII to Factures: Chorus Pro's shape and that of EN 16931, each field with its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from edi import xml
from edi.inbound.readers import cii
from edi.inbound.readers.signes import Signes
from edi.model import Facture, Identifiant, LigneTva, Place
from edi.samples import CII, CII_MIN, CII_REFORME, make_facture
from edi.samples.cii import PREFIXES

DOCUMENTS = Path(__file__).parent / "documents"
CHORUS = (DOCUMENTS / "cii.xml").read_text("utf-8")
REFORME = (DOCUMENTS / "cii-reforme.xml").read_text("utf-8")
ROOT = "/rsm:CrossIndustryInvoice"
SETTLEMENT = f"{ROOT}/rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
AGREEMENT = f"{ROOT}/rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"


def read(text: str | bytes) -> Facture:
    data = text if isinstance(text, bytes) else text.encode()
    (facture,) = cii.read(xml.parse(data))
    return facture


def signes(text: str | bytes) -> Signes:
    return cii.read_signes(xml.parse(text if isinstance(text, bytes) else text.encode()))


def test_an_invoice_of_chorus_pro_is_read_field_by_field() -> None:
    facture = read(CHORUS)

    assert (facture.numero, facture.type, facture.cadre) == ("C-2026/001", "380", "A1")
    assert (facture.date, facture.devise, facture.mode_paiement) == (date(2026, 1, 5), "EUR", "30")
    assert facture.fournisseur.identifiant == Identifiant("1", "00031001100010")
    assert (facture.fournisseur.nom, facture.fournisseur.pays) == ("MENUISERIE KERVADEC", "FR")
    assert facture.destinataire.identifiant == Identifiant("1", "12345678200051")
    assert (facture.service, facture.engagement, facture.marche) == ("CULTURE", "EJ-7", "M-3")
    assert facture.tva == (LigneTva(Decimal(20), Decimal("100.00"), Decimal("20.00")),)
    assert facture.lignes == 1


def test_terms_of_the_reform_are_read_with_their_places() -> None:
    facture = read(REFORME)
    accounts = f"{SETTLEMENT}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount"

    assert (facture.profil, facture.echeance) == ("urn:cen.eu:en16931:2017", date(2026, 2, 4))
    assert [note.code for note in facture.notes] == ["PMT", "PMD", "AAB"]
    assert facture.place("note[1]").path == f"{ROOT}/rsm:ExchangedDocument/ram:IncludedNote[2]"
    assert facture.identifiants["fournisseur"] == (
        Identifiant("0009", "00031001100010"),
        Identifiant("0002", "000310011"),
    )
    assert facture.termes == {"BT-84": ("FR7630001007941234567890185",)}
    assert facture.place("BT-84[0]").path == f"{accounts}/ram:IBANID"
    assert facture.place("BT-25").path == f"{SETTLEMENT}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID"


def test_its_totals_are_those_in_its_own_currency() -> None:
    montants = read(CHORUS).montants

    assert (montants.ht, montants.tva, montants.ttc) == (
        Decimal("100.00"),
        Decimal("20.00"),
        Decimal("120.00"),
    )
    assert (montants.net, montants.acompte, montants.arrondi) == (
        Decimal("90.01"),
        Decimal("30.00"),
        Decimal("0.01"),
    )


def test_an_attachment_is_measured_in_its_zip() -> None:
    (piece,) = read(CHORUS).pieces_jointes

    assert (piece.nom, piece.type, piece.mime, piece.taille) == ("bl.txt", "02", "application/zip", 8)
    assert (piece.membre, piece.faute) == ("bl.txt", "")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("facture", ROOT),
        ("numero", f"{ROOT}/rsm:ExchangedDocument/ram:ID"),
        ("date", f"{ROOT}/rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString"),
        ("tva[0].taux", f"{SETTLEMENT}/ram:ApplicableTradeTax/ram:RateApplicablePercent"),
        (
            "tva",
            f"{SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:TaxTotalAmount[2]",
        ),
        (
            "pj[0].nom",
            f"{AGREEMENT}/ram:AdditionalReferencedDocument[2]/ram:AttachmentBinaryObject/@filename",
        ),
        ("service", f"{AGREEMENT}/ram:BuyerReference"),
    ],
)
def test_each_field_has_its_place(name: str, path: str) -> None:
    place = read(CHORUS).place(name)

    assert place.path == path
    assert place.line


def test_a_missing_field_is_placed_where_it_should_stand() -> None:
    text = REFORME.replace("<ram:BuyerReference>CULTURE</ram:BuyerReference>", "")

    assert read(text).place("service") == Place(
        f"{AGREEMENT}/ram:BuyerReference", 57, "BT-10 Code service (ram:BuyerReference)"
    )


def test_an_invoice_of_the_reform_names_parties_by_siret_and_service_by_0224() -> None:
    facture = read(REFORME)
    by_scheme = read(REFORME.replace('schemeID="0231">X<', 'schemeID="0224">ECOLES<'))

    assert facture.fournisseur.identifiant == Identifiant("1", "00031001100010")
    assert facture.destinataire.identifiant == Identifiant("0002", "123456782")
    assert (facture.cadre, facture.service, by_scheme.service) == ("S1", "CULTURE", "ECOLES")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHORUS, Signes("", True, False)),
        (REFORME, Signes("urn:cen.eu:en16931:2017", False, False)),
        (REFORME.replace('schemeID="0002"', 'schemeID="1"'), Signes("urn:cen.eu:en16931:2017", True, False)),
        (REFORME.replace(">S1<", ">A1<"), Signes("urn:cen.eu:en16931:2017", True, False)),
        (make_facture(CII), Signes("", True, False)),
        (make_facture(CII_REFORME), Signes("urn:cen.eu:en16931:2017", False, False)),
        (make_facture(CII_MIN), Signes("", True, True)),
    ],
)
def test_a_document_shows_its_kind(text: str | bytes, expected: Signes) -> None:
    assert signes(text) == expected


@pytest.mark.parametrize(
    ("guideline", "process", "expected"),
    [
        ("A2", "", "A2"),  # in place of the profile, as some software of Chorus Pro writes it
        ("A2", "A9", "A9"),
        ("urn:cen.eu:en16931:2017", "", ""),
        ("urn:cen.eu:en16931:2017", "S1", "S1"),
    ],
)
def test_the_cadre_is_the_process_or_stands_in_place_of_the_profile(
    guideline: str, process: str, expected: str
) -> None:
    text = REFORME.replace(">S1<", f">{process}<").replace(">urn:cen.eu:en16931:2017<", f">{guideline}<")

    assert read(text).cadre == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('format="102">20260105<', date(2026, 1, 5)),
        (">20260105<", date(2026, 1, 5)),
        ('format="203">202601051200<', None),
        ('format="102">2026-01-05<', None),
        ('format="102">20260231<', None),
        ('format="102"><', None),
    ],
)
def test_a_day_is_read_in_the_format_102_only(written: str, expected: date | None) -> None:
    assert read(CHORUS.replace('format="102">20260105<', written)).date == expected


def test_every_truncation_of_the_tree_is_read_without_exception() -> None:
    """Each element in turn is left out with all that it holds."""
    count = sum(1 for _ in xml.parse(CHORUS.encode()).iter())
    for i in range(1, count):
        tree = xml.parse(CHORUS.encode())
        element = list(tree.iter())[i]
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

        assert len(cii.read(tree)) == 1


def test_a_root_alone_is_read() -> None:
    root = etree.Element(f"{{{PREFIXES['rsm']}}}CrossIndustryInvoice", nsmap=PREFIXES)

    (facture,) = cii.read(root.getroottree())

    assert (facture.numero, facture.date, facture.tva, facture.pieces_jointes) == ("", None, (), ())


def test_every_cii_of_the_corpus_is_read(corpus: Path) -> None:
    paths = [
        path
        for folder in ("en16931/examples/cii", "choruspro", "zugferd/xml", "mustang")
        for path in sorted((corpus / folder).glob("*.xml"))
        if b"CrossIndustryInvoice:100" in path.read_bytes() and path.name != "invalidV2Root.xml"
    ]
    for path in paths:
        facture = read(path.read_bytes())

        assert facture.numero, path.name
        assert facture.date, path.name
        assert facture.montants.ttc is not None, path.name
    assert len(paths) > 25
