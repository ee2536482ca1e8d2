"""Mandats: their state follows from their days, and no day is written over another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from edi.annuaire.mandats import MandatRefused, give, revoke, sign
from edi.model import SIREN, SIRET, UE_HORS_FRANCE, EtatMandat, Identifiant, Mandat
from edi.store import tables
from edi.store.database import open_database
from edi.store.mandats import find_mandat, list_mandats, revoke_mandat, sign_mandat

AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
CREE, SIGNE, REVOQUE = date(2026, 3, 2), date(2026, 3, 12), date(2026, 3, 22)
FOURNISSEUR = Identifiant(SIRET, "73282932000074")
EN_COURS, ACTIF, FINI = EtatMandat.EN_COURS_DE_VALIDATION, EtatMandat.ACTIF, EtatMandat.REVOQUE


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_database("sqlite:///edi.db", tmp_path)
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def stored(conn: Connection, *done: str) -> Mandat:
    """A mandat after what was done to it, as the database gives it back."""
    mandat = give(conn, FOURNISSEUR, "AAA123", CREE, AT)
    if "signed" in done:
        sign(conn, mandat.id, SIGNE, "Soazig Le Goff")
    if "revoked" in done:
        revoke(conn, mandat.id, REVOQUE)
    found = find_mandat(conn, mandat.id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("done", "jour", "expected"),
    [
        ("", date(2026, 3, 1), None),
        ("", date(2026, 3, 2), EN_COURS),
        ("", date(2026, 3, 3), EN_COURS),
        ("signed", date(2026, 3, 1), None),
        ("signed", date(2026, 3, 2), EN_COURS),
        ("signed", date(2026, 3, 11), EN_COURS),
        ("signed", date(2026, 3, 12), ACTIF),
        ("signed", date(2026, 3, 13), ACTIF),
        ("signed revoked", date(2026, 3, 21), ACTIF),
        ("signed revoked", date(2026, 3, 22), FINI),
        ("signed revoked", date(2026, 3, 23), FINI),
        ("revoked", date(2026, 3, 21), EN_COURS),
        ("revoked", date(2026, 3, 22), FINI),
        ("revoked", date(2026, 3, 23), FINI),
    ],
)
def test_the_state_of_a_mandat_follows_its_days(
    conn: Connection, done: str, jour: date, expected: EtatMandat | None
) -> None:
    actual = stored(conn, *done.split()).etat_le(jour)

    assert expected == actual


def test_a_mandat_comes_back_as_it_was_given(conn: Connection) -> None:
    given = give(conn, FOURNISSEUR, "AAA123", CREE, AT, SIGNE, "Soazig Le Goff")
    expected = Mandat(given.id, FOURNISSEUR, "AAA123", CREE, SIGNE, None, "Soazig Le Goff")

    assert [expected, expected] == [given, find_mandat(conn, given.id)]


def test_a_signature_without_a_name_keeps_the_name_entered_before(conn: Connection) -> None:
    given = give(conn, FOURNISSEUR, "AAA123", CREE, AT, signataire="Soazig Le Goff")

    assert sign(conn, given.id, SIGNE).signataire == "Soazig Le Goff"


@pytest.mark.parametrize(
    ("done", "act", "le", "told"),
    [
        ("", "sign", date(2026, 3, 1), "créé le 02/03/2026 ne peut pas être signé avant, le 01/03/2026"),
        ("", "sign", date(2026, 3, 2), ""),
        ("", "sign", date(2026, 3, 3), ""),
        ("", "revoke", date(2026, 3, 1), "créé le 02/03/2026 ne peut pas être révoqué avant, le 01/03/2026"),
        ("", "revoke", date(2026, 3, 2), ""),
        ("", "revoke", date(2026, 3, 3), ""),
        ("signed", "sign", date(2026, 3, 13), "est déjà signé, depuis le 12/03/2026"),
        ("signed", "revoke", date(2026, 3, 13), ""),
        ("revoked", "sign", date(2026, 3, 12), "est déjà révoqué, depuis le 22/03/2026"),
        ("signed revoked", "sign", date(2026, 3, 23), "est déjà révoqué, depuis le 22/03/2026"),
        ("signed revoked", "revoke", date(2026, 3, 23), "est déjà révoqué, depuis le 22/03/2026"),
    ],
)
def test_a_mandat_is_signed_once_and_revoked_once(
    conn: Connection, done: str, act: str, le: date, told: str
) -> None:
    before = stored(conn, *done.split())
    refusal = ""
    try:
        after = {"sign": sign, "revoke": revoke}[act](conn, before.id, le)
    except MandatRefused as refused:
        refusal, after = str(refused), before

    assert bool(told) == bool(refusal)
    assert told in refusal
    assert after == find_mandat(conn, before.id)
    assert (after == before) == bool(told)


@pytest.mark.parametrize("act", [sign, revoke])
def test_a_mandat_that_does_not_exist_is_told(conn: Connection, act: object) -> None:
    with pytest.raises(MandatRefused, match="aucun mandat n° 7"):
        act(conn, 7, SIGNE)  # type: ignore[operator]


def test_of_two_hands_that_act_at_once_only_one_succeeds(conn: Connection) -> None:
    mandat = stored(conn)
    signatures = [sign_mandat(conn, mandat.id, SIGNE), sign_mandat(conn, mandat.id, REVOQUE)]
    revocations = [revoke_mandat(conn, mandat.id, REVOQUE), revoke_mandat(conn, mandat.id, SIGNE)]
    after = find_mandat(conn, mandat.id)

    assert (signatures, revocations) == ([True, False], [True, False])
    assert after is not None
    assert (after.signe_le, after.revoque_le) == (SIGNE, REVOQUE)


def test_a_second_mandat_waits_for_the_end_of_the_first(conn: Connection) -> None:
    first = give(conn, FOURNISSEUR, "AAA123", CREE, AT)
    with pytest.raises(MandatRefused, match=f"le mandat n° {first.id}, créé le 02/03/2026 ; révoquez-le"):
        give(conn, FOURNISSEUR, "AAA123", SIGNE, AT)
    give(conn, FOURNISSEUR, "BBB456", CREE, AT)
    give(conn, Identifiant(SIRET, "73282932000082"), "AAA123", CREE, AT)
    give(conn, Identifiant(SIREN, "732829320"), "AAA123", CREE, AT)
    revoke(conn, first.id, REVOQUE)
    give(conn, FOURNISSEUR, "AAA123", REVOQUE, AT)

    assert [mandat.id for mandat in list_mandats(conn)] == [1, 2, 3, 4, 5]


def test_a_signature_given_with_the_mandat_cannot_precede_it(conn: Connection) -> None:
    with pytest.raises(MandatRefused, match="ne peut pas être signé avant, le 01/03/2026"):
        give(conn, FOURNISSEUR, "AAA123", CREE, AT, date(2026, 3, 1))

    assert list_mandats(conn) == ()


@pytest.mark.parametrize(
    ("mandant", "mandataire", "expected"),
    [
        (None, "", [1, 2, 3, 4, 5]),
        (None, "BBB456", [3]),
        (None, "CCC789", []),
        (FOURNISSEUR, "", [1, 3]),
        (FOURNISSEUR, "AAA123", [1]),
        (Identifiant(SIREN, "732829320"), "", [1, 2, 3, 4]),
        (Identifiant(SIREN, "732829320"), "AAA123", [1, 2, 4]),
        (Identifiant(UE_HORS_FRANCE, "73282932000074"), "", [5]),
    ],
)
def test_mandats_are_listed_by_mandant_and_mandataire(
    conn: Connection, mandant: Identifiant | None, mandataire: str, expected: list[int]
) -> None:
    given = [
        (FOURNISSEUR, "AAA123"),
        (Identifiant(SIRET, "73282932000082"), "AAA123"),
        (FOURNISSEUR, "BBB456"),
        (Identifiant(SIREN, "732829320"), "AAA123"),
        (Identifiant(UE_HORS_FRANCE, "73282932000074"), "AAA123"),
    ]
    for who, code in given:
        give(conn, who, code, CREE, AT)
    actual = [mandat.id for mandat in list_mandats(conn, mandant, mandataire)]

    assert expected == actual
