"""The name of a flux."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.inbound import cards
from edi.inbound.display import escape_name, shorten_name, show_size
from edi.inbound.envelope import Enveloppe, bears_flux_name, read_name
from edi.model import Interface, Severity

INTERFACES = {
    known.code: known
    for known in (
        Interface("FSO1100A", "Factures UBL", ouverte=True),
        Interface("FSO1113A", "Factures mixtes CPP", ouverte=True),
        Interface("FSO1117A", "Factur-X", ouverte=False),
    )
}
GOOD = "FSO1100A_AAA123_AAA1231100000000000000001"


@pytest.mark.parametrize(
    ("nom", "extension"),
    [
        (f"{GOOD}.xml", "xml"),
        (f"{GOOD}.tar.gz", "tar.gz"),
        (f"{GOOD}.zip", "zip"),
        (f"{GOOD}.XML", "xml"),
        (f"{GOOD}.TAR.GZ", "tar.gz"),
        (f"{GOOD}.Zip", "zip"),
    ],
)
def test_a_good_name_gives_its_parts(nom: str, extension: str) -> None:
    read = read_name(nom, "AAA123", INTERFACES)

    assert read == (Enveloppe(nom, "FSO1100A", "AAA123", "AAA1231100000000000000001", extension), ())


@pytest.mark.parametrize(
    ("idflux", "codes"),
    [
        ("AAA1231100000000000000001", []),
        ("AAA123A1B2C3D4E5F6G7H8I9J", []),  # 19 free characters, as the reception admits them
        ("AAA1231113000000000000001", ["EDI-ENV-06"]),  # the digits of another interface
        ("AAA12311000000000000000AB", []),
        ("AAA123110000000000000001", ["EDI-ENV-06"]),  # 24
        ("AAA12311000000000000000001", ["EDI-ENV-06"]),  # 26
        ("AAA123110000000000000000é", ["EDI-ENV-06"]),
        ("AAA123110000000000000000a", ["EDI-ENV-06"]),
        ("AAA12311000000000000000٠1", ["EDI-ENV-06"]),  # a digit, but not an ASCII one
        ("BBB1231100000000000000001", ["EDI-ENV-06"]),
        ("", ["EDI-ENV-06"]),
    ],
)
def test_the_flux_id_repeats_the_appli_and_the_digits_of_its_interface(idflux: str, codes: list[str]) -> None:
    _, findings = read_name(f"FSO1100A_AAA123_{idflux}.xml", "AAA123", INTERFACES)

    assert [finding.code for finding in findings] == codes


@pytest.mark.parametrize(
    ("nom", "faults"),
    [
        ("FSO9999A_AAA123_AAA1239999000000000000001.xml", [("EDI-ENV-02", "IRR_CODE_INTER")]),
        ("CSO1100A_AAA123_AAA1231100000000000000001.xml", [("EDI-ENV-02", "IRR_CODE_INTER")]),
        ("FSO1117A_AAA123_AAA1231117000000000000001.xml", [("EDI-ENV-03", "IRR_CODE_INTER")]),
        ("FSO1100A_BBB123_BBB1231100000000000000001.xml", [("EDI-ENV-04", "IRR_CODE_APP")]),
        (f"{GOOD}.pdf", [("EDI-ENV-08", "IRR_TYPE")]),
        (f"{GOOD}.tgz", [("EDI-ENV-08", "IRR_TYPE")]),
        (f"{GOOD}.gz", [("EDI-ENV-08", "IRR_TYPE")]),
        (GOOD, [("EDI-ENV-08", "IRR_TYPE")]),
        (f"{GOOD}.xml.exe", [("EDI-ENV-08", "IRR_TYPE")]),
        (f"{GOOD} .xml", [("EDI-ENV-06", "IRR_FORM")]),
        (f"{GOOD}.xml\n", [("EDI-ENV-08", "IRR_TYPE")]),
        ("fso1100a_AAA123_AAA1231100000000000000001.xml", [("EDI-ENV-01", "IRR_FORM")]),
        (f"{GOOD}_2.xml", [("EDI-ENV-01", "IRR_FORM")]),
        ("FSO1100A_AAA123.xml", [("EDI-ENV-01", "IRR_FORM")]),
        ("facture.xml", [("EDI-ENV-01", "IRR_FORM")]),
        ("", [("EDI-ENV-01", "IRR_FORM"), ("EDI-ENV-08", "IRR_TYPE")]),
    ],
)
def test_each_fault_of_a_name_has_its_code_and_motif(nom: str, faults: list[tuple[str, str]]) -> None:
    _, findings = read_name(nom, "AAA123", INTERFACES)

    assert [(finding.code, finding.motif) for finding in findings] == faults


def test_all_faults_of_a_name_are_told_at_once_and_the_answer_can_still_name_the_flux() -> None:
    enveloppe, findings = read_name("FSO1117A_BBB123_AAA123110000000000000001.rar", "AAA123", INTERFACES)

    told = [finding.code for finding in findings]
    assert told == ["EDI-ENV-03", "EDI-ENV-04", "EDI-ENV-06", "EDI-ENV-08"]
    assert enveloppe[1:] == ("FSO1117A", "BBB123", "AAA123110000000000000001", "")


@pytest.mark.parametrize(
    ("nom", "interface", "appli", "idflux"),
    [
        ("fso1100a_AAA123_AAA1231100000000000000001.xml", "FSO1100A", "AAA123", "AAA1231100000000000000001"),
        (f"{GOOD}_bis.xml", "FSO1100A", "AAA123", "AAA1231100000000000000001"),
        ("FSO1100A_AAA123.xml", "FSO1100A", "AAA123", ""),
        (f"FSO1100A_AAA123_AAA123{'9' * 40}.xml", "FSO1100A", "AAA123", ""),
        ("../../etc/passwd", "", "", ""),
    ],
)
def test_a_faulty_name_still_gives_the_parts_that_can_be_read(
    nom: str, interface: str, appli: str, idflux: str
) -> None:
    enveloppe, findings = read_name(nom, "AAA123", INTERFACES)

    assert findings
    assert enveloppe[1:4] == (interface, appli, idflux)


def test_an_unknown_interface_suggests_the_nearest_open_one() -> None:
    _, findings = read_name("FSO1131A_AAA123_AAA1231131000000000000001.xml", "AAA123", INTERFACES)

    assert findings[0].expected.startswith("FSO1113A")
    assert "FSO1117A" not in findings[0].expected


def test_a_name_with_control_characters_is_shown_escaped() -> None:
    enveloppe, findings = read_name("FSO1100A_AAA123\x1b[2J_\udcff\u202e.xml", "AAA123", INTERFACES)

    assert enveloppe.nom == r"FSO1100A_AAA123\x1b[2J_\xff\u202e.xml"
    assert all(finding.message.isprintable() for finding in findings)


@pytest.mark.parametrize(
    ("nom", "expected"),
    [
        (f"{GOOD}.xml", True),
        ("fso1100a_x.xml", True),
        ("ZZZ9999Z_AAA123_AAA123.xml", True),
        ("FSO110_AAA123_AAA1231100000000000000001.xml", True),
        ("FAC2024_001.xml", False),
        ("facture.xml", False),
        ("lot_factures.tar.gz", False),
        ("", False),
    ],
)
def test_a_file_that_tries_to_be_a_flux_is_judged_by_its_name(nom: str, expected: bool) -> None:
    bears = bears_flux_name(nom)

    assert bears == expected


@given(
    st.text(st.characters(codec=None))
    | st.from_regex(r"FSO\d{4}A_AAA\d{3}_.{0,30}\.(xml|zip)", fullmatch=True)
)
def test_no_name_is_too_strange_to_be_answered(nom: str) -> None:
    enveloppe, findings = read_name(nom, "AAA123", INTERFACES)

    told = "".join((*enveloppe, *(finding.message + finding.fix for finding in findings)))
    assert told.encode("utf-8").decode("utf-8").isprintable()
    assert len(enveloppe.idflux) <= 25
    strict = re.fullmatch(r"(F[A-Z]{2}[0-9]{4}[A-Z])_AAA123_AAA123[0-9A-Z]{19}", nom.rpartition(".")[0])
    assert findings or strict


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_two_names_never_look_the_same_once_escaped(one: str, other: str) -> None:
    same = escape_name(one) == escape_name(other)

    assert same == (one == other)


@pytest.mark.parametrize(
    ("nom", "expected"),
    [
        ("facture é.xml", "facture é.xml"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("dossier\\a", r"dossier\\a"),
        ("\x00\x7f", r"\x00\x7f"),
        ("\x82", r"\u0082"),  # the character, not the byte
        ("\udc82", r"\x82"),  # the byte
        ("\ufeff\U000e0001", r"\ufeff\U000e0001"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_cannot_be_printed_is_escaped(nom: str, expected: str) -> None:
    shown = escape_name(nom)

    assert shown == expected


def test_a_long_name_is_cut_in_the_middle_of_a_sentence() -> None:
    shown = shorten_name("f" * 300 + "in.xml")

    assert len(shown) == 120
    assert shown.endswith("in.xml")


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (0, "0 octet"),
        (1, "1 octet"),
        (1023, "1 023 octets"),
        (1024, "1 Ko"),
        (120 * 1024**2, "120 Mo"),
        (120 * 1024**2 + 1, "125 829 121 octets"),
        (1024**3, "1 Go"),
    ],
)
def test_a_size_is_shown_in_french_and_a_limit_is_never_confused_with_one_byte_more(
    octets: int, expected: str
) -> None:
    shown = show_size(octets)

    assert shown == expected.replace(" ", "\N{NO-BREAK SPACE}")


def test_every_card_has_a_motif_a_citation_and_somebody_who_acts() -> None:
    incomplete = [
        card.code for card in cards.CARDS if not (card.motif and card.citation and "déposant" in card.fix)
    ]

    assert incomplete == []


def test_codes_are_numbered_without_holes_and_only_the_missing_flux_name_is_a_warning() -> None:
    families = (("ENV", 13), ("ARCHIVE", 10), ("FICHIER", 4), ("RECEPTION", 3))
    expected = [f"EDI-{family}-{number:02}" for family, last in families for number in range(1, last + 1)]
    warnings = [card.code for card in cards.CARDS if card.severity is not Severity.FATAL]

    assert [card.code for card in cards.CARDS] == expected
    assert warnings == ["EDI-ENV-13"]
