"""The rewritten sheets find what the official ones find: same asserts, flags, places, words and order.

Documents are those of the public corpus, the examples of the rules (each rule that can be broken is broken in
one of them), and mutants of both. ``EDI_MUTANTS`` tells how many are made of each document (2 unless told);
25 take some ten minutes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from examples import WITHOUT_INVOICES, Groupe, bases_of, fired, groups, make
from lxml import etree
from mutants import mutants

from edi import xml
from edi.exemples.bases import write_base
from edi.exemples.variantes import load_variantes
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.validators.schematron import packs, rewrite, saxon
from edi.validators.schematron.packs import PACKS, Pack

COUNT = int(os.environ.get("EDI_MUTANTS", "2"))
MAIN_BASES = 2 * COUNT  # of each pack; the others differ by their VAT only
PRESENT = [pack for versions in PACKS.values() for pack in versions if not packs.tell_absence(pack)]
CII = "CrossIndustryInvoice"
CDAR = "CrossDomainAcknowledgementAndResponse"
OURS = {
    "ubl": tuple(make_facture(REFORME, graine=g, avoir=g == 2, pieces_jointes=g == 3) for g in (1, 2, 3)),
}


def syntax_of(pack: Pack) -> str:
    return {"ubl": "ubl", "cdv": "cdar"}.get(pack.id.rpartition("-")[2], "cii")


def judge(pack: Pack, document: saxon.Document, way: str) -> tuple[saxon.Failed, ...] | None:
    """What is found; None for a sheet that raises."""
    try:
        return saxon.run_pack(pack, document, way)
    except saxon.DynamicError:
        return None


def differences(pack: Pack, tree: etree._ElementTree) -> list[str]:
    """How the ways differ on a document. A selection does not raise for the asserts that it leaves out.

    The isolated way, which only runs after another has raised, may besides tell of a value that raises and
    that the others never ask for.
    """
    document = saxon.open_document(tree)
    official = judge(pack, document, saxon.OFFICIAL)
    rewritten = judge(pack, document, saxon.REWRITTEN)
    if official is None:
        raises = rewritten is None or any(part.selective for part in pack.parts)
        return [] if raises else ["only the official sheet raises"]
    isolated = judge(pack, document, saxon.ISOLATED) or ()
    told = tuple(failed for failed in isolated if failed.flag != rewrite.DYNAMIC)
    found = {"rewritten": rewritten, "isolated": told}
    return [f"{way}: {other} is not {official}" for way, other in found.items() if other != official]


@pytest.mark.parametrize("pack", [p for p in PRESENT if syntax_of(p) == "ubl"], ids=lambda pack: pack.id)
def test_on_our_own_invoices_and_their_mutants(pack: Pack) -> None:
    trees = [xml.parse(data) for data in OURS["ubl"]]
    trees += [tree for data in OURS["ubl"] for tree in mutants(data, 3 * COUNT, pack.id)]

    assert [found for tree in trees if (found := differences(pack, tree))] == []


EXAMPLES = [pack for pack in PRESENT if pack.id not in WITHOUT_INVOICES]
# Sheets whose documents are many: in full behind `make conformance`; the others, and all compiled forms
# (tests/differential), each time.
SHORT = frozenset({"en16931-ubl", "br-fr-ubl", "br-fr-cii", "br-fr-cdv"})


def each(found: list[Pack]) -> list[Any]:
    return [one if one.id in SHORT else pytest.param(one, marks=pytest.mark.slow) for one in found]


def name_of(pack: Pack) -> str:
    return pack.id


def documents_of(pack: Pack, group: Groupe) -> list[etree._ElementTree]:
    """The document of a group; where the official sheet raises on it, each of its examples alone."""
    if len(group.regles) == 1 or fired(pack, group.root, saxon.OFFICIAL) is not None:
        return [group.root.getroottree()]
    variantes = load_variantes(pack.id).variantes
    return [make(variantes[rule]).getroottree() for rule in group.regles]


@pytest.mark.parametrize("pack", each(EXAMPLES), ids=name_of)
def test_on_the_examples_of_the_rules(pack: Pack) -> None:
    trees = [tree for group in groups(pack) for tree in documents_of(pack, group)]

    assert [found for tree in trees if (found := differences(pack, tree))] == []
    assert trees


@pytest.mark.parametrize("pack", each(EXAMPLES), ids=name_of)
def test_on_the_valid_bases_of_the_examples_and_their_mutants(pack: Pack) -> None:
    sources = [write_base(name) for name in bases_of(pack)[:MAIN_BASES]]
    trees = [xml.parse(data) for data in sources]
    trees += [tree for rank, data in enumerate(sources) for tree in mutants(data, COUNT, f"{pack.id}{rank}")]

    assert [found for tree in trees if (found := differences(pack, tree))] == []
    assert trees


def documents(corpus: Path, syntax: str) -> list[bytes]:
    folders = {"ubl": ("en16931/examples/ubl", "negatives"), "cdar": ("cdar",)}
    paths = [
        path
        for folder in folders.get(syntax, ("en16931/examples/cii", "zugferd/xml", "mustang"))
        for path in sorted((corpus / folder).iterdir())
        if path.suffix.lower() == ".xml" and path.stat().st_size < 200_000
    ]
    roots = {"ubl": ("Invoice", "CreditNote"), "cii": (CII,), "cdar": (CDAR,)}[syntax]
    return [data for data in map(Path.read_bytes, paths) if root_of(data) in roots]


def root_of(data: bytes) -> str:
    try:
        return etree.QName(xml.parse(data).getroot()).localname
    except xml.XmlRefused:
        return ""


@pytest.mark.parametrize("pack", each(PRESENT), ids=name_of)
def test_on_public_documents_and_their_mutants(pack: Pack, corpus: Path) -> None:
    sources = documents(corpus, syntax_of(pack))
    trees = [xml.parse(data) for data in sources]
    trees += [tree for rank, data in enumerate(sources) for tree in mutants(data, COUNT, f"{pack.id}{rank}")]

    assert [found for tree in trees if (found := differences(pack, tree))] == []
    assert len(sources) > 2
