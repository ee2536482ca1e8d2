"""A mask has the form of its value, and never the value."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from stdnum import iban
from stdnum.fr import siren, siret, tva

from edi.masque.balises import mask_document
from edi.masque.phrases import Voile
from edi.masque.valeurs import Chiffre

CHIFFRE = Chiffre(b"une cle")


@pytest.mark.parametrize(
    "amount", ["1200.00", "-1200.00", "+3.5", "0.07", "12", "1200,5", " 99.90 ", "0001.10", "123456789012.34"]
)
def test_an_amount_keeps_its_sign_its_length_and_its_decimals(amount: str) -> None:
    masked = CHIFFRE.amount(amount)

    assert masked != amount
    assert re.sub(r"\d", "9", masked) == re.sub(r"\d", "9", amount)


@pytest.mark.parametrize("nought", ["0", "0.00", "-0.0", "00,000"])
def test_nought_stays_nought(nought: str) -> None:
    assert CHIFFRE.amount(nought) == nought


@given(st.decimals(min_value="0.01", max_value=10**9, places=2))
def test_equal_amounts_stay_equal_however_they_are_written(amount: Decimal) -> None:
    texts = [f"{amount:f}", f"{amount:f}00", f"-{amount:f}"]
    masked = [Decimal(CHIFFRE.amount(text)) for text in texts]

    assert masked[0] == masked[1] == -masked[2]


@pytest.mark.parametrize("number", ["552100554", "552100555"])
def test_the_key_of_a_siren_is_as_right_as_it_was(number: str) -> None:
    masked = CHIFFRE.text(number)

    assert masked != number
    assert siren.is_valid(masked) == siren.is_valid(number)


@pytest.mark.parametrize("number", ["55210055400013", "55210055400014"])
def test_a_siret_begins_with_its_siren_and_its_key_is_as_right_as_it_was(number: str) -> None:
    masked = CHIFFRE.text(number)

    assert masked.startswith(CHIFFRE.text(number[:9]))
    assert siret.is_valid(masked) == siret.is_valid(number)


@pytest.mark.parametrize("number", ["FR96552100554", "FR97552100554"])
def test_a_vat_number_ends_with_its_siren(number: str) -> None:
    masked = CHIFFRE.text(number)

    assert masked.endswith(CHIFFRE.text("552100554"))
    assert tva.is_valid(masked) == tva.is_valid(number)


@pytest.mark.parametrize("number", ["FR7630006000011234567890189", "FR7630006000011234567890180"])
def test_an_iban_keeps_its_country_and_whether_it_is_right(number: str) -> None:
    masked = CHIFFRE.text(number)

    assert (masked[:2], len(masked)) == (number[:2], len(number))
    assert masked[4:] != number[4:]
    assert iban.is_valid(masked) == iban.is_valid(number)


@given(st.text(min_size=1, max_size=60))
def test_a_text_keeps_its_length_and_its_signs(text: str) -> None:
    masked = CHIFFRE.text(text)
    signs = re.compile(r"[^\W\d_]|\d")

    assert signs.sub("x", masked) == signs.sub("x", text)


def test_a_mask_depends_on_its_key() -> None:
    assert Chiffre(b"une autre").text("Mairie de Lyon") != CHIFFRE.text("Mairie de Lyon")


def test_only_codes_dates_and_rates_stay_in_a_document() -> None:
    data = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- pour Durand -->
<Invoice xmlns:cbc="urn:x" xmlns:x="urn:y" nom="Durand &amp; fils">
 <cbc:ID>FA-2026-118</cbc:ID>
 <cbc:IssueDate>2026-11-20</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
 <cbc:Note><![CDATA[Rappeler M. Durand <demain>]]></cbc:Note>
 <cbc:Name>Durand &amp; fils</cbc:Name><cbc:Percent>20.00</cbc:Percent>
 <cbc:TaxAmount currencyID="EUR">1200.00</cbc:TaxAmount><cbc:PostalZone>69001</cbc:PostalZone>
 <x:BinaryObject mimeCode="application/pdf" filename="durand.pdf">RHVyYW5k</x:BinaryObject>
</Invoice>"""
    masked = mask_document(data, CHIFFRE.text, CHIFFRE.amount)
    text = masked.data.decode()

    assert not re.search("durand|118|rappeler|1200|69001|RHVy", text, re.IGNORECASE)
    for kept in ("2026-11-20", ">380<", ">20.00<", 'currencyID="EUR"', 'mimeCode="application/pdf"'):
        assert kept in text
    assert len(text.splitlines()) == len(data.splitlines())
    assert [piece.taille for piece in masked.pieces] == [6]
    tree = etree.fromstring(masked.data)
    assert tree.get("nom") == tree.findtext("{urn:x}Name") == CHIFFRE.text("Durand & fils")


@pytest.mark.parametrize(
    ("element", "value", "kept"),
    [
        ("IssueDate", "2026-11-20", True),
        ("Horodatage", "2026-11-20T09:00:00+01:00", True),
        ("DateTimeString", "20261120", True),
        ("IssueTime", "09:00:00", True),
        ("InvoiceTypeCode", "380", True),
        ("CompanyCode", "552100554", False),
        ("CompanyCode", "55210055400013", False),
        ("PostalCode", "69001", False),
        ("CodeService", "ECOLES", False),
        ("Code", "69001", False),
        ("DocumentType", "Contrat de Durand", False),
        ("Percent", "20.00", True),
        ("LineID", "12", True),
        ("ID", "12", False),
        ("TotalCode", "1200.00", False),
        ("Quantity", "12", False),
    ],
)
def test_a_value_stays_only_where_it_can_be_nothing_but_a_code(element: str, value: str, kept: bool) -> None:
    data = f"<a><{element}>{value}</{element}></a>".encode()

    assert (mask_document(data, CHIFFRE.text, CHIFFRE.amount).data == data) is kept


@pytest.mark.parametrize(
    "broken",
    [
        b"<Invoice><Name>Durand et fils",
        b"<Invoice><Name>Durand</Nom></Invoice>",
        b"<Invoice><Name>Durand & fils</Name></Invoice>",
        b"<!DOCTYPE x [<!ENTITY a 'Durand'>]><Invoice>&a;</Invoice>",
        b"Durand, facture 12",
        "<?xml version='1.0' encoding='iso-8859-1'?><N>Durand \u00e9t\u00e9</N>".encode("latin-1"),
        b"<a b='Durand<'>x</a>",
        b"<a><![CDATA[Durand",
        b"<!-- Durand",
        b"<?pi Durand?><a/>",
        b"<a b=Durand>x</a>",
    ],
)
def test_what_is_no_document_is_masked_too(broken: bytes) -> None:
    assert b"durand" not in mask_document(broken, CHIFFRE.text, CHIFFRE.amount).data.lower()


@given(st.binary(max_size=200))
def test_any_bytes_can_be_masked(data: bytes) -> None:
    assert isinstance(mask_document(data, CHIFFRE.text, CHIFFRE.amount).data, bytes)


def test_a_document_keeps_its_encoding() -> None:
    data = "\ufeff<?xml version='1.0' encoding='UTF-16'?><N>Dur\u00e9</N>".encode("utf-16-le")
    masked = mask_document(data, CHIFFRE.text, CHIFFRE.amount).data

    assert etree.fromstring(masked).text == CHIFFRE.text("Dur\u00e9")


def test_a_sentence_says_the_masks_of_what_it_quotes() -> None:
    voile = Voile(CHIFFRE)
    nom, total = voile.value("Mairie de Lyon"), voile.amount("1200.50")
    shown = total.replace(".", ",")
    told = voile.phrase(
        "Le service « COMPTA_2 » est inconnu chez Mairie de Lyon (SIRET 55210055400013) ; 1\u00a0200,50 "
        "attendus le 20/11/2026, voir EDI-SERVICE-02 et « edi run »."
    )

    assert "COMPTA" not in told
    assert nom in told
    assert CHIFFRE.text("55210055400013") in told
    assert f"{shown[0]}\u00a0{shown[1:]}" in told
    assert told.endswith("attendus le 20/11/2026, voir EDI-SERVICE-02 et « edi run ».")


@pytest.mark.parametrize(
    "nom", ["FSO1100A_AAA123_AAA1231100000000000000001.tar.gz", "RESTE_AAA1231100000000000000001.zip"]
)
def test_a_name_that_only_bears_codes_stays(nom: str) -> None:
    assert Voile(CHIFFRE).nom(nom) == nom


def test_any_other_name_is_masked_but_for_its_extension() -> None:
    masked = Voile(CHIFFRE).nom("Durand/FSO1100A_facture durand.XML")

    assert "durand" not in masked.lower()
    assert masked.endswith(".XML")
