"""What the rule stage costs: ``python benchmarks/rules.py``, from the root of the checkout.

One run, one process, medians. "official" is a sheet as a naive user runs it: the document parsed by Saxon for
each sheet, the sheet as published, SVRL out and parsed. "rewritten" is ours, from bytes to failed asserts.
The full French chain is XSD, EN 16931 and BR-FR. CII documents come from the public corpus when it is there.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lxml import etree  # noqa: E402

from edi import xml  # noqa: E402
from edi.samples.document import make_facture  # noqa: E402
from edi.samples.faults import REFORME  # noqa: E402
from edi.validators import schema  # noqa: E402
from edi.validators.schematron import packs, runner, saxon  # noqa: E402
from edi.validators.schematron.packs import PACKS, Pack  # noqa: E402

CHAIN = ("en16931-ubl", "br-fr-ubl")
LINES = (100, 200, 500, 1000, 2000, 5000)
CII = ROOT.parent / "shared" / "corpus" / "en16931" / "examples" / "cii"
_CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"


def clock(act: Callable[[], object], seconds: float = 3.0, least: int = 3) -> float:
    """Median seconds of one act, warmed up once."""
    act()
    times: list[float] = []
    while len(times) < least or (sum(times) < seconds and len(times) < 500):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return median(times)


def grow(data: bytes, lines: int) -> bytes:
    """The same invoice with that many lines; its totals no longer agree, which costs no more to find."""
    root = xml.parse(data).getroot()
    first = root.find(f"{_CAC}InvoiceLine")
    assert first is not None
    for _ in range(lines - len(root.findall(f"{_CAC}InvoiceLine"))):
        root.append(copy.deepcopy(first))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def run_naively(names: tuple[str, ...], data: bytes) -> None:
    """As the manual of Saxon shows it: one sheet after the other on the text."""
    for name in names:
        document = saxon.Document(saxon._processor().parse_xml(xml_text=data.decode("utf-8")))
        saxon.run_pack(PACKS[name][0], document, saxon.OFFICIAL)


def run_ours(names: tuple[str, ...], data: bytes) -> None:
    document = saxon.open_document(xml.parse(data))
    for name in names:
        saxon.run_pack(PACKS[name][0], document)


def run_chain(data: bytes) -> None:
    """What an invoice costs in the product, findings included."""
    tree = xml.parse(data)
    schema.validate(tree, "ubl-invoice")
    runner.apply_all((PACKS[name][0] for name in CHAIN), tree)


def row(label: str, official: float, ours: float) -> None:
    print(f"{label:38} {1 / official:8.0f}/s {1 / ours:8.0f}/s   x{official / ours:.1f}")


def each(data: list[bytes], act: Callable[[bytes], None]) -> float:
    """Median seconds of a document, over several documents taken together."""
    return clock(lambda: [act(one) for one in data]) / len(data)


def compare_packs(ubl: list[bytes], cii: list[bytes]) -> None:
    print(f"{'rule pack alone, bytes to failed asserts':38} {'official':>10} {'rewritten':>10}")
    for versions in PACKS.values():
        pack: Pack = versions[-1]
        data = ubl if pack.id.endswith("ubl") else cii
        if packs.tell_absence(pack) or pack.id == "br-fr-cdv" or not data:
            continue
        naive, ours = compare((pack.id,), data)
        row(pack.id, naive, ours)


def compare(names: tuple[str, ...], data: list[bytes], seconds: float = 3.0) -> tuple[float, float]:
    """Median seconds of a document by the official sheets and by ours, taken in turn under one load."""
    ways = (run_naively, run_ours)
    times: dict[object, list[float]] = {way: [] for way in ways}
    end = time.perf_counter() + 2 * seconds
    for way in ways:
        way(names, data[0])
    while time.perf_counter() < end or len(times[run_ours]) < 3 * len(data):
        for one in data:
            for way in ways:
                start = time.perf_counter()
                way(names, one)
                times[way].append(time.perf_counter() - start)
    return median(times[run_naively]), median(times[run_ours])


def measure_xsd(data: bytes) -> None:
    schema.validate(xml.parse(data), "ubl-invoice")


def main() -> None:
    ubl = [make_facture(REFORME, graine=graine) for graine in range(1, 6)]
    cii = [path.read_bytes() for path in sorted(CII.iterdir())] if CII.is_dir() else []
    size = sum(map(len, ubl)) // len(ubl)
    print(f"{len(ubl)} UBL invoices of our own ({size} bytes), {len(cii)} public CII\n")
    xsd = each(ubl, measure_xsd)
    print(f"{'parse and XSD':38} {1 / xsd:8.0f}/s\n")
    compare_packs(ubl, cii)
    naive, ours = compare(CHAIN, ubl)
    print()
    row("rules of the French chain", naive, ours)
    row("full French chain, XSD and findings", naive + xsd, each(ubl, run_chain))
    compare_lengths(ubl[0])


def compare_lengths(data: bytes) -> None:
    print(f"\n{'French rules, by number of lines':38} {'official':>10} {'rewritten':>10}")
    for lines in LINES:
        long = grow(data, lines)
        naive, ours = compare(CHAIN, [long], 2.0)
        size = f"{lines} lines, {len(long) // 1024} KB"
        print(f"{size:38} {naive:8.3f} s {ours:8.3f} s   x{naive / ours:.1f}")


if __name__ == "__main__":
    main()
