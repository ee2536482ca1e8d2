"""What is measured: a document through the official rules, ours beside the naive use of the same sheets.

Ours are the sheets compiled to Python; the rewritten ones, in Saxon, are what judges where those cannot.

Naive is as the manual of Saxon shows it, and fair: the sheets compiled once a process, the document parsed
for each sheet, the sheet as published, the SVRL it writes parsed. What stands before the rules (the PDF
opened, the XML parsed and recognised, the XSD) is the same code on both sides.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path

from lxml import etree

from edi import xml
from edi.document import Opened, open_document
from edi.inbound.readers import facturx
from edi.judge import Demande, choose_packs, judge
from edi.model import Limites, Politique
from edi.model.confiance import EtatFeuille
from edi.samples.document import make_facture
from edi.samples.faults import CII_REFORME, FACTURX, REFORME
from edi.validators import schema
from edi.validators.compiled import engine
from edi.validators.schematron import saxon
from edi.validators.schematron.confiance import Confiance
from edi.validators.schematron.packs import PACKS, Pack, pack_on
from edi.validators.schematron.runner import apply_all

JOUR = date(2026, 11, 2)
# Every sheet as it is once it has proved itself: the compiled form decides alone.
ETABLIE = Confiance(
    {part.sheet.sha256: EtatFeuille.ETABLI for group in PACKS.values() for p in group for part in p.parts},
    0.0,
)
DEMANDE = Demande("", JOUR, Politique(), Limites(), confiance=ETABLIE)
FORMATS = {"UBL": REFORME, "CII": CII_REFORME, "Factur-X": FACTURX}
SCHEMAS = {"UBL": "ubl-invoice", "CII": "cii-d22b", "Factur-X": "facturx-en16931"}
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "en16931" / "examples"
_CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"


LINES = {"UBL": 23, "CII": 13, "Factur-X": 13}  # that make about 20 KB of XML


def invoices(name: str, number: int = 5, lines: int | None = None) -> list[bytes]:
    """Our own sample invoices of the reform, without fault, in one of FORMATS, of about 20 KB."""
    longueur = LINES[name] if lines is None else lines
    return [make_facture(FORMATS[name], graine=graine, longueur=longueur) for graine in range(1, number + 1)]


def unseen(name: str) -> Iterator[bytes]:
    """Such invoices, each another one: nothing that is remembered of one document is known of the next."""
    return (make_facture(FORMATS[name], graine=graine, longueur=LINES[name]) for graine in count(1_000))


def public(syntax: str) -> list[bytes]:
    """Documents of the public corpus, ``ubl`` or ``cii``; none where it is not installed."""
    folder = CORPUS / syntax
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []


def grow(data: bytes, lines: int) -> bytes:
    """The same UBL invoice with that many lines; its totals no longer agree, which costs no more to find."""
    root = xml.parse(data).getroot()
    first = root.find(f"{_CAC}InvoiceLine")
    assert first is not None
    for _ in range(lines - len(root.findall(f"{_CAC}InvoiceLine"))):
        root.append(copy.deepcopy(first))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def run_naively(packs: list[Pack], data: bytes) -> None:
    for pack in packs:
        for part in pack.parts:
            document = saxon.Document(saxon._processor().parse_xml(xml_text=data.decode("utf-8")))
            for _ in saxon._run(pack, part, document, saxon.OFFICIAL):
                pass


def run_rewritten(packs: list[Pack], data: bytes) -> None:
    document = saxon.open_document(xml.parse(data))
    for pack in packs:
        saxon.run_pack(pack, document)


def run_compiled(packs: list[Pack], data: bytes) -> None:
    document = engine.open_document(xml.parse(data))
    for pack in packs:
        for part in pack.parts:
            engine.run(part, document)
    engine.release(document)


def rules_naively(data: bytes) -> None:
    """The packs of a document that is known to be valid against its schema, and nothing else."""
    run_naively(*_known(data))


def rules_rewritten(data: bytes) -> None:
    run_rewritten(*_known(data))


def rules_compiled(data: bytes) -> None:
    run_compiled(*_known(data))


def unseen_by_rules(name: str) -> Iterator[bytes]:
    """As :func:`unseen`, each known to be valid beforehand."""
    return (data for data in unseen(name) if _known(data))


@cache
def _known(data: bytes) -> tuple[list[Pack], bytes]:
    """The packs of a document and its XML, found once: what comes before the rules is not measured."""
    opened = open_and_validate(data)
    return [pack_on(pack, JOUR) for pack in opened.scenario.packs], opened.data


def parse_and_validate(name: str, data: bytes) -> None:
    """What stands before the rules, without finding out which document it is."""
    if name == "Factur-X":
        data = facturx.open_pdf(data, DEMANDE.limites.fichier).data
    schema.validate(xml.parse(data), SCHEMAS[name])


def open_and_validate(data: bytes) -> Opened:
    """Out of its PDF if it is in one, parsed, recognised, and held against its schema."""
    opened = open_document(data, "", DEMANDE.limites.fichier)
    schema.validate(opened.tree, opened.scenario.schema)
    return opened


def chain_naively(data: bytes) -> None:
    opened = open_and_validate(data)
    run_naively([pack_on(pack, JOUR) for pack in opened.scenario.packs], opened.data)


def chain_ours(data: bytes) -> None:
    """Findings included: the element, the value and the French sentence of each."""
    opened = open_and_validate(data)
    apply_all(choose_packs(opened.scenario, JOUR, PACKS), opened.tree, ETABLIE)


def judge_whole(data: bytes) -> None:
    """All that the product does for a file alone: read, and judged by our own rules too."""
    judge("facture", data, DEMANDE)
