"""Readers: from a tree to the one Facture, and where each field stands."""

from __future__ import annotations

import base64
import io
import pickle
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from edi import xml
from edi.inbound.readers import cpp, ubl
from edi.inbound.readers.fields import read_date, read_decimal
from edi.inbound.readers.pieces import measure
from edi.model import (
    SIREN,
    SIRET,
    Facture,
    Identifiant,
    LigneFacture,
    LigneTva,
    Montants,
    Note,
    Partie,
    PieceJointe,
)

DOCUMENTS = Path(__file__).parent / "documents"
FACTURE = (DOCUMENTS / "facture.xml").read_text("utf-8")
AVOIR = (DOCUMENTS / "avoir-reforme.xml").read_text("utf-8")
MIXTE = (DOCUMENTS / "mixte.xml").read_text("utf-8")
SUPPLIER = '<cac:PartyIdentification><cbc:ID schemeName="1">10000000900017</cbc:ID></cac:PartyIdentification>'
SUPPLIER_0009 = SUPPLIER.replace('schemeName="1"', 'schemeID="0009"')
PARTY = "/Invoice/cac:AccountingSupplierParty/cac:Party"


def read_ubl(text: str) -> Facture:
    (facture,) = ubl.read(xml.parse(text.encode()))
    return facture


def zipped(**members: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name.replace("_", "."), content)
    return archive.getvalue()


def test_an_invoice_of_chorus_pro_is_read_whole() -> None:
    facture = read_ubl(FACTURE)
    expected = Facture(
        rang=1,
        numero="F-2026/001",
        type="380",
        cadre="A1",
        date=date(2026, 1, 5),
        devise="EUR",
        fournisseur=Partie(Identifiant(SIRET, "10000000900017"), "Fournisseur Fictif SA", "FR"),
        destinataire=Partie(Identifiant(SIRET, "12345678200010"), "Mairie Fictive"),
        service="SERVICE-A",
        engagement="EJ-1",
        marche="M-1",
        mode_paiement="30",
        montants=Montants(
            ht=Decimal("200.00"),
            tva=Decimal("25.50"),
            ttc=Decimal("225.50"),
            net=Decimal("200.00"),
            acompte=Decimal("25.00"),
            arrondi=Decimal("-0.50"),
        ),
        tva=(
            LigneTva(Decimal("20"), Decimal("100.00"), Decimal("20.00")),
            LigneTva(Decimal("5.5"), Decimal("100.00"), Decimal("5.50")),
        ),
        pieces_jointes=(PieceJointe("bon.pdf", "02", "application/pdf", 9, nature="pdf", lisible=False),),
        lignes=1,
        calculs=(LigneFacture(None, None, Decimal(1), Decimal(0), Decimal("200.00")),),
        identifiants={
            "fournisseur": (Identifiant("1", "10000000900017"),),
            "destinataire": (Identifiant("1", "12345678200010"),),
        },
        termes={"BT-84": ("FR7630001007941234567890185",), "BT-122": ("bon.pdf",), "BG-9": ("",)},
        places=facture.places,
    )

    assert facture == expected


def test_a_credit_note_of_the_reform_is_read_whole_under_any_prefixes() -> None:
    facture = read_ubl(AVOIR)
    expected = Facture(
        rang=1,
        numero="AV-1",
        type="381",  # what a credit note is when it does not say
        cadre="S1",
        date=date(2026, 1, 5),
        devise="USD",
        fournisseur=Partie(Identifiant(SIREN, "100000009"), "Fournisseur Fictif SA"),
        destinataire=Partie(Identifiant(SIRET, "12345678200010"), "Mairie Fictive", "FR"),
        service="SERVICE-B",
        montants=Montants(
            ht=Decimal("100.00"), tva=Decimal("20.00"), ttc=Decimal("120.00"), net=Decimal("120.00")
        ),
        tva=(LigneTva(Decimal("20"), Decimal("100.00"), Decimal("20.00")),),
        lignes=1,
        calculs=(LigneFacture(None, None, Decimal(1), Decimal(0), Decimal("100.00")),),
        profil="urn:cen.eu:en16931:2017",
        identifiants={
            "fournisseur": (Identifiant("0002", "100000009"),),
            "destinataire": (Identifiant("0009", "12345678200010"), Identifiant("0002", "123456782")),
        },
        termes={"BT-45": ("Mairie Fictive",)},
        places=facture.places,
    )

    assert facture == expected


NOTES = "<cbc:Note>#PMT#40 euros</cbc:Note><cbc:Note>Merci</cbc:Note><cbc:DocumentCurrencyCode>"


def test_notes_due_date_and_terms_of_lines_are_read_with_their_places() -> None:
    text = FACTURE.replace("<cbc:DocumentCurrencyCode>", NOTES)
    text = text.replace("<cbc:InvoiceTypeCode>", "<cbc:DueDate>2026-02-04</cbc:DueDate><cbc:InvoiceTypeCode>")
    text = text.replace("<cac:Item>", "<cac:Item><cbc:Description>Chêne</cbc:Description>")
    facture = read_ubl(text)

    assert facture.notes == (Note("PMT", "40 euros"), Note("", "Merci"))
    assert facture.place("note[1]").path == "/Invoice/cbc:Note[2]"
    assert (facture.echeance, facture.place("echeance").path) == (date(2026, 2, 4), "/Invoice/cbc:DueDate")
    assert facture.termes["BT-154"] == ("Chêne",)
    assert facture.place("BT-154[0]").path == "/Invoice/cac:InvoiceLine/cac:Item/cbc:Description"
    assert facture.place("BT-25").path.endswith("cac:InvoiceDocumentReference/cbc:ID")  # absent


def test_a_mixed_document_is_as_many_invoices_as_it_has_units() -> None:
    first, second = cpp.read(xml.parse(MIXTE.encode()))

    assert (first.rang, first.numero) == (1, "MIX-1")
    assert (second.rang, second.numero, second.engagement, second.marche) == (2, "MIX-2", "EJ-2", "M-2")
    assert second.fournisseur == Partie(Identifiant(SIRET, "10000000900017"), "Fournisseur Fictif SA", "FR")
    assert second.destinataire == Partie(Identifiant(SIRET, "12345678200010"), "Mairie Fictive")
    assert second.montants == Montants(ht=Decimal("100.00"), ttc=Decimal("120.00"), net=Decimal("120.00"))
    assert second.tva == (LigneTva(Decimal("20"), Decimal("100.00"), Decimal("20.00")),)
    assert second.pieces_jointes == (
        PieceJointe("facture-2.pdf", "01", "application/pdf", 109, "facture-2.pdf", "", "pdf", False),
    )


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        pytest.param(
            '<cbc:ID schemeID="1">10000000900017</cbc:ID>', (SIRET, "10000000900017"), id="schemeID"
        ),
        pytest.param(
            '<cbc:ID schemeID="0009"> 10000000900017 </cbc:ID>', (SIRET, "10000000900017"), id="0009"
        ),
        pytest.param("<cbc:ID>10000000900017</cbc:ID>", (SIRET, "10000000900017"), id="14 digits, no scheme"),
        pytest.param("<cbc:ID>1000000090001</cbc:ID>", ("", "1000000090001"), id="13 digits, no scheme"),
        pytest.param('<cbc:ID schemeName="2">DE111111125</cbc:ID>', ("2", "DE111111125"), id="European VAT"),
        pytest.param('<cbc:ID schemeID="0088">123</cbc:ID>', ("0088", "123"), id="a scheme that is not ours"),
        pytest.param('<cbc:ID schemeName="SIRET">123</cbc:ID>', ("SIRET", "123"), id="a scheme by its name"),
        pytest.param('<cbc:ID schemeName="1"/>', ("1", ""), id="empty"),
    ],
)
def test_a_party_is_known_by_its_identification(party: str, expected: tuple[str, str]) -> None:
    text = FACTURE.replace(SUPPLIER, f"<cac:PartyIdentification>{party}</cac:PartyIdentification>")

    assert read_ubl(text).fournisseur.identifiant == Identifiant(*expected)


@pytest.mark.parametrize(
    ("party", "company", "expected", "path"),
    [
        pytest.param(
            "", '<cbc:CompanyID schemeID="0002">100000009</cbc:CompanyID>', (SIREN, "100000009"),
            "/cac:PartyLegalEntity/cbc:CompanyID", id="SIREN alone",
        ),
        pytest.param(
            SUPPLIER_0009,
            '<cbc:CompanyID schemeID="0002">100000009</cbc:CompanyID>', (SIRET, "10000000900017"),
            "/cac:PartyIdentification/cbc:ID", id="SIRET rather than SIREN",
        ),
        pytest.param(
            '<cac:PartyIdentification><cbc:ID schemeID="0088">123</cbc:ID></cac:PartyIdentification>'
            + SUPPLIER_0009,
            "", (SIRET, "10000000900017"), "/cac:PartyIdentification[2]/cbc:ID", id="the second of two",
        ),
        pytest.param(
            '<cac:PartyIdentification><cbc:ID schemeID="0224">S-1</cbc:ID></cac:PartyIdentification>',
            "<cbc:CompanyID>10000000900017</cbc:CompanyID>", (SIRET, "10000000900017"),
            "/cac:PartyLegalEntity/cbc:CompanyID", id="a service is no identity",
        ),
        pytest.param(
            '<cbc:EndpointID schemeID="0225">100000009</cbc:EndpointID>', "", ("0225", "100000009"),
            "/cbc:EndpointID", id="an electronic address for want of better",
        ),
        pytest.param(
            "<cac:PartyTaxScheme><cbc:CompanyID>FR88100000009</cbc:CompanyID></cac:PartyTaxScheme>", "",
            ("", "FR88100000009"), "/cac:PartyTaxScheme/cbc:CompanyID", id="a VAT number for want of better",
        ),
        pytest.param(
            "", "", ("", ""), "/cac:PartyIdentification/cbc:ID[@schemeName='1']", id="nothing at all",
        ),
    ],
)  # fmt: skip
def test_the_best_identifier_of_a_party_wins(
    party: str, company: str, expected: tuple[str, str], path: str
) -> None:
    name = "<cbc:RegistrationName>Fournisseur Fictif SA</cbc:RegistrationName>"
    facture = read_ubl(FACTURE.replace(SUPPLIER, party).replace(name, name + company))

    assert facture.fournisseur.identifiant == Identifiant(*expected)
    assert facture.place("fournisseur").path == PARTY + path


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ("<CategoryCode>A1</CategoryCode>", "", "cadre", ""),
        ("<CategoryCode>A1</CategoryCode>", '<CategoryCode xmlns="urn:x">A9</CategoryCode>', "cadre", "A9"),
        ("<CategoryCode>A1</CategoryCode>", "<x><CategoryCode>A9</CategoryCode></x>", "cadre", "A9"),
        ("<cbc:ID>SERVICE-A</cbc:ID>", "", "service", ""),
        (
            "<cac:OrderReference>",
            "<cbc:BuyerReference>SERVICE-B</cbc:BuyerReference><cac:OrderReference>",
            "service",
            "SERVICE-A",
        ),
        ("<cbc:ID>EJ-1</cbc:ID>", "<cbc:ID> EJ\n</cbc:ID>", "engagement", "EJ"),
        ("<cbc:IssueDate>2026-01-05", "<cbc:IssueDate>2026-01-05Z", "date", date(2026, 1, 5)),
        ("<cbc:IssueDate>2026-01-05", "<cbc:IssueDate>2026-02-30", "date", None),
        ("<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", "", "type", ""),
    ],
)
def test_a_field_is_read_where_it_may_stand(old: str, new: str, field: str, expected: object) -> None:
    assert getattr(read_ubl(FACTURE.replace(old, new, 1)), field) == expected


def test_the_vat_is_the_one_in_the_currency_of_the_document_or_else_the_first() -> None:
    assert read_ubl(AVOIR).montants.tva == Decimal("20.00")
    assert read_ubl(AVOIR.replace("Code>USD", "Code>CHF")).montants.tva == Decimal("18.40")
    assert read_ubl(AVOIR.replace("Code>USD", "Code>CHF")).tva == ()


PLACES = {
    "facture": ("/Invoice", 2),
    "numero": ("/Invoice/cbc:ID", 9),
    "cadre": ("/Invoice/ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/CategoryCode", 5),
    "engagement": ("/Invoice/cac:OrderReference/cbc:ID", 13),
    "service": ("/Invoice/cac:AccountingCustomerParty/cac:Party/cac:Contact/cbc:ID", 34),
    "ttc": ("/Invoice/cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount", 54),
    "tva": ("/Invoice/cac:TaxTotal/cbc:TaxAmount", 39),
    "tva[0].taux": ("/Invoice/cac:TaxTotal/cac:TaxSubtotal[1]/cbc:Percent", 43),
    "tva[1].taux": ("/Invoice/cac:TaxTotal/cac:TaxSubtotal[2]/cac:TaxCategory/cbc:Percent", 49),
    "tva[1].montant": ("/Invoice/cac:TaxTotal/cac:TaxSubtotal[2]/cbc:TaxAmount", 48),
    "pj[0]": ("/Invoice/cac:AdditionalDocumentReference", 15),
    "pj[0].nom": ("/Invoice/cac:AdditionalDocumentReference/cbc:ID", 16),
    "lignes": ("/Invoice/cac:InvoiceLine", 59),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_field_stands_at_its_element_and_line(name: str) -> None:
    place = read_ubl(FACTURE).place(name)

    assert (place.path, place.line) == PLACES[name]


def test_the_fields_of_a_unit_stand_in_that_unit() -> None:
    _, second = cpp.read(xml.parse(MIXTE.encode()))
    unit = "/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire[2]"

    assert second.place("facture").path == unit
    assert second.place("numero")[:2] == (f"{unit}/DonneesFacture/Id", 30)
    assert second.place("numero").term == "Numéro de facture (Id)"
    assert second.place("tva[0].base").path == f"{unit}/DonneesFacture/TVAS/TVA/BaseHt"
    assert second.place("pj[0].contenu").path == f"{unit}/PJ/Contenu"


@pytest.mark.parametrize(
    ("old", "field", "path"),
    [
        ("<cbc:ID>F-2026/001</cbc:ID>", "numero", "/Invoice/cbc:ID"),
        ("<cac:Contact><cbc:ID>SERVICE-A</cbc:ID></cac:Contact>", "service",
         "/Invoice/cac:AccountingCustomerParty/cac:Party/cac:Contact/cbc:ID"),
        ("<CategoryCode>A1</CategoryCode>", "cadre",
         "/Invoice/ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/CategoryCode"),
        ("<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>", "mode_paiement",
         "/Invoice/cac:PaymentMeans/cbc:PaymentMeansCode"),
    ],
)  # fmt: skip
def test_an_absent_field_is_said_to_be_missing_where_it_should_stand(old: str, field: str, path: str) -> None:
    place = read_ubl(FACTURE.replace(old, "")).place(field)

    assert place.path == path
    assert place.line is not None


def test_a_field_absent_from_a_credit_note_is_named_with_its_own_prefixes() -> None:
    text = AVOIR.replace("<b:ProfileID>S1</b:ProfileID>", "").replace(
        "<b:BuyerReference>SERVICE-B</b:BuyerReference>", ""
    )
    facture = read_ubl(text)

    assert facture.place("cadre").path == "/u:CreditNote/b:ProfileID"
    assert facture.place("service").path == "/u:CreditNote/b:BuyerReference"
    assert facture.place("type").path == "/u:CreditNote/b:CreditNoteTypeCode"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.50", Decimal("12.50")),
        ("-3", Decimal("-3")),
        ("+.5", Decimal("0.5")),
        ("5.", Decimal("5")),
        *(
            (text, None)
            for text in ("", "NaN", "Infinity", "1e3", "1,5", "1 000", "٣", "--1", ".", "9" * 101)
        ),
    ],
)
def test_an_amount_is_plain_or_it_is_none(text: str, expected: Decimal | None) -> None:
    assert read_decimal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-01-05+01:00", date(2026, 1, 5)),
        *(
            (text, None)
            for text in ("", "2023-02-29", "20260105", "05/01/2026", "2026-1-5", "2026-01-05T00:00:00")
        ),
    ],
)
def test_a_date_is_a_day_or_it_is_none(text: str, expected: date | None) -> None:
    assert read_date(text) == expected


def encoded(data: bytes) -> str:
    return base64.encodebytes(data).decode()


@pytest.mark.parametrize(
    ("contenu", "in_zip", "expected"),
    [
        pytest.param(encoded(b"x" * 100), False, (100, "", ""), id="plain"),
        pytest.param(encoded(zipped(f_pdf=b"x" * 99)), True, (99, "f.pdf", ""), id="zipped"),
        pytest.param("", True, (0, "", ""), id="empty"),
        pytest.param("pas du base64 !", False, (0, "", "base64"), id="no base64"),
        pytest.param("é", False, (0, "", "base64"), id="no ASCII"),
        pytest.param("QUJ", False, (0, "", "base64"), id="cut"),
        pytest.param(encoded(b"no zip"), True, (0, "", "zip"), id="no zip"),
        pytest.param(encoded(zipped(a_pdf=b"1", b_pdf=b"2")), True, (0, "", "membres"), id="two members"),
    ],
)
def test_an_attachment_is_measured(contenu: str, in_zip: bool, expected: tuple[int, str, str]) -> None:
    piece = measure("f.pdf", "01", "application/pdf", contenu, zipped=in_zip, limite=1000)

    assert (piece.taille, piece.membre, piece.faute) == expected


def test_an_attachment_is_not_measured_beyond_the_limit() -> None:
    contenu = encoded(zipped(f_pdf=b"x" * 5_000_000))

    assert measure("f.pdf", "01", "", contenu, zipped=True, limite=1000).taille == 1001


def test_an_attachment_of_en16931_is_named_by_its_file_name() -> None:
    text = FACTURE.replace('mimeCode="application/pdf"', 'mimeCode="text/csv" filename="temps.csv"')
    text = text.replace("<cbc:DocumentTypeCode>application/pdf", "<cbc:DocumentTypeCode>916")
    facture = read_ubl(text.replace("<cbc:DocumentType>02</cbc:DocumentType>", ""))

    assert facture.pieces_jointes == (
        PieceJointe("temps.csv", "02", "text/csv", 9, nature="pdf", lisible=False),
    )
    assert facture.place("pj[0].nom").path.endswith("/cbc:EmbeddedDocumentBinaryObject/@filename")


def test_a_document_that_is_only_referred_to_is_no_attachment() -> None:
    text = FACTURE.replace("<cac:Attachment>", "<cac:Autre>").replace("</cac:Attachment>", "</cac:Autre>")

    assert read_ubl(text).pieces_jointes == ()


@pytest.mark.parametrize("text", [FACTURE, AVOIR])
def test_whatever_is_taken_away_an_invoice_is_still_read(text: str) -> None:
    tree = xml.parse(text.encode())
    for element in list(tree.iter())[1:]:
        parent = element.getparent()
        if parent is None:
            continue
        parent.remove(element)
        (facture,) = ubl.read(tree)

        assert all(place.path.startswith("/") for place in facture.places.values())


@pytest.mark.parametrize("text", ["<CPPFactureMixte/>", "<CPPFactureMixte><CPPFactures/></CPPFactureMixte>"])
def test_a_mixed_document_without_units_holds_no_invoice(text: str) -> None:
    assert cpp.read(xml.parse(text.encode())) == ()


def test_an_empty_unit_is_an_empty_invoice() -> None:
    unit = "<CPPFactureMixte><CPPFactures><CPPFactureMixteUnitaire/></CPPFactures></CPPFactureMixte>"
    (facture,) = cpp.read(xml.parse(unit.encode()))

    assert (facture.numero, facture.date, facture.fournisseur.identifiant) == ("", None, Identifiant("", ""))
    assert facture.place("numero").path.endswith("/CPPFactureMixteUnitaire/DonneesFacture/Id")


def test_a_facture_travels_between_processes() -> None:
    facture = read_ubl(FACTURE)

    assert pickle.loads(pickle.dumps(facture)) == facture


def test_the_samples_of_the_corpus_are_read(corpus: Path) -> None:
    for path in sorted((corpus / "en16931" / "examples" / "ubl").iterdir()):
        (facture,) = ubl.read(xml.parse(path.read_bytes()))

        assert (facture.numero != "", facture.lignes > 0, facture.montants.ttc is not None) == (
            True,
            True,
            True,
        ), path.name


def test_the_mixed_sample_of_the_corpus_is_read(corpus: Path) -> None:
    (path,) = (corpus / "choruspro").glob("CPPFactureMixte*.xml")
    (facture,) = cpp.read(xml.parse(path.read_bytes()))

    assert (facture.numero, facture.cadre, facture.service) == ("FAC19-2512", "A1", "EJ")
    assert facture.montants.ttc == Decimal("873.99")
    assert facture.tva == (LigneTva(Decimal("5.5"), Decimal("828.43"), Decimal("45.56")),)
    assert [(piece.faute, piece.taille > 0) for piece in facture.pieces_jointes] == [("", True)]
