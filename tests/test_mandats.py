"""Mandats: their state follows from their days, and no day is written over another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from bases import open_base
from sqlalchemy import Connection

from edi.annuaire.mandats import TRANSITIONS, MandatRefused, give, last_act, revoke, sign, submit
from edi.annuaire.portail import write_csv
from edi.model import SIREN, SIRET, UE_HORS_FRANCE, ActeMandat, EtatMandat, Identifiant, Mandat, Saisie
from edi.store.mandats import find_mandat, history, list_mandats, revoke_mandat, sign_mandat

AT = Saisie(datetime(2026, 3, 2, 8, 30, tzinfo=UTC), "nolwenn")
CREE, SIGNE, REVOQUE = date(2026, 3, 2), date(2026, 3, 12), date(2026, 3, 22)
FOURNISSEUR = Identifiant(SIRET, "73282932000074")
EN_COURS, ACTIF, FINI = EtatMandat.EN_COURS_DE_VALIDATION, EtatMandat.ACTIF, EtatMandat.REVOQUE


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_base(tmp_path)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def stored(conn: Connection, *done: str) -> Mandat:
    """A mandat after what was done to it, as the database gives it back."""
    mandat = give(conn, FOURNISSEUR, "AAA123", CREE, AT)
    if "signed" in done:
        sign(conn, mandat.id, SIGNE, AT, "Soazig Le Goff")
    if "revoked" in done:
        revoke(conn, mandat.id, REVOQUE, AT)
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
    expected = Mandat(given.id, FOURNISSEUR, "AAA123", CREE, SIGNE, None, "Soazig Le Goff", CREE)

    assert [expected, expected] == [given, find_mandat(conn, given.id)]


def test_a_signature_without_a_name_keeps_the_name_entered_before(conn: Connection) -> None:
    given = give(conn, FOURNISSEUR, "AAA123", CREE, AT, signataire="Soazig Le Goff")

    assert sign(conn, given.id, SIGNE, AT).signataire == "Soazig Le Goff"


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
        after = {"sign": sign, "revoke": revoke}[act](conn, before.id, le, AT)
    except MandatRefused as refused:
        refusal, after = str(refused), before

    assert bool(told) == bool(refusal)
    assert told in refusal
    assert after == find_mandat(conn, before.id)
    assert (after == before) == bool(told)


@pytest.mark.parametrize("act", [sign, revoke])
def test_a_mandat_that_does_not_exist_is_told(conn: Connection, act: object) -> None:
    with pytest.raises(MandatRefused, match="aucun mandat n° 7"):
        act(conn, 7, SIGNE, AT)  # type: ignore[operator]


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
    revoke(conn, first.id, REVOQUE, AT)
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


# -- souscrit, then sent to be signed ---------------------------------------------------------------------

SOUSCRIT, SOUMIS = EtatMandat.SOUSCRIT, date(2026, 3, 7)


@pytest.mark.parametrize(
    ("submitted", "jour", "expected"),
    [
        (False, date(2026, 3, 1), None),
        (False, date(2026, 3, 2), SOUSCRIT),
        (False, date(2026, 3, 3), SOUSCRIT),
        (True, date(2026, 3, 6), SOUSCRIT),
        (True, date(2026, 3, 7), EN_COURS),
        (True, date(2026, 3, 8), EN_COURS),
    ],
)
def test_a_mandat_is_souscrit_until_the_day_it_is_sent_to_be_signed(
    conn: Connection, submitted: bool, jour: date, expected: EtatMandat | None
) -> None:
    mandat = give(conn, FOURNISSEUR, "AAA123", CREE, AT, soumis=False)
    if submitted:
        mandat = submit(conn, mandat.id, SOUMIS, AT)

    assert mandat.etat_le(jour) is expected
    assert mandat == find_mandat(conn, mandat.id)


def test_a_signature_needs_no_sending_before_it(conn: Connection) -> None:
    given = give(conn, FOURNISSEUR, "AAA123", CREE, AT, soumis=False)
    mandat = sign(conn, given.id, SIGNE, AT)
    days = [date(2026, 3, 11), date(2026, 3, 12), date(2026, 3, 13)]

    assert [mandat.etat_le(jour) for jour in days] == [SOUSCRIT, ACTIF, ACTIF]


@pytest.mark.parametrize(
    ("done", "le", "told"),
    [
        ("", date(2026, 3, 1), "créé le 02/03/2026 ne peut pas être envoyé à la signature avant"),
        ("submitted", SOUMIS, "est déjà envoyé à la signature, depuis le 07/03/2026"),
        ("signed", SIGNE, "est déjà signé, depuis le 12/03/2026"),
        ("revoked", REVOQUE, "est déjà révoqué, depuis le 22/03/2026"),
    ],
)
def test_a_mandat_is_sent_once_and_before_its_signature(
    conn: Connection, done: str, le: date, told: str
) -> None:
    mandat = give(conn, FOURNISSEUR, "AAA123", CREE, AT, soumis=False)
    if done == "submitted":
        submit(conn, mandat.id, SOUMIS, AT)
    if done == "signed":
        sign(conn, mandat.id, SIGNE, AT)
    if done == "revoked":
        revoke(conn, mandat.id, REVOQUE, AT)
    with pytest.raises(MandatRefused, match=told):
        submit(conn, mandat.id, le, AT)


# -- history and export -----------------------------------------------------------------------------------


def test_the_history_of_a_mandat_says_who_entered_what_and_when(conn: Connection) -> None:
    mandat = give(conn, FOURNISSEUR, "AAA123", CREE, AT, soumis=False)
    later = Saisie(datetime(2026, 3, 12, 9, tzinfo=UTC), "erwan")
    submit(conn, mandat.id, SOUMIS, AT)
    sign(conn, mandat.id, SIGNE, later, "Soazig Le Goff")
    with pytest.raises(MandatRefused):
        sign(conn, mandat.id, SIGNE, AT)
    revoke(conn, mandat.id, REVOQUE, later)
    told = [(e.saisie, e.acte, e.jour, e.signataire) for e in history(conn, mandat.id)]

    assert told == [
        (AT, ActeMandat.SOUSCRIT, CREE, ""),
        (AT, ActeMandat.SOUMIS, SOUMIS, ""),
        (later, ActeMandat.SIGNE, SIGNE, "Soazig Le Goff"),
        (later, ActeMandat.REVOQUE, REVOQUE, ""),
    ]


@pytest.mark.parametrize(
    ("jour", "etat"),
    [
        (date(2026, 3, 1), "À venir"),
        (date(2026, 3, 2), "En cours de validation"),
        (date(2026, 3, 12), "Actif"),
        (date(2026, 3, 21), "Actif"),
        (date(2026, 3, 22), "Révoqué"),
    ],
)
def test_the_export_has_the_columns_of_the_portal(conn: Connection, jour: date, etat: str) -> None:
    text = write_csv([stored(conn, "signed", "revoked")], jour).decode("utf-8-sig")

    assert text.split("\r\n") == [
        "Mandat;Signataire;Date création;Date révocation;Statut",
        f"1 - SIRET 73282932000074 - AAA123;Soazig Le Goff;02/03/2026;22/03/2026;{etat}",
        "",
    ]


def test_a_name_in_the_export_is_never_a_formula(conn: Connection) -> None:
    mandat = give(conn, FOURNISSEUR, "AAA123", CREE, AT, SIGNE, "=HYPERLINK(0)")

    assert b";'=HYPERLINK(0);" in write_csv([mandat], CREE)


# -- what may follow what ---------------------------------------------------------------------------------


@pytest.mark.parametrize("after", list(ActeMandat))
@pytest.mark.parametrize("acte", [ActeMandat.SOUMIS, ActeMandat.SIGNE, ActeMandat.REVOQUE])
def test_only_what_the_table_of_transitions_knows_is_done(
    conn: Connection, after: ActeMandat, acte: ActeMandat
) -> None:
    acts = {ActeMandat.SOUMIS: submit, ActeMandat.SIGNE: sign, ActeMandat.REVOQUE: revoke}
    mandat = give(conn, FOURNISSEUR, "AAA123", CREE, AT, soumis=False)
    if after in acts:
        mandat = acts[after](conn, mandat.id, CREE, AT)
    try:
        done = last_act(acts[acte](conn, mandat.id, CREE, AT)) is acte
    except MandatRefused:
        done = False

    assert last_act(mandat) is after
    assert done is (acte in TRANSITIONS[after])
