"""The breaker of rules: one that suddenly refuses everybody rejects nobody for good once it has tripped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from regle_fautive import AFTER, BEFORE, JEU, install, receive
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from workspace import answers, deposit, later, make_espace, type_edi

from edi.app import App
from edi.audit import audit
from edi.disjoncteur import count_held, departs, give_opinion, hold_back, is_unusual
from edi.engine import EngineFailed, InProcess
from edi.espace import Espace, real_now
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
    Regle,
    Seuils,
    Severity,
)
from edi.samples import LotSpec, make_files
from edi.samples.faults import REFORME
from edi.store import disjoncteurs, factures
from edi.store import flux as flux_store
from edi.store.disjoncteurs import FAUTIVE, JUSTE, Mesure
from edi.store.tables import decompte

SEUILS = Seuils(factures=5, fournisseurs=3, deposants=2)
P = ParamSpec("P")
T = TypeVar("T")
RULE = Regle(f"{JEU} 2", "BR-02")
NOBODY = Partie(Identifiant("", ""))
FACTURE = Facture(1, "F1", "380", "A1", None, "EUR", NOBODY, NOBODY)


# -- when it trips ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mesure", "trips"),
    [
        (Mesure(5, 10, 3, 2), True),
        (Mesure(4, 10, 3, 2), False),  # too few invoices
        (Mesure(5, 10, 2, 2), False),  # of too few fournisseurs
        (Mesure(9, 10, 3, 1), False),  # the software of one déposant
        (Mesure(5, 50, 3, 2), True),  # 10 %: five times the floor of 2 %
        (Mesure(5, 51, 3, 2), False),
        (Mesure(20, 100, 3, 2, 40, 1000), True),  # 20 %, and 4 % usually
        (Mesure(19, 100, 3, 2, 40, 1000), False),
        (Mesure(65, 100, 9, 9, 300, 1000), True),  # 30 % usually: half-way from there to all
        (Mesure(64, 100, 9, 9, 300, 1000), False),
        (Mesure(5, 0, 3, 2), False),  # nothing was counted of its set of rules
    ],
)
def test_a_rule_trips_on_many_refusals_of_unrelated_senders_far_above_its_usual_rate(
    mesure: Mesure, trips: bool
) -> None:
    assert departs(mesure, SEUILS) is trips


def test_refusals_of_one_sender_alone_are_unusual_and_trip_nothing() -> None:
    mesure = Mesure(9, 10, 1, 1)

    assert is_unusual(mesure, SEUILS)
    assert not departs(mesure, SEUILS)


# -- what is held -----------------------------------------------------------------------------------------


def held_back(findings: Iterable[Finding]) -> FactureJugee:
    """One invoice with some findings, as it may be decided."""
    jugee = FactureJugee(FACTURE, tuple(findings))
    (held,) = hold_back(LotJuge(fichiers=(FichierJuge("f.xml", factures=(jugee,)),)), {RULE}).factures
    return held


def found(code: str, severity: Severity = Severity.ERROR, source: str = RULE.source) -> Finding:
    return Finding(code, severity, "m", source=source)


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([found("BR-02")], Outcome.UNDECIDED),
        ([found("BR-02", Severity.FATAL)], Outcome.UNDECIDED),
        ([found("BR-02"), found("BR-02"), found("BR-99", Severity.WARNING)], Outcome.UNDECIDED),
        ([found("BR-02"), found("EDI-LOT-01", source="edi")], Outcome.UNDECIDED),
        ([found("BR-02"), found("BR-03")], Outcome.REJECTED),  # another rule blocks it too
        ([found("BR-02", source=f"{JEU} 3")], Outcome.REJECTED),  # another version of the same rule
        ([found("BR-02", Severity.WARNING)], Outcome.ACCEPTED),
        ([], Outcome.ACCEPTED),
    ],
)
def test_an_invoice_that_nothing_else_blocks_is_held(findings: list[Finding], outcome: Outcome) -> None:
    assert held_back(findings).verdict.outcome is outcome


def test_a_held_invoice_says_which_rule_is_looked_at_once_and_at_its_place() -> None:
    twice = (replace(found("BR-02"), location="/a", line=3), found("BR-02"))
    (told,) = held_back(twice).findings

    assert (told.code, told.severity, told.value) == ("EDI-DISJONCTEUR-01", Severity.HOLD, "BR-02")
    assert (told.location, told.line) == ("/a", 3)
    assert told.message.startswith("La règle BR-02 (en16931-ubl 2) refuse soudain")


# -- from a defective pack to the end ---------------------------------------------------------------------


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    """A workspace whose official rules refuse every invoice since an update."""
    made = make_espace(tmp_path / "espace")
    install(made, tmp_path, "2", "false()", date(2025, 1, 1))
    section = made.settings.disjoncteur.model_copy(update={"factures": 5, "fournisseurs": 3, "deposants": 2})
    return replace(made, settings=made.settings.model_copy(update={"disjoncteur": section}))


F = FluxStatut


class Loses:
    """An engine whose workers die of one document."""

    window = 1

    def __init__(self, document: bytes) -> None:
        self.document = document

    def close(self) -> None:
        """Nothing was started."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self.document not in args:
            return InProcess().submit(function, *args, **kwargs)
        future: Future[T] = Future()
        future.set_exception(EngineFailed("le processus de contrôle s'est arrêté"))
        return future


def statuts(espace: Espace) -> list[FluxStatut]:
    with espace.engine.begin() as conn:
        _, known = flux_store.search(conn)
    return [flux.statut for flux in reversed(known)]


def rejected(espace: Espace) -> list[str]:
    """The beginnings of the numbers of the invoices that were rejected for good."""
    with espace.engine.begin() as conn:
        _, known = factures.search(conn, statuts=[FactureStatut.NON_CONFORME])
    return sorted(one.numero[:2] for one, _ in known)


def say(espace: Espace, avis: str) -> None:
    with espace.engine.begin() as conn:
        (one,) = disjoncteurs.open_ones(conn)
        assert give_opinion(conn, one, avis, "soazig", espace.now())


def test_once_tripped_nobody_is_rejected_by_the_rule_alone(espace: Espace) -> None:
    receive(espace, *BEFORE)
    assert rejected(espace) == ["KA", "KA", "PA", "PA"]
    receive(espace, *AFTER)
    with espace.engine.begin() as conn:
        (one,) = disjoncteurs.open_ones(conn)
        held = count_held(conn, one.regle)

    assert (one.regle, one.mesure) == (RULE, Mesure(6, 6, 3, 2))
    assert statuts(espace) == [F.REJETE, F.REJETE, F.EN_ATTENTE, F.EN_ATTENTE, F.EN_ATTENTE]
    assert (held, rejected(espace)) == (3, ["KA", "KA", "KB", "PA", "PA"])  # KB has another fault besides
    assert answers(espace, "BBB456") == {}
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_what_is_held_is_shown_with_its_rule(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    receive(espace, *BEFORE, AFTER[0])
    (shown,) = type_edi(capsys, "-e", espace.root, "flux", "list", "--en-attente", "--json").json

    assert shown["incident"].startswith("La règle BR-02 (en16931-ubl 2) refuse soudain beaucoup plus")


def test_a_rule_that_is_right_refuses_again_and_does_not_trip_at_once(espace: Espace) -> None:
    receive(espace, *BEFORE, *AFTER)
    say(espace, JUSTE)
    App(espace).run_once()

    assert statuts(espace) == [F.REJETE] * 5
    assert len(rejected(espace)) == 10
    with espace.engine.begin() as conn:
        assert disjoncteurs.open_ones(conn) == []


def test_a_rule_said_to_be_wrong_holds_until_another_version_judges(espace: Espace, tmp_path: Path) -> None:
    receive(espace, *BEFORE, *AFTER)
    say(espace, FAUTIVE)
    App(espace).run_once()
    assert statuts(espace)[2:] == [F.EN_ATTENTE] * 3
    install(espace, tmp_path, "3", "normalize-space(cbc:ID) != ''", date(2025, 1, 1))
    App(later(espace, 2)).run_once()

    assert statuts(espace)[2:] == [F.INTEGRE, F.INTEGRE, F.INTEGRE_PARTIEL]
    assert rejected(espace) == ["KA", "KA", "KB", "PA", "PA"]
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_what_was_rejected_before_stays_so_while_the_rest_of_its_lot_is_held(espace: Espace) -> None:
    lot = LotSpec(REFORME, 2, numero_flux=9, graine=9, prefixe="KD")
    deposit(espace, lot)
    app = App(espace)
    app.pipeline = replace(app.pipeline, engine=Loses(make_files(lot)[1][1]))
    app.run_once()
    assert (statuts(espace), rejected(espace)) == ([F.EN_ATTENTE], ["KD"])
    receive(espace, BEFORE[1], AFTER[0])  # five refused by now: KD, PA, PL
    with espace.engine.begin() as conn:
        (one,) = disjoncteurs.open_ones(conn)
    assert one.mesure == Mesure(5, 5, 3, 2)
    App(later(espace, 2)).run_once()
    assert (statuts(espace)[0], rejected(espace)) == (F.EN_ATTENTE, ["KD", "PA", "PA"])
    say(espace, JUSTE)
    App(later(espace, 4)).run_once()

    assert (statuts(espace), rejected(espace).count("KD")) == ([F.REJETE] * 3, 2)
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_a_lot_of_all_or_nothing_is_held_whole(espace: Espace) -> None:
    receive(espace, *BEFORE, AFTER[0])
    deposants = [d.model_copy(update={"politique": "tout_ou_rien"}) for d in espace.settings.deposant]
    whole = replace(espace, settings=espace.settings.model_copy(update={"deposant": deposants}))
    receive(whole, AFTER[2])
    assert (statuts(espace)[-1], "KB" in rejected(espace)) == (F.EN_ATTENTE, False)
    say(espace, JUSTE)
    App(whole).run_once()

    assert (statuts(espace)[-1], rejected(espace).count("KB")) == (F.REJETE, 2)


def test_a_breaker_is_open_once(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        disjoncteurs.trip(conn, RULE, Mesure(6, 6, 3, 2), espace.now())
        with pytest.raises(IntegrityError), conn.begin_nested():
            disjoncteurs.trip(conn, RULE, Mesure(6, 6, 3, 2), espace.now())
    with espace.engine.begin() as conn:
        (one,) = disjoncteurs.open_ones(conn)
        assert give_opinion(conn, one, JUSTE, "soazig", espace.now())
        assert not give_opinion(conn, one, FAUTIVE, "nolwenn", espace.now())  # said meanwhile

        disjoncteurs.trip(conn, RULE, Mesure(9, 9, 3, 2), espace.now())
        assert len(disjoncteurs.open_ones(conn)) == 1


@pytest.mark.parametrize("change", [{"exceptions": ["BR-02"]}, {"actif": False}])
def test_neither_an_exception_nor_what_is_switched_off_trips(
    espace: Espace, change: dict[str, object]
) -> None:
    section = espace.settings.disjoncteur.model_copy(update=change)
    other = replace(espace, settings=espace.settings.model_copy(update={"disjoncteur": section}))
    receive(other, *BEFORE, *AFTER)

    assert statuts(espace) == [F.REJETE] * 5


def test_refusals_older_than_the_window_count_as_usual_only(espace: Espace) -> None:
    receive(espace, *BEFORE)
    with espace.engine.begin() as conn:
        conn.execute(update(decompte).values(le=espace.now() - timedelta(hours=25)))
    receive(espace, *AFTER[:2])

    assert statuts(espace) == [F.REJETE] * 4
