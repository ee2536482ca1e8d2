"""``edi check``: what it says of every kind of file, its JSON, its exit code, and that it writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from workspace import Typed, type_edi

from edi.samples import LotSpec, make_files, make_lot
from edi.samples.pieces import write_zip
from edi.samples.world import KERVADEC

NOM = "FSO1100A_AAA123_AAA1231100000000000000001"
MIXTE = "FSO1113A_AAA123_AAA1231113000000000000001"
CII = b'<r:CrossIndustryInvoice xmlns:r="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
PDF = b"%PDF-1.7\n%%EOF\n"
FINDING = set("code severity message location line value expected fix term motif source".split())
FACTURE = {"file", "numero", "fournisseur", "destinataire", "verdict", "packs", "findings"}

Check = Callable[..., Typed]


def lot(**values: object) -> bytes:
    return make_lot(LotSpec(**values)).data  # type: ignore[arg-type]


def invoice(**values: object) -> bytes:
    return lot(archive="xml", **values)


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """``edi check`` in a folder that is no workspace, as the sample day."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDI_ESSAIS__HORLOGE", "2026-11-20T09:00:00+01:00")
    return lambda *arguments: type_edi(capsys, "check", *arguments)


CASES = [
    # name, bytes, verdict, exit code, codes of the file's findings, verdicts of its invoices
    (f"{NOM}.tar.gz", lot(nombre=3), "accepted", 0, [], ["accepted"] * 3),
    (f"{NOM}.zip", lot(nombre=2, archive="zip"), "accepted", 0, [], ["accepted"] * 2),
    (
        f"{NOM}.tar.gz",
        lot(nombre=3, fautes=("numero-trop-long", "tva-fausse")),
        "partial",
        1,
        [],
        ["accepted", "rejected", "rejected"],
    ),
    (f"{NOM}.xml", invoice(fautes=("ttc-faux",)), "rejected", 1, [], ["rejected"]),
    (f"{NOM}.xml", invoice()[:700], "irrecevable", 1, ["EDI-XML-03"], []),
    (f"{NOM}.xml", CII, "irrecevable", 1, ["EDI-FORMAT-01"], []),
    (f"{NOM}.xml", PDF, "irrecevable", 1, ["EDI-FICHIER-02"], []),
    (f"{NOM}.xml", b"", "irrecevable", 1, ["EDI-ENV-09"], []),
    (f"{NOM}.rar", lot(), "irrecevable", 1, ["EDI-ENV-08"], []),
    (f"{NOM}.tar.gz", lot(nombre=5, tronque=True), "irrecevable", 1, ["EDI-ARCHIVE-01"], []),
    (
        f"{MIXTE}.xml",
        invoice(format="mixte", nombre=2),
        "accepted",
        0,
        [],
        ["accepted"] * 2,
    ),
    ("FSO9999A_AAA123_AAA1239999000000000000001.xml", invoice(), "irrecevable", 1, ["EDI-ENV-02"], []),
    ("facture.xml", invoice(), "accepted", 0, ["EDI-ENV-13"], ["accepted"]),
    ("mixte.xml", invoice(format="mixte", nombre=2), "accepted", 0, ["EDI-ENV-13"], ["accepted"] * 2),
    ("facture.txt", invoice(), "accepted", 0, ["EDI-ENV-13"], ["accepted"]),
    ("novembre.tgz", lot(nombre=2), "accepted", 0, ["EDI-ENV-13"], ["accepted"] * 2),
    ("export.dat", lot(nombre=2, archive="zip"), "accepted", 0, ["EDI-ENV-13"], ["accepted"] * 2),
    ("cii.xml", CII, "irrecevable", 1, ["EDI-ENV-13", "EDI-XSD-02"], []),
    ("scan.pdf", PDF, "irrecevable", 1, ["EDI-ENV-13", "EDI-PDF-01"], []),
    ("tableau.ods", b"\xd0\xcf\x11\xe0", "irrecevable", 1, ["EDI-ENV-08"], []),
    ("rien.xml", b"", "irrecevable", 1, ["EDI-ENV-09"], []),
    ("rien", b"", "irrecevable", 1, ["EDI-ENV-09"], []),
]


@pytest.mark.parametrize(
    ("nom", "data", "verdict", "code", "findings", "factures"),
    CASES,
    ids=[f"{nom}-{verdict}-{'+'.join(findings)}" for nom, _, verdict, _, findings, _ in CASES],
)
def test_every_kind_of_file_gets_its_verdict_and_its_exit_code(
    check: Check, nom: str, data: bytes, verdict: str, code: int, findings: list[str], factures: list[str]
) -> None:
    Path(nom).write_bytes(data)
    done = check(nom, "--json")
    (told,) = done.json

    assert (done.code, told["file"], told["verdict"]) == (code, nom, verdict)
    assert [f["code"] for f in told["findings"]] == findings
    assert [f["verdict"] for f in told["factures"]] == factures
    assert set(told) == {"file", "verdict", "incident", "skipped", "findings", "factures"}
    assert all(set(facture) == FACTURE for facture in told["factures"])
    everything = [*told["findings"], *(f for facture in told["factures"] for f in facture["findings"])]
    assert all(set(finding) == FINDING for finding in everything)
    assert done.err == ""


def test_a_finding_says_where_what_and_what_to_do(check: Check) -> None:
    Path(f"{NOM}.xml").write_bytes(invoice(fautes=("ttc-faux",)))
    (told,) = check(f"{NOM}.xml", "--json").json
    (facture,) = told["factures"]
    (finding,) = facture["findings"]

    assert facture["file"] == f"{NOM}.xml"
    assert facture["fournisseur"] == KERVADEC.identifiant.valeur
    assert (finding["code"], finding["severity"], finding["source"]) == ("EDI-MONTANT-01", "error", "edi")
    assert finding["location"].startswith("/Invoice/")
    assert finding["line"] > 1
    assert all(finding[key] for key in ("message", "value", "expected", "fix", "term", "motif"))


def test_the_file_of_an_archive_that_cannot_be_read_is_named(check: Check) -> None:
    files = dict(make_files(LotSpec(nombre=3)))
    files["facture_0002.xml"] = files["facture_0002.xml"][:600]
    files["facture_0003.xml"] = b""
    Path(f"{NOM}.zip").write_bytes(write_zip(tuple(files.items())))
    (told,) = check(f"{NOM}.zip", "--json").json

    assert told["verdict"] == "partial"
    assert [(f["code"], f["location"].split()[0]) for f in told["findings"]] == [
        ("EDI-XML-03", "facture_0002.xml"),
        ("EDI-FICHIER-01", "facture_0003.xml"),
    ]


def test_a_file_that_is_no_document_is_refused_under_its_own_extension(check: Check) -> None:
    Path("tableau.ods").write_bytes(b"\xd0\xcf\x11\xe0")
    (told,) = check("tableau.ods", "--json").json

    assert told["findings"][0]["value"] == ".ods"


def test_a_folder_stands_for_its_visible_files_and_each_has_its_object(check: Check) -> None:
    (Path("lots") / "sous").mkdir(parents=True)
    for nom, data in (
        ("sous/b.xml", invoice(fautes=("ttc-faux",))),
        ("a.xml", invoice()),
        (".caché.xml", b"x"),
    ):
        (Path("lots") / nom).write_bytes(data)
    Path("seule.xml").write_bytes(invoice())
    done = check("seule.xml", "lots", "--json")

    assert done.code == 1
    assert [(told["file"], told["verdict"]) for told in done.json] == [
        ("seule.xml", "accepted"),
        ("lots/a.xml", "accepted"),
        ("lots/sous/b.xml", "rejected"),
    ]


@pytest.mark.parametrize("nom", ["absent.xml", "vide", "tuyau"])
def test_what_holds_nothing_to_judge_is_one_line_and_exit_code_2(check: Check, nom: str) -> None:
    Path("vide").mkdir()
    os.mkfifo("tuyau")
    done = check(nom, "--json")

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert f"« {nom} »" in done.err


def test_a_file_that_cannot_be_read_leaves_the_others_judged(check: Check) -> None:
    unreadable = Path("/proc/self/mem")  # even for root: its first byte cannot be read
    if not unreadable.is_file():
        pytest.skip("this system has no file that nobody can read")
    Path("a.xml").write_bytes(invoice())
    done = check(unreadable, "a.xml", "--json")

    assert done.code == 2
    assert [(told["verdict"], bool(told["incident"])) for told in done.json] == [
        ("undecided", True),
        ("accepted", False),
    ]
    assert "jugement impossible" in check(unreadable).out
