"""What is typed beside a PDF, the document and the name made of it: pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from edi import xml
from edi.inbound.envelope import read_name
from edi.inbound.readers import cpp
from edi.inbound.readers.pieces import contents, unwrap
from edi.manuel.flux import companions, flux_id, flux_name, name_pdf, tell_origine, write_mixte
from edi.manuel.minimum import read_minimum
from edi.manuel.nature import Reconnu
from edi.model import Deposant, GenreDepot, LigneTva, Minimum
from edi.model.manuel import read_number
from edi.resources import locate
from edi.samples.pieces import write_pdf
from edi.validators.scenarios import INTERFACES

PDF = write_pdf(("Facture",))
SAID = {
    "cadre": "A9",
    "type": "380",
    "mode_paiement": "30",
    "numero": " F  1 ",
    "date": "2026-11-15",
    "devise": "eur",
    "fournisseur": "000 310 011 00010",
    "destinataire": "12345678200051",
    "service": "S1",
    "engagement": "E1",
    "marche": "M1",
    "ht": "100",
    "tva": "15,50",
    "ttc": "115,50",
    "net": "0",
}


def read(**changes: str) -> Minimum:
    return read_minimum({**SAID, **changes}, lambda siret: f"Structure {siret}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,50", "1234.50"),
        ("1\u202f234.50 €", "1234.50"),
        ("-12", "-12"),
        ("0", "0"),
        ("12.123456", "12.123456"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, value: str) -> None:
    assert read(taux1="15,5", net=text).net == Decimal(value)


def test_what_is_typed_is_kept_as_it_is_meant() -> None:
    found = read(taux1="20", base1="50", montant1="10", taux2="11", base2="50", montant2="5,50")

    assert (found.numero, found.date, found.devise) == ("F 1", date(2026, 11, 15), "EUR")
    assert (found.fournisseur, found.fournisseur_nom) == ("00031001100010", "Structure 00031001100010")
    assert found.tva == (
        LigneTva(Decimal(20), Decimal(50), Decimal(10)),
        LigneTva(Decimal(11), Decimal(50), Decimal("5.50")),
    )


def test_one_rate_alone_has_the_totals_for_base_and_vat() -> None:
    assert read(taux1="15,5").tva == (LigneTva(Decimal("15.5"), Decimal(100), Decimal("15.50")),)


def test_no_vat_needs_no_rate() -> None:
    assert read(tva="0", ttc="100").tva == ()


def test_a_mixed_invoice_says_what_was_typed_and_nothing_else_and_carries_the_pdf() -> None:
    minimum = read(taux1="15,5")
    data = write_mixte(
        minimum, PDF, "Ma facture.pdf", "AAA123", "CPP001", "AAA1231113M00000000000001", date(2026, 11, 20)
    )
    tree = xml.parse(data)
    (facture,) = cpp.read(tree)

    etree.XMLSchema(file=str(locate("schemas", "cpp", "CPPFactureMixte.xsd"))).assertValid(tree)
    assert data == write_mixte(
        minimum, PDF, "Ma facture.pdf", "AAA123", "CPP001", "AAA1231113M00000000000001", date(2026, 11, 20)
    )
    assert (facture.numero, facture.type, facture.cadre, facture.date) == (
        "F 1",
        "380",
        "A9",
        date(2026, 11, 15),
    )
    assert (facture.service, facture.engagement, facture.marche) == ("S1", "E1", "M1")
    assert (facture.montants.ht, facture.montants.ttc, facture.montants.net) == (
        *(minimum.ht, minimum.ttc, minimum.net),
    )
    assert facture.tva == minimum.tva
    assert facture.destinataire.nom == ""
    assert [(p.nom, p.type, p.membre, p.faute) for p in facture.pieces_jointes] == [
        ("Ma facture.pdf", "01", "Ma facture.pdf", "")
    ]
    assert unwrap(next(contents(tree)).text or "", 10**6)[-1] == PDF


@pytest.mark.parametrize(
    ("origine", "nom"),
    [
        ("Facture n° 1.pdf", "Facture n° 1.pdf"),
        ("FACTURE.PDF", "FACTURE.pdf"),
        ("facture", "facture.pdf"),
        ("f.xml", "f.xml.pdf"),
        (".pdf", "facture.pdf"),
        ("x" * 80 + ".pdf", "x" * 46 + ".pdf"),
    ],
)
def test_the_pdf_keeps_its_name_as_far_as_a_flux_may_bear_it(origine: str, nom: str) -> None:
    assert name_pdf(origine) == nom


@pytest.mark.parametrize(
    ("nom", "told"),
    [
        ("C:\\Factures\\f.pdf", "f.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a/", "sans nom"),
        ("", "sans nom"),
        ("x\x00\u202ey", "x\\x00\\u202ey"),
        ("y" * 900, "y" * 200),
    ],
)
def test_a_name_is_told_without_its_folders_and_escaped(nom: str, told: str) -> None:
    assert tell_origine(nom) == told


@pytest.mark.parametrize("interface", sorted(code for code, one in INTERFACES.items() if one.ouverte))
def test_the_name_of_a_deposit_is_that_of_a_flux_and_no_other_numbering_gives_it(interface: str) -> None:
    extension = "pdf" if interface == "FSO1117A" else "xml"
    nom = flux_name("AAA123", Reconnu(GenreDepot.STRUCTURE, interface, extension), 42)
    enveloppe, findings = read_name(nom, "AAA123", INTERFACES)

    assert findings == ()
    assert enveloppe.idflux == flux_id("AAA123", interface, 42)
    assert not enveloppe.idflux[6:].isdigit()
    assert read_number(enveloppe.idflux) == 42
    assert read_number(f"AAA123{interface[3:7]}000000000000042") is None


@pytest.mark.parametrize(
    ("readiness", "beside"),
    [
        ("renommage", ()),
        ("archive", ()),
        ("immobilite", ()),
        ("temoin", (("n.xml.fini", b""),)),
        ("manifeste", (("n.xml.sha256", b"abc  12  n.xml\n"),)),
    ],
)
def test_each_contract_has_what_it_wants_beside_a_file(
    readiness: str, beside: tuple[tuple[str, bytes], ...]
) -> None:
    deposant = Deposant("AAA123", readiness=readiness, temoins=(".fini", ".ok"))

    assert companions(deposant, "n.xml", "abc", 12) == beside
