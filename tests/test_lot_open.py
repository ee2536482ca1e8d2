"""A flux opened, whatever it is; and the hostile corpus, where it is at hand."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from edi.inbound.archive import Membre
from edi.inbound.lot import open_lot
from edi.model import Finding, Limites

LIMITES = Limites()
INVOICE = b"\xef\xbb\xbf<?xml version='1.0'?><Invoice/>"
NOM = "FSO1100A_AAA123_AAA1231100000000000000001"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "negatives"


def lot(count: int, extension: str) -> bytes:
    stream = io.BytesIO()
    if extension == "zip":
        with zipfile.ZipFile(stream, "w") as archive:
            for rang in range(count):
                archive.writestr(f"{rang}.xml", INVOICE)
    else:
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for rang in range(count):
                info = tarfile.TarInfo(f"{rang}.xml")
                info.size = len(INVOICE)
                tar.addfile(info, io.BytesIO(INVOICE))
    return stream.getvalue()


@pytest.fixture
def opened(tmp_path: Path):
    def open_bytes(data: bytes, extension: str, limites: Limites = LIMITES) -> list[Membre | Finding]:
        path = tmp_path / "0f3a"
        path.write_bytes(data)
        return list(open_lot(path, extension, f"{NOM}.{extension}", limites))

    return open_bytes


def codes(items: list[Membre | Finding]) -> list[str]:
    """Codes of everything found; those of the flux itself are marked."""
    found = []
    for item in items:
        found += [f"flux {item.code}"] if isinstance(item, Finding) else [each.code for each in item.findings]
    return found


def test_a_single_invoice_is_a_lot_of_one_file_under_the_name_of_the_flux(opened) -> None:
    assert opened(INVOICE, "xml") == [Membre(f"{NOM}.xml", INVOICE)]


@pytest.mark.parametrize("extension", ["tar.gz", "zip"])
def test_an_archive_gives_its_files(opened, extension: str) -> None:
    items = opened(lot(3, extension), extension)

    assert items == [Membre(f"{rang}.xml", INVOICE) for rang in range(3)]


@pytest.mark.parametrize("extension", ["xml", "tar.gz", "zip", ""])
def test_an_empty_flux_is_refused_as_empty(opened, extension: str) -> None:
    assert codes(opened(b"", extension)) == ["flux EDI-ENV-09"]


@pytest.mark.parametrize("extension", ["xml", "tar.gz", "zip"])
@pytest.mark.parametrize(("over", "expected"), [(-1, []), (0, []), (1, ["flux EDI-ENV-10"])])
def test_a_flux_may_be_as_large_as_the_limit(opened, extension: str, over: int, expected: list[str]) -> None:
    data = INVOICE if extension == "xml" else gzip.compress(b"", mtime=0)
    limites = Limites(flux=len(data) - over)

    found = [code for code in codes(opened(data, extension, limites)) if "ENV" in code]
    assert found == expected


@pytest.mark.parametrize(("over", "expected"), [(-1, []), (0, []), (1, ["EDI-FICHIER-03"])])
def test_a_single_invoice_may_be_as_large_as_a_file(opened, over: int, expected: list[str]) -> None:
    items = opened(INVOICE, "xml", Limites(fichier=len(INVOICE) - over))

    assert codes(items) == expected
    assert items[0].data == (b"" if expected else INVOICE)


@pytest.mark.parametrize("extension", ["tar.gz", "zip"])
@pytest.mark.parametrize(("count", "expected"), [(4, []), (5, []), (6, ["flux EDI-ENV-11"])])
def test_a_lot_may_hold_as_many_files_as_the_limit(
    opened, extension: str, count: int, expected: list[str]
) -> None:
    items = opened(lot(count, extension), extension, Limites(factures=5))

    assert codes(items) == expected


@pytest.mark.parametrize(
    ("extension", "data", "really"),
    [
        ("tar.gz", lot(1, "zip"), "un zip"),
        ("zip", lot(1, "tar.gz"), "un gzip"),
        ("tar.gz", INVOICE, "un document XML"),
        ("zip", INVOICE, "un document XML"),
        ("zip", INVOICE.decode("utf-8-sig").encode("utf-16"), "un document XML"),
        ("tar.gz", gzip.decompress(lot(1, "tar.gz")), "un tar"),
        ("zip", b"%PDF-1.7", "un PDF"),
    ],
)
def test_an_archive_that_is_something_else_is_called_by_its_name(
    opened, extension: str, data: bytes, really: str
) -> None:
    items = opened(data, extension)

    assert codes(items) == ["flux EDI-ARCHIVE-01"]
    assert f"le fichier est en réalité {really}." in items[0].message


@pytest.mark.parametrize(
    ("data", "really"), [(lot(1, "zip"), "un zip"), (lot(1, "tar.gz"), "un gzip"), (b"%PDF-1.7", "un PDF")]
)
def test_an_invoice_that_is_something_else_is_called_by_its_name(opened, data: bytes, really: str) -> None:
    items = opened(data, "xml")

    assert codes(items) == ["EDI-FICHIER-02"]
    assert f"c'est en réalité {really}." in items[0].findings[0].message


def test_what_looks_like_nothing_known_is_left_to_the_xml_parser(opened) -> None:
    assert opened(b"bonjour", "xml") == [Membre(f"{NOM}.xml", b"bonjour")]


@pytest.mark.parametrize("extension", ["", "7z", "gz"])
def test_an_extension_we_do_not_open_is_refused(opened, extension: str) -> None:
    assert codes(opened(INVOICE, extension)) == ["flux EDI-ENV-08"]


def test_every_sentence_is_complete_and_printable(opened) -> None:
    findings = [
        *opened(b"", "xml"),
        *opened(INVOICE, "xml", Limites(flux=1)),
        *opened(INVOICE, "zip"),
        *opened(INVOICE, ""),
        *opened(lot(2, "zip"), "zip", Limites(factures=1))[1:],
        *opened(INVOICE, "xml", Limites(fichier=1))[0].findings,
    ]

    assert len(findings) == 6
    for finding in findings:
        assert finding.message.replace("\N{NO-BREAK SPACE}", " ").isprintable()
        assert finding.message.endswith(".")
        assert not {"{", "}"} & set(finding.message + finding.fix)


# -- the corpus ---------------------------------------------------------------------------------------------


class Case(NamedTuple):
    file: str
    kind: str
    level: str
    motifs: frozenset[str]
    others_may_pass: str


def read_cases() -> list[Case]:
    """The cases that the inbound room answers: faults of a flux, and of files in an archive."""
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "index.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [
        Case(
            row["file"],
            row["kind"],
            row["level"],
            frozenset([row["expected_reason"], *row["also_acceptable"].split("|")]) - {""},
            row["other_invoices_may_pass"],
        )
        for row in rows
        if row["kind"] in ("case", "control") and (row["level"] == "flow" or not row["file"].endswith(".xml"))
    ]


CASES = read_cases()
needs_corpus = pytest.mark.skipif(
    not CASES, reason="the corpus of hostile archives is not beside the repository"
)


def open_case(case: Case, work: Path) -> list[Membre | Finding]:
    extension = next(known for known in ("tar.gz", "zip", "xml") if case.file.endswith(known))
    path = shutil.copy(CORPUS / case.file, work / "flux")
    return list(open_lot(path, extension, f"{NOM}.{extension}", LIMITES))


@needs_corpus
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_the_corpus_is_answered_as_its_index_expects(case: Case, tmp_path: Path) -> None:
    work = tmp_path / "travail" / "flux"
    work.mkdir(parents=True)
    tracemalloc.start()
    items = open_case(case, work)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    refusals = [item for item in items if isinstance(item, Finding)]
    good = [item for item in items if isinstance(item, Membre) and not item.findings]
    found = refusals + [finding for item in items if isinstance(item, Membre) for finding in item.findings]

    assert [*tmp_path.rglob("*")] == [tmp_path / "travail", work, work / "flux"]
    assert peak < 20 * 1024**2
    assert not Path("/edi-corpus-absolu").exists()
    if case.kind == "control":
        assert good == items
        assert good
        return
    assert case.motifs & {finding.motif for finding in found}
    assert bool(refusals) == (case.level == "flow")  # each file of a refused flux falls with it
    if case.level == "file":
        assert len(good) == 1  # the invoice beside the bad file


@needs_corpus
def test_no_case_of_the_corpus_was_forgotten() -> None:
    kinds = {(case.kind, case.level) for case in CASES}

    assert len(CASES) >= 21
    assert kinds == {("control", "flow"), ("case", "flow"), ("case", "file")}
