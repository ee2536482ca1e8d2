"""Return flows: names that say what they are, and bytes that are valid and whole whatever is told."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree
from workspace import assert_valid_return_flow

from edi.model import Identifiant, Partie
from edi.outbound import names
from edi.outbound.cpp_statut import (
    Enveloppe,
    LigneErreur,
    Partenaire,
    StatutFacture,
    StatutFlux,
    write_facture_statuts,
    write_flux_statut,
)

# -- names ------------------------------------------------------------------------------------------------

applis = st.from_regex(r"[A-Z]{3}[0-9]{3}", fullmatch=True)
interfaces = st.from_regex(r"(CSO|FEN)[0-9]{4}A", fullmatch=True)
numeros = st.integers(1, 10**7 - 1)


def read_back(flux_id: str) -> tuple[str, str, str, int]:
    """Emitter, digits of the interface, déposant and number that a flux id of ours says."""
    found = re.fullmatch(r"([A-Z]{3}\d{3})(\d{4})(\d{5})(\d{3})(\d{7})", flux_id)
    assert found is not None
    letters, rest = "", int(found[3])
    for _ in range(3):
        rest, letter = divmod(rest, 26)
        letters = chr(ord("A") + letter) + letters
    return found[1], found[2], letters + found[4], int(found[5])


@given(applis, interfaces, applis, numeros)
@example("CPP001", "CSO1100A", "AAA000", 1)
@example("CPP001", "CSO1100A", "ZZZ999", 10**7 - 1)
def test_a_flux_id_says_what_it_was_made_of(emitter: str, interface: str, appli: str, numero: int) -> None:
    made = names.flux_id(emitter, interface, appli, numero)

    assert len(made) == 25
    assert read_back(made) == (emitter, interface[3:7], appli, numero)
    assert names.file_name(emitter, interface, appli, numero) == f"{interface}_{emitter}_{made}.xml"


@pytest.mark.parametrize(("numero", "legal"), [(0, False), (1, True), (9_999_999, True), (10_000_000, False)])
def test_a_number_that_does_not_fit_is_never_written(numero: int, legal: bool) -> None:
    if legal:
        assert len(names.flux_id("CPP001", "CSO1100A", "AAA123", numero)) == 25
    else:
        with pytest.raises(ValueError, match="7 digits"):
            names.flux_id("CPP001", "CSO1100A", "AAA123", numero)


@pytest.mark.parametrize(
    ("interface", "expected"),
    [("FSO1100A", "CSO1100A"), ("FSO1113A", "CSO1113A"), ("", "CSO0000A"), ("FSOABCDA", "CSO0000A")],
)
def test_a_flux_is_answered_under_the_interface_it_came_by(interface: str, expected: str) -> None:
    assert names.integration_report_code(interface) == expected


# -- writers ----------------------------------------------------------------------------------------------

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 11, 20, 9, tzinfo=PARIS)
ENVELOPPE = Enveloppe(
    date(2026, 11, 20), "CPP0011100000001230000001", Partenaire("AAA123"), Partenaire("CPP001")
)
ODD = ["", " ", "\x00\x0b\x1b[31m", "\ud800\uffff", "<a>&]]>\"'", "é € 漢 🧾", "a\r\nb\tc", "x" * 200_000]
texts = st.text(st.characters()) | st.sampled_from(ODD)


def as_read(text: str) -> str:
    """What a reader of XML finds of a text: characters that XML cannot hold are shown as replaced."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


def leaves(data: bytes, *tags: str) -> list[str]:
    return [
        element.text or "" for element in etree.fromstring(data, etree.XMLParser(huge_tree=True)).iter(*tags)
    ]


@given(texts, texts, texts, texts)
@example(*ODD[:4])
@example(*ODD[4:])
def test_an_integration_report_is_valid_and_cuts_nothing_whatever_it_tells(
    commentaire: str, libelle: str, description: str, nom: str
) -> None:
    lignes = [LigneErreur("Fonctionnelle", "EDI-DATE-01", libelle, description)] * 2
    enveloppe = ENVELOPPE._replace(recepteur=Partenaire("AAA123", nom))
    statut = StatutFlux("96", "Intégré partiellement", commentaire, AT, "AAA1231100000000000000001", lignes)
    data = write_flux_statut(enveloppe, statut)
    told = leaves(data, "Commentaire", "LibelleErreur", "DescriptionErreur")

    assert_valid_return_flow(data)
    assert told == [as_read(text) for text in (commentaire, *[libelle, description] * 2)]
    assert data == write_flux_statut(enveloppe, statut)


@given(texts, texts, texts)
@example(*ODD[1:4])
@example(*ODD[5:])
def test_a_cycle_de_vie_is_valid_and_cuts_no_comment_whatever_it_tells(
    commentaire: str, raison_sociale: str, nom: str
) -> None:
    statut = StatutFacture(
        fournisseur=Partie(Identifiant("1", "00031001100010"), raison_sociale, "FR"),
        debiteur=Partie(Identifiant("1", "00021290200019"), nom),
        service="",
        id_statut="37",
        complement="Non conforme",
        commentaire=commentaire,
        horodatage=AT,
        numero="FA-1",
        date=date(2026, 11, 20),
    )
    data = write_facture_statuts(ENVELOPPE, [statut, statut])

    assert_valid_return_flow(data)
    assert leaves(data, "Commentaire") == ([as_read(commentaire)] * 2 if commentaire else [])
    assert leaves(data, "RaisonSociale") == [as_read(raison_sociale)] * 2
