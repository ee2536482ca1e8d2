"""The two tables of transitions, the decision, and the one place that moves a statut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bases import lay_empty_base, open_base
from sqlalchemy import Connection, Engine, select

from edi.lifecycle.advance import (
    Change,
    IllegalTransition,
    LostRace,
    advance_factures,
    advance_flux,
    receive_flux,
)
from edi.lifecycle.decide import decide
from edi.lifecycle.statuts import FACTURE_TRANSITIONS, FLUX_TERMINAL, FLUX_TRANSITIONS
from edi.model import (
    Facture,
    FactureJugee,
    FactureStatut,
    FichierJuge,
    Finding,
    FluxStatut,
    Identifiant,
    LotJuge,
    Outcome,
    Partie,
    Severity,
)
from edi.store import consignation
from edi.store.database import open_database, upgrade
from edi.store.tables import facture_statut, flux_statut

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOBODY = Partie(Identifiant("1", "00000000000000"))
F, X, S = FactureStatut, FluxStatut, Severity


@pytest.fixture
def base(tmp_path: Path) -> Engine:
    return open_base(tmp_path)


@pytest.fixture
def conn(base: Engine) -> Iterator[Connection]:
    with base.begin() as connection:
        yield connection


def facture(numero: str = "F1") -> Facture:
    return Facture(1, numero, "380", "A1", None, "EUR", NOBODY, NOBODY)


def jugee(*severities: Severity) -> FactureJugee:
    return FactureJugee(facture(), tuple(Finding("EDI-X-01", s, "Une phrase.") for s in severities))


def lot(*jugees: FactureJugee, flux: tuple[Severity, ...] = ()) -> LotJuge:
    return LotJuge(
        tuple(Finding("EDI-X-02", s, "Une phrase.") for s in flux),
        tuple(FichierJuge(f"f{i}.xml", factures=(j,)) for i, j in enumerate(jugees)),
    )


# -- tables -----------------------------------------------------------------------------------------------


def test_every_statut_has_its_row_and_its_label() -> None:
    assert {*FLUX_TRANSITIONS} == {None, *X}
    assert {*FACTURE_TRANSITIONS} == {None, *F}
    assert all(statut.libelle for statut in (*X, *F))
    assert len({statut.id_statut for statut in F}) == len(F)


def test_every_statut_can_be_reached_from_the_start() -> None:
    for table, statuts in ((FLUX_TRANSITIONS, set(X)), (FACTURE_TRANSITIONS, set(F))):
        reached, frontier = set(), [None]
        while frontier:
            for after in table[frontier.pop()]:  # type: ignore[index]
                if after not in reached:
                    reached.add(after)
                    frontier.append(after)  # type: ignore[arg-type]

        assert reached == statuts


def test_no_flux_ends_without_an_answer_but_the_held_ones() -> None:
    assert {x for x in X if x not in FLUX_TERMINAL} == {X.RECU, X.EN_COURS, X.EN_ATTENTE}


# -- decision ---------------------------------------------------------------------------------------------

GOOD, BAD, UNREADABLE, UNSURE = jugee(), jugee(S.ERROR), jugee(S.FATAL), jugee(S.HOLD)


@pytest.mark.parametrize(
    ("what", "outcome", "statut"),
    [
        (lot(GOOD, GOOD), Outcome.ACCEPTED, X.INTEGRE),
        (lot(jugee(S.WARNING)), Outcome.ACCEPTED, X.INTEGRE),
        (lot(GOOD, BAD), Outcome.PARTIAL, X.INTEGRE_PARTIEL),
        (lot(GOOD, UNREADABLE), Outcome.PARTIAL, X.INTEGRE_PARTIEL),
        (lot(BAD, BAD), Outcome.REJECTED, X.REJETE),
        (lot(BAD, UNREADABLE), Outcome.REJECTED, X.REJETE),
        (lot(UNREADABLE), Outcome.IRRECEVABLE, X.IRRECEVABLE),
        (lot(), Outcome.IRRECEVABLE, X.IRRECEVABLE),
        (lot(flux=(S.FATAL,)), Outcome.IRRECEVABLE, X.IRRECEVABLE),
        (lot(GOOD, flux=(S.WARNING,)), Outcome.ACCEPTED, X.INTEGRE),
        (lot(GOOD, UNSURE), Outcome.UNDECIDED, X.EN_ATTENTE),
        (lot(GOOD, flux=(S.HOLD,)), Outcome.UNDECIDED, X.EN_ATTENTE),
        (lot(GOOD, flux=(S.HOLD, S.FATAL)), Outcome.IRRECEVABLE, X.IRRECEVABLE),
        (lot(GOOD, jugee(S.HOLD, S.ERROR)), Outcome.UNDECIDED, X.EN_ATTENTE),
    ],
)
def test_what_findings_come_to(what: LotJuge, outcome: Outcome, statut: FluxStatut) -> None:
    assert (outcome, statut) == (what.outcome, decide(what).flux)


def test_good_invoices_are_put_at_disposal_and_bad_ones_rejected() -> None:
    told = decide(lot(GOOD, BAD, UNREADABLE)).factures

    assert told == ((F.DEPOSEE, F.MISE_A_DISPOSITION), (F.NON_CONFORME,), (F.NON_CONFORME,))


def test_an_invoice_that_waits_does_not_keep_the_others_waiting() -> None:
    assert decide(lot(GOOD, UNSURE)).factures == ((F.DEPOSEE, F.MISE_A_DISPOSITION), ())


def test_a_flux_that_is_held_itself_keeps_all_its_invoices_waiting() -> None:
    assert decide(lot(GOOD, BAD, flux=(S.HOLD,))).factures == ((), ())


def test_every_decision_is_a_legal_path() -> None:
    for path in decide(lot(GOOD, BAD)).factures:
        before = None
        for after in path:
            assert after in FACTURE_TRANSITIONS[before]
            before = after


# -- advance ----------------------------------------------------------------------------------------------


def test_a_delivery_is_recorded_once_with_the_first_row_of_its_history(conn: Connection) -> None:
    first = receive_flux(conn, "t1-AAA123", "AAA123", "a.xml", AT)
    again = receive_flux(conn, "t1-AAA123", "AAA123", "a.xml", AT)

    assert again == first
    assert conn.execute(select(flux_statut.c.apres)).scalars().all() == ["RECU"]


def test_a_flux_moves_on_by_compare_and_swap(conn: Connection) -> None:
    flux = receive_flux(conn, "t1-AAA123", "AAA123", "a.xml", AT)
    advance_flux(conn, flux.id, X.RECU, X.EN_COURS, AT)

    with pytest.raises(LostRace):
        advance_flux(conn, flux.id, X.RECU, X.EN_COURS, AT)
    with pytest.raises(IllegalTransition):
        advance_flux(conn, flux.id, X.INTEGRE, X.REJETE, AT)

    assert conn.execute(select(flux_statut.c.apres)).scalars().all() == ["RECU", "EN_COURS"]


def test_an_invoice_moves_on_by_compare_and_swap(conn: Connection) -> None:
    flux = receive_flux(conn, "t1-AAA123", "AAA123", "a.xml", AT)
    (one,) = consignation.record_factures(conn, flux.id, lot(GOOD), {0})
    advance_factures(conn, [Change(one, None, F.DEPOSEE), Change(one, F.DEPOSEE, F.MISE_A_DISPOSITION)], AT)

    with pytest.raises(LostRace):
        advance_factures(conn, [Change(one, None, F.DEPOSEE)], AT)
    with pytest.raises(IllegalTransition):
        advance_factures(conn, [Change(one, F.DEPOSEE, F.MISE_EN_PAIEMENT)], AT)

    told = conn.execute(select(facture_statut.c.apres)).scalars().all()
    assert told == ["DEPOSEE", "MISE_A_DISPOSITION"]


def test_the_migrations_make_the_very_tables_of_the_code(base: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from edi.store.tables import metadata

    with base.begin() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []


def test_what_was_taken_from_servers_keeps_its_rows_under_its_new_name_and_back(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    from edi.store.database import MIGRATIONS

    config, counted = Config(), []
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = open_database(lay_empty_base(), tmp_path)
    insert_one = (
        "INSERT INTO releve (serveur, appli, dossier, nom, taille, mtime, sha256, ticket, pris_le, apres) "
        "VALUES ('s', 'AAA123', '/in', 'a.xml', 1, 1, 'aa', 't', '2026-11-20T08:00:00+00:00', 'laisser')"
    )
    for go, revision, sql in (
        (command.upgrade, "0010", insert_one),
        (command.upgrade, "0012", "SELECT count(*) FROM prise"),
        (command.downgrade, "0010", "SELECT count(*) FROM releve"),
    ):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            go(config, revision)
            done = connection.exec_driver_sql(sql)
            counted += [done.scalar()] if done.returns_rows else []

    assert counted == [1, 1]


def test_upgrading_an_up_to_date_database_changes_nothing(base: Engine) -> None:
    upgrade(base)
    upgrade(base)
