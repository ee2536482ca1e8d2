"""What destinataires say: read back as it was written, projected whatever its order, told on once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace import assert_valid_return_flow

from edi import retours
from edi.cdar import judge_cdar
from edi.inbound.readers.cpp_statut import pad, read_instant
from edi.lifecycle.statuts import FINAL, TREATMENT, project
from edi.model import FactureStatut, Identifiant, LigneRecue, Partie
from edi.outbound.cpp_statut import (
    Enveloppe,
    LigneErreur,
    Partenaire,
    StatutFacture,
    StatutFlux,
    write_facture_statuts,
    write_flux_statut,
)
from edi.validators.schematron.packs import PACKS

PARIS = ZoneInfo("Europe/Paris")
PACK = PACKS["br-fr-cdv"][0]
LECTURE = retours.Lecture(PARIS, lambda data: judge_cdar(data, PACK).findings)
F = FactureStatut

# -- what was written is read back --------------------------------------------------------------------------

_plain = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="\ufffe\uffff"
)
texts = st.text(_plain, max_size=60)
words = st.text(_plain, min_size=1, max_size=20)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(
    lambda at: at.replace(microsecond=0, tzinfo=timezone(timedelta(hours=2)))
)
enveloppes = st.builds(
    Enveloppe,
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.from_regex(r"[A-Z]{3}[0-9]{3}[0-9A-Z]{19}", fullmatch=True),
    st.builds(Partenaire, st.from_regex(r"[A-Z]{3}[0-9]{3}", fullmatch=True)),
    st.builds(Partenaire, st.from_regex(r"[A-Z]{3}[0-9]{3}", fullmatch=True)),
)
statuts = st.builds(
    StatutFacture,
    fournisseur=st.builds(
        Partie,
        st.builds(Identifiant, st.sampled_from("1234567"), st.from_regex("[0-9A-Z]{1,18}", fullmatch=True)),
        words,
        st.just("FR"),
    ),
    debiteur=st.builds(
        Partie,
        st.builds(Identifiant, st.just("1"), st.from_regex("[0-9]{14}", fullmatch=True)),
        texts,
        st.just(""),
    ),
    service=st.just(""),
    id_statut=st.integers(1, 41).map("{:02d}".format),
    complement=texts.map(lambda text: text[:40]),
    commentaire=texts,
    horodatage=instants,
    numero=words,
    date=st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    producteur=st.just("") | st.just("12345678200051"),
    mandat=texts,
)


@given(enveloppes, st.lists(statuts, min_size=1, max_size=4))
def test_statuts_of_invoices_are_read_back_as_they_were_written(
    enveloppe: Enveloppe, written: list[StatutFacture]
) -> None:
    data = write_facture_statuts(enveloppe, written)
    assert_valid_return_flow(data)
    lu = retours.read(data, LECTURE)
    assert lu.retour is not None
    back = [
        StatutFacture(
            one.fournisseur,
            one.debiteur,
            "",
            one.id_statut,
            one.complement,
            one.commentaire,
            one.horodatage or datetime.min,
            one.numero,
            one.date,
            told.producteur,
            one.mandat,
        )
        for one, told in zip(lu.retour.factures, written, strict=True)
    ]

    assert (lu.findings, lu.unites) == ((), {})
    assert (lu.retour.id_flux, lu.retour.produit_le) == (enveloppe.id_flux, enveloppe.produit_le)
    assert (lu.retour.recepteur, lu.retour.emetteur) == (enveloppe.recepteur.id, enveloppe.emetteur.id)
    assert back == written


@given(
    enveloppes,
    st.integers(90, 96),
    texts,
    instants,
    st.lists(st.tuples(words, words, words, texts), max_size=3),
)
def test_an_integration_report_is_read_back_as_it_was_written(
    enveloppe: Enveloppe, statut: int, motif: str, at: datetime, lignes: list[tuple[str, str, str, str]]
) -> None:
    written = StatutFlux(
        str(statut), "Reçu", motif, at, "CPP0010036000000000000009", [LigneErreur(*ligne) for ligne in lignes]
    )
    lu = retours.read(write_flux_statut(enveloppe, written), LECTURE)
    assert lu.retour is not None
    (back,) = lu.retour.flux

    assert (back.id_statut, back.commentaire, back.horodatage, back.id_flux) == (
        str(statut),
        motif,
        at,
        written.id_flux,
    )
    assert back.lignes == tuple(LigneRecue(*ligne) for ligne in lignes)


@pytest.mark.parametrize(
    ("code", "expected"), [("7", "07"), ("007", "07"), ("41", "41"), ("", ""), ("x", "x"), ("٣", "٣")]
)
def test_a_statut_has_two_digits_however_it_is_written(code: str, expected: str) -> None:
    assert pad(code) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-12-18T16:51:55.000+01:00", datetime(2018, 12, 18, 15, 51, 55, tzinfo=UTC)),
        ("2018-12-18T16:51:55Z", datetime(2018, 12, 18, 16, 51, 55, tzinfo=UTC)),
        ("2018-12-18T16:51:55", datetime(2018, 12, 18, 15, 51, 55, tzinfo=UTC)),  # the zone of the platform
        ("hier", None),
        ("", None),
    ],
)
def test_an_instant_without_a_zone_is_of_the_platforms(text: str, expected: datetime | None) -> None:
    assert read_instant(text, PARIS) == expected


# -- which statut an invoice shows ---------------------------------------------------------------------------

SOON, LATER = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "since", "after", "at", "shown"),
    [
        (F.MISE_A_DISPOSITION, LATER, F.SERVICE_FAIT, SOON, F.SERVICE_FAIT),  # a clock that is slow
        (F.SERVICE_FAIT, SOON, F.MANDATEE, LATER, F.MANDATEE),
        (F.MANDATEE, LATER, F.SERVICE_FAIT, SOON, F.MANDATEE),
        (F.MANDATEE, SOON, F.SERVICE_FAIT, SOON, F.SERVICE_FAIT),
        (F.MISE_EN_PAIEMENT, SOON, F.MANDATEE, LATER, F.MISE_EN_PAIEMENT),
        (F.SUSPENDUE, LATER, F.MISE_EN_PAIEMENT, SOON, F.MISE_EN_PAIEMENT),
        (F.MISE_EN_PAIEMENT, SOON, F.REJETEE, LATER, F.REJETEE),
        (F.REJETEE, LATER, F.MISE_EN_PAIEMENT, SOON, F.REJETEE),
        (F.COMPLETEE, LATER, F.SUSPENDUE, SOON, F.COMPLETEE),
        (F.COMPLETEE, SOON, F.SUSPENDUE, LATER, F.SUSPENDUE),
    ],
)
def test_an_invoice_shows_the_final_statut_else_the_one_taken_later(
    before: F, since: datetime, after: F, at: datetime, shown: F
) -> None:
    assert project(before, since, after, at) is shown


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(TREATMENT, key=lambda s: s.id_statut)), st.integers(0, 99)),
        min_size=1,
        unique_by=lambda told: told[1],
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_they_come_in_statuts_project_to_the_same(
    told: list[tuple[FactureStatut, int]], chance: Random
) -> None:
    def end(order: list[tuple[FactureStatut, int]]) -> FactureStatut:
        current, since = F.MISE_A_DISPOSITION, SOON
        for statut, day in order:
            at = SOON + timedelta(days=day)
            if project(current, since, statut, at) is statut:
                since = max(since, at) if statut is current else at
                current = statut
        return current

    shuffled = list(told)
    chance.shuffle(shuffled)

    assert end(told) == end(shuffled)
    assert (end(told) in FINAL) == any(statut in FINAL for statut, _ in told)
