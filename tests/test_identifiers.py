"""Numbers of parties: their form, their key, and what a wrong one probably meant."""

from __future__ import annotations

import pytest

from edi.identifiers import (
    luhn_hint,
    restore_siret,
    siren_is_well_formed,
    siren_key_is_right,
    siret_is_well_formed,
    siret_key_is_right,
)


@pytest.mark.parametrize(
    ("text", "well_formed", "key_is_right"),
    [
        pytest.param("73282932000074", True, True, id="an ordinary SIRET"),
        pytest.param("73282932000075", True, False, id="last digit wrong"),
        pytest.param("12345678200051", True, True, id="fictive SIRET of the qualification platform"),
        pytest.param("73282932100073", True, False, id="key right but not that of its SIREN"),
        pytest.param("35600000000048", True, True, id="head office of La Poste: Luhn"),
        pytest.param("35600000049837", True, True, id="La Poste: the sum of the digits is 45"),
        pytest.param("35600000049838", True, False, id="La Poste: the sum of the digits is 46"),
        pytest.param("35600000000055", True, False, id="La Poste: the sum of the digits is 24"),
        pytest.param("732 829 320 00074", False, False, id="spaces"),
        pytest.param("7328293200007", False, False, id="13 digits"),
        pytest.param("732829320000740", False, False, id="15 digits"),
        pytest.param("7328293200007A", False, False, id="a letter"),
        pytest.param("٧٣٢٨٢٩٣٢٠٠٠٠٧٤", False, False, id="digits of another script"),
        pytest.param("73282932000074\n", False, False, id="a line feed"),
        pytest.param("", False, False, id="nothing"),
    ],
)
def test_a_siret_has_a_form_and_a_key(text: str, well_formed: bool, key_is_right: bool) -> None:
    actual = (siret_is_well_formed(text), siret_key_is_right(text))

    assert (well_formed, key_is_right) == actual


@pytest.mark.parametrize(
    ("text", "well_formed", "key_is_right"),
    [
        ("732829320", True, True),
        ("732829321", True, False),
        ("356000000", True, True),
        ("123456782", True, True),
        ("73282932", False, False),
        ("7328293200", False, False),
        ("732 829 320", False, False),
        ("", False, False),
    ],
)
def test_a_siren_has_a_form_and_a_key(text: str, well_formed: bool, key_is_right: bool) -> None:
    actual = (siren_is_well_formed(text), siren_key_is_right(text))

    assert (well_formed, key_is_right) == actual


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("73282932000074", "73282932000074", id="whole"),
        pytest.param(" 732 829 320 00074 ", "73282932000074", id="spaces"),
        pytest.param("732\u00a0829\u202f320 00074", "73282932000074", id="no-break spaces"),
        pytest.param("5520135000014", "05520135000014", id="one zero lost"),
        pytest.param("3251750001", "00003251750001", id="four zeros lost"),
        pytest.param("732829320", "732829320", id="a SIREN stays a SIREN"),
        pytest.param("7,32829E+13", "7,32829E+13", id="rounded by the spreadsheet: lost for good"),
        pytest.param("7,3282932000074E+13", "73282932000074", id="another form of all its digits"),
        pytest.param("5.520135000014E+12", "05520135000014", id="all its digits but the zero"),
        pytest.param("7,328293200007E+13", "7,328293200007E+13", id="one digit is missing"),
        pytest.param("5520135000014.0", "05520135000014", id="a number with decimals"),
        pytest.param("'05520135000014", "05520135000014", id="an apostrophe says it is text"),
        pytest.param('="05520135000014"', "05520135000014", id="a formula says it is text"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_siret_gets_back_the_zeros_that_a_spreadsheet_took(cell: str, expected: str) -> None:
    actual = restore_siret(cell)

    assert expected == actual


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("73282932000047", "73282932000074", id="last two digits exchanged"),
        pytest.param("732823920", "732829320", id="a SIREN with 9 and 3 exchanged"),
        pytest.param("73282932000074", "", id="key right"),
        pytest.param("73282932000075", "", id="no exchange repairs it"),
        pytest.param("732829301", "", id="several exchanges repair it"),
        pytest.param("7328293200007", "", id="malformed"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_hint_is_given_only_when_one_exchange_of_digits_explains_the_key(text: str, expected: str) -> None:
    actual = luhn_hint(text)

    assert expected == actual
