"""Readers walk nodes in place of lxml's searches: the same elements and places, whosever nodes they are."""

from __future__ import annotations

import random
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from edi import xml
from edi.document import open_document
from edi.inbound.readers import cii, cii_fields, cpp, ubl_fields
from edi.inbound.readers.fields import Field, Reading, Table, read_decimal
from edi.inbound.readers.nodes import Branch, Paths, first_below, root_of
from edi.judge import READERS
from edi.resources import locate
from edi.samples.document import make_facture
from edi.samples.faults import CII_REFORME, FACTURX, MIXTE, REFORME, UBL
from edi.validators.compiled.engine import AskSaxon
from edi.validators.compiled.engine import open_document as open_nodes
from edi.validators.schematron.confiance import COMPILED, Confiance
from edi.validators.schematron.double import hold_light

LIMITE = 10**6
GRAINE = 20261127
EDITS = 40  # of each example
TABLES: Mapping[str, tuple[Paths, tuple[Table, ...]]] = {
    "ubl": (ubl_fields.PATHS, (ubl_fields.CHORUS, ubl_fields.REFORME, ubl_fields.TERMES)),
    "cii": (cii_fields.PATHS, (cii_fields.CHORUS, cii_fields.REFORME, cii_fields.TERMES)),
    "cpp": (cpp.PATHS, (cpp.FACTURE,)),
}


def edit(tree: etree._ElementTree, rng: random.Random) -> etree._ElementTree:
    """The document with one element dropped, doubled, emptied, or with a namesake of another namespace."""
    other = deepcopy(tree)
    element = rng.choice([e for e in other.getroot().iterdescendants() if e.getparent() is not None])
    parent = element.getparent()
    assert parent is not None
    match rng.randrange(4):
        case 0:
            parent.remove(element)
        case 1:
            parent.insert(0, deepcopy(element))
        case 2:
            element.text = ""
            del element[:]
        case _:
            namesake = etree.QName(element).localname
            parent.insert(0, etree.Element(f"{{urn:autre}}{namesake}", nsmap={"a": "urn:autre"}))
            parent.append(etree.Element(namesake))
    return xml.parse(etree.tostring(other))


def examples() -> Iterator[tuple[str, etree._ElementTree]]:
    for lecteur, format_ in (("ubl", UBL), ("ubl", REFORME), ("cii", CII_REFORME), ("cpp", MIXTE)):
        yield lecteur, xml.parse(make_facture(format_, graine=GRAINE, longueur=3))
    for path in sorted(Path(str(locate("schemas", "exemples"))).glob("*.xml")):
        tree = xml.parse(path.read_bytes())
        local = etree.QName(tree.getroot()).localname
        if local in ("Invoice", "CreditNote", "CrossIndustryInvoice"):
            yield "cii" if local == "CrossIndustryInvoice" else "ubl", tree


def edited() -> list[tuple[str, etree._ElementTree]]:
    rng = random.Random(GRAINE)
    return [
        (lecteur, one)
        for lecteur, tree in examples()
        for one in (tree, *(edit(tree, rng) for _ in range(EDITS)))
    ]


def test_a_path_means_what_it_means_to_lxml_and_stands_where_it_stands() -> None:
    for lecteur, tree in edited():
        paths, tables = TABLES[lecteur]
        root = tree.getroot()
        fields: list[Field] = [field for table in tables for field in table.values()]
        reading = Reading(root_of(tree), {}, paths)
        for path in {path for field in fields for path in field.paths}:
            expected = [(e, xml.where(e)) for e in root.iterfind(path, dict(paths.namespaces))]
            actual = [(row.element, row.path) for row in reading.rows(path)]

            assert expected == actual, path


def test_what_is_read_does_not_depend_on_whose_nodes_are_walked() -> None:
    seen = 0
    for lecteur, tree in edited():
        if lecteur == "cpp":
            continue  # no official rule judges it
        document = open_nodes(tree)
        assert COMPILED.root is not None

        expected = READERS[lecteur](tree, LIMITE, None)
        actual = READERS[lecteur](tree, LIMITE, COMPILED.root(document))
        document.release()

        assert expected == actual
        seen += 1
    assert seen > 100


def test_places_inside_a_pdf_are_those_of_its_xml_marked_as_such() -> None:
    tree = open_document(make_facture(FACTURX, graine=GRAINE), "", LIMITE).tree

    (plain,) = cii.read(tree, LIMITE)
    (marked,) = READERS["facturx"](tree, LIMITE, None)

    assert {name: f"factur-x.xml#{place.path}" for name, place in plain.places.items()} == {
        name: place.path for name, place in marked.places.items()
    }


def test_the_first_child_of_a_name_may_not_be_the_one_that_leads_on() -> None:
    tree = xml.parse(b"<a><b/><b><d/></b><b><c>1</c></b><b><c>2</c></b></a>")

    found = first_below(Branch(tree.getroot()), ("b", "c"))

    assert found is not None
    assert found.e.text == "1"
    assert first_below(Branch(tree.getroot()), ("b", "e")) is None


def test_a_document_too_deep_for_nodes_is_left_to_readers_alone() -> None:
    tree = xml.parse(b"<a>" * 120 + b"</a>" * 120)

    with hold_light(tree, Confiance()) as light:
        assert light.root is None
        with pytest.raises(AskSaxon):
            _ = light.document


@pytest.mark.parametrize("path", ["a:b[1]", "a:b[@c=d]", "..", "a:b/text()"])
def test_a_path_that_is_none_of_ours_is_a_mistake_of_ours(path: str) -> None:
    with pytest.raises(ValueError, match="not a path of ours"):
        Paths({"a": "urn:a"})[path]


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        *((text, True) for text in ("0", "12", "12.30", "12.", ".5", "-3", "+3.5", "-.5")),
        *((text, False) for text in ("", ".", "-", "1e3", "1.2.3", "1 2", "1,2", "NaN", "١٢", "²", "--1")),
        ("9" * 100, True),
        ("9" * 101, False),
    ],
)
def test_a_number_is_in_plain_notation(text: str, is_number: bool) -> None:
    assert is_number == (read_decimal(text) is not None)


def test_a_worker_that_meets_no_pdf_does_not_load_qpdf(tmp_path: Path) -> None:
    path = tmp_path / "facture.xml"
    path.write_bytes(make_facture(REFORME, graine=GRAINE))
    script = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from edi.judge import Demande, judge; from edi.model import Limites, Politique;"
        "demande = Demande('', date(2026, 11, 2), Politique(), Limites());"
        "told = judge('facture', Path(sys.argv[1]).read_bytes(), demande);"
        "print(len(told.factures), 'pikepdf' in sys.modules)"
    )

    told = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )

    assert told.stdout == "1 False\n"


def test_what_is_deep_costs_no_more_than_its_length() -> None:
    """Were a path written for each element on the way down, this one would cost gigabytes."""
    name, depth = "x" * 5000, 1500
    inner = f"<{name}>" * depth + "<CategoryCode>A1</CategoryCode>" + f"</{name}>" * depth
    uri = dict(ubl_fields.NAMESPACES)["ext"]
    tree = xml.parse(f'<f xmlns:e="{uri}"><e:UBLExtensions>{inner}</e:UBLExtensions></f>'.encode())
    tracemalloc.start()
    try:
        (row,) = Reading(root_of(tree), {}, ubl_fields.PATHS).rows("ext:UBLExtensions//{*}CategoryCode")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (row.element.text, row.path.endswith(f"/{name}/CategoryCode")) == ("A1", True)
    assert peak < 10 * len(name) * depth
