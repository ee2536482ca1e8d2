"""How far compiled sheets are trusted: compared, promoted, set aside, taken back by an operator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from petite_feuille import COMPILER, Faithful, without
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.assemblage import make_rejeu, make_veille
from edi.assemblage.flux import make_tribunal
from edi.confiance import Feuilles
from edi.engine import EngineFailed, InProcess
from edi.espace import Espace
from edi.judge import Demande
from edi.model import FluxStatut
from edi.model.confiance import (
    Compte,
    EtatFeuille,
    Execution,
    FeuilleSuivie,
    Jalons,
    ReglagesMoteur,
    Voie,
    add_up,
    next_state,
)
from edi.samples import LotSpec
from edi.samples.faults import REFORME
from edi.store import alertes, factures, rejets
from edi.store import feuilles as store
from edi.store import flux as flux_store
from edi.store.tables import journal
from edi.validators.compiled.engine import AskSaxon
from edi.validators.schematron.confiance import COMPILED, OFFICIELLE, Preuve
from edi.validators.schematron.packs import PACKS, Part
from edi.validators.schematron.saxon import Failed

OFFICIEL, ECARTE, OMBRE = EtatFeuille.OFFICIEL, EtatFeuille.ECARTE, EtatFeuille.OMBRE
JEUNE, ETABLI = EtatFeuille.JEUNE, EtatFeuille.ETABLI
EN, FR = (PACKS[name][0].parts[0].sheet for name in ("en16931-ubl", "br-fr-ubl"))
PROVEN = tuple(Preuve(sheet.sha256, COMPILER, 50_000, date(2026, 11, 27), sheet.name) for sheet in (EN, FR))
GOOD, FALSE = LotSpec(REFORME, 1), LotSpec(REFORME, 1, numero_flux=2, graine=2, fautes={0: "ttc-faux"})
P = ParamSpec("P")
T = TypeVar("T")


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


def trust(
    espace: Espace, form: Faithful, *proofs: Preuve, sample: float = 0.0, jalons: Jalons | None = None
) -> Feuilles:
    """Sheets whose compiled form is another one."""
    reglages = ReglagesMoteur(False, sample, jalons or Jalons())
    return Feuilles(espace.engine, reglages, espace.now, form.compiled, proofs)


def work(espace: Espace, feuilles: Feuilles, *specs: LotSpec) -> App:
    """Lots, taken as far as they go, one after the other."""
    app = App(espace)
    app.pipeline = replace(app.pipeline, feuilles=feuilles)
    for spec in specs:
        deposit(espace, spec)
        app.run_once()
    return app


def told(espace: Espace) -> list[tuple[FluxStatut, list[str]]]:
    """Each flux with the codes found in it, the oldest first."""
    with espace.engine.begin() as conn:
        _, known = flux_store.search(conn)
        return [
            (flux.statut, sorted({f.code for _, _, f in factures.findings_of(conn, flux.id)}))
            for flux in reversed(known)
        ]


def states(espace: Espace, compiler: str = COMPILER) -> dict[str, FeuilleSuivie]:
    with espace.engine.begin() as conn:
        return {one.nom: one for one in store.states(conn, compiler).values()}


def acts(espace: Espace) -> list[tuple[str, str]]:
    """What the journal tells of sheets: act, sheet."""
    with espace.engine.begin() as conn:
        rows = conn.execute(journal.select().order_by(journal.c.numero)).all()
    found = [(json.loads(row.contenu), row.sujet) for row in rows if row.genre == "ACTE"]
    return [(said["acte"], sujet) for said, sujet in found if said["acte"].startswith("feuille-")]


def as_officially(tmp_path: Path, *specs: LotSpec) -> list[tuple[FluxStatut, list[str]]]:
    """What the official sheets alone say."""
    other = make_espace(tmp_path / "officiel")
    reglages = ReglagesMoteur(officiel=True)
    work(other, Feuilles(other.engine, reglages, other.now, Faithful().compiled), *specs)
    return told(other)


# -- pure -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("etat", "documents", "ecarts", "after"),
    [
        (OMBRE, 9, 0, OMBRE),
        (OMBRE, 10, 0, JEUNE),
        (OMBRE, 10, 1, ECARTE),
        (JEUNE, 99, 0, JEUNE),
        (JEUNE, 100, 0, ETABLI),
        (JEUNE, 5, 1, ECARTE),
        (ETABLI, 10**6, 0, ETABLI),
        (ETABLI, 10**6, 1, ECARTE),
        (ECARTE, 10**6, 0, ECARTE),  # nobody but an operator takes it back
        (ECARTE, 10**6, 1, ECARTE),
        (OFFICIEL, 10**6, 0, OFFICIEL),
    ],
)
def test_a_sheet_is_trusted_further_after_so_many_documents_and_no_more_after_one_difference(
    etat: EtatFeuille, documents: int, ecarts: int, after: EtatFeuille
) -> None:
    assert next_state(etat, documents, ecarts, Jalons(10, 100)) is after


def test_executions_are_added_up_by_sheet() -> None:
    executions = [
        Execution("a", "A", Voie.COMPILEE),
        Execution("a", "A", Voie.DOUBLE),
        Execution("a", "A", Voie.DOUBLE, ecart="manque : R-1 en /a"),
        Execution("a", "A", Voie.OFFICIELLE, repli="valeur NaN"),
        Execution("a", "A", Voie.OFFICIELLE, repli="valeur NaN"),
        Execution("b", "B", Voie.OFFICIELLE),  # its compiled form was not asked
    ]

    assert add_up(executions) == {"a": Compte("A", 3, 2, 1, {"valeur NaN": 2}, "manque : R-1 en /a")}


# -- a difference -----------------------------------------------------------------------------------------


def test_in_the_shadow_the_official_sheet_decides_and_a_difference_sets_the_compiled_one_aside(
    espace: Espace, tmp_path: Path
) -> None:
    form = without("BR-CO-15")
    work(espace, trust(espace, form), GOOD, FALSE)
    asked = form.asked
    work(espace, trust(espace, form), replace(GOOD, numero_flux=3, graine=3))
    seen = states(espace)

    assert told(espace)[:2] == as_officially(tmp_path, GOOD, FALSE)
    assert "BR-CO-15" in told(espace)[1][1]
    assert (seen[EN.name].etat, seen[FR.name].etat) == (ECARTE, OMBRE)
    assert seen[EN.name].dernier_ecart.startswith("manque : BR-CO-15 en /")
    assert (seen[EN.name].documents, seen[EN.name].doubles, seen[EN.name].ecarts) == (2, 2, 1)
    assert form.asked == asked + 1  # of the third lot, only the sheet that is not set aside
    assert acts(espace) == [("feuille-ecartee", EN.name)]


def test_a_difference_is_an_alert_until_somebody_takes_the_sheet_back(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    feuilles = trust(espace, without("BR-CO-15"))
    feuilles.compiled = replace(feuilles.compiled, compiler=COMPILED.compiler)  # as commands name it
    work(espace, feuilles, FALSE)
    veille = make_veille(espace)
    veille.look()
    with espace.engine.begin() as conn:
        (alerte,) = [one for one in alertes.current(conn) if one.regle == "feuille-ecartee"]

    assert alerte.phrase.startswith(
        f"La forme compilée de la feuille officielle {EN.name} a trouvé autre chose"
    )
    assert "BR-CO-15" in alerte.phrase
    typed = type_edi(capsys, "-e", espace.root, "rules", "reprendre", EN.name)
    assert (typed.code, "dites pourquoi" in typed.err) == (2, True)
    typed = type_edi(capsys, "-e", espace.root, "rules", "reprendre", FR.name, "--raison", "vu")
    assert (typed.code, EN.name in typed.err) == (2, True)  # the one that is set aside is named
    typed = type_edi(
        capsys, "-e", espace.root, "rules", "reprendre", EN.sha256[:12], "--raison", "compilateur revu"
    )
    assert (typed.code, "de nouveau à l'essai" in typed.out) == (0, True)
    assert states(espace, COMPILED.compiler)[EN.name].etat is OMBRE
    assert acts(espace)[-1] == ("feuille-reprise", EN.name)
    typed = type_edi(capsys, "-e", espace.root, "rules", "reprendre", EN.name, "--raison", "encore")
    assert typed.code == 2
    with espace.engine.begin() as conn:
        assert store.set_aside(conn, COMPILED.compiler) == []


def test_a_sheet_that_was_taken_back_begins_again_in_the_shadow(espace: Espace) -> None:
    jalons = Jalons(2, 3)
    feuilles = trust(espace, without("BR-CO-15"), jalons=jalons)
    work(espace, feuilles, GOOD, FALSE)
    with espace.engine.begin() as conn:
        (aside,) = store.set_aside(conn, COMPILER)
        assert store.take_back(conn, aside, "soazig", espace.now(), "revue")
        assert not store.take_back(conn, aside, "nolwenn", espace.now(), "revue")  # somebody has done so
    work(espace, trust(espace, Faithful(), jalons=jalons), replace(GOOD, numero_flux=3, graine=3))

    assert (states(espace)[EN.name].etat, states(espace)[EN.name].documents_etat) == (OMBRE, 1)
    assert states(espace)[EN.name].documents == 3


def test_a_lot_in_which_a_sheet_that_decided_differs_is_judged_again_by_the_official_one(
    espace: Espace, tmp_path: Path
) -> None:
    """Some of its invoices are of the sample, the others only the blind sheet has seen."""
    lot = LotSpec(REFORME, 12, fautes=dict.fromkeys(range(12), "devise-inconnue"))
    blind = without("BR-CL-03", "BR-CL-04", "BR-FR-CO-12_BT-5")
    feuilles = trust(espace, blind, *PROVEN, sample=0.2, jalons=Jalons(1, 1))
    work(espace, feuilles, GOOD)  # from JEUNE to ETABLI
    assert {one.etat for one in states(espace).values()} == {ETABLI}
    before = blind.asked
    work(espace, feuilles, replace(lot, numero_flux=2, graine=2))
    doubles = states(espace)[EN.name].doubles

    assert 0 < doubles < 12
    assert blind.asked == before + 24  # both sheets, once: the second time, the official ones alone
    assert told(espace) == as_officially(tmp_path, GOOD, replace(lot, numero_flux=2, graine=2))
    assert {one.etat for one in states(espace).values()} == {ECARTE}


# -- whatever breaks --------------------------------------------------------------------------------------


def breaking(part: Part, found: tuple[Failed, ...]) -> tuple[Failed, ...]:
    if part.sheet == EN:
        raise AskSaxon("valeur NaN")
    raise KeyError("FACTURE SECRETE")


@pytest.mark.parametrize("proofs", [(), PROVEN], ids=["shadow", "young"])
def test_a_compiled_sheet_that_breaks_loses_no_invoice_and_changes_no_verdict(
    espace: Espace, tmp_path: Path, proofs: tuple[Preuve, ...]
) -> None:
    work(espace, trust(espace, Faithful(breaking), *proofs), GOOD, FALSE)
    seen = states(espace)
    with espace.engine.begin() as conn:
        reasons = store.reasons(conn, COMPILER)

    assert told(espace) == as_officially(tmp_path, GOOD, FALSE)
    assert (seen[EN.name].replis, seen[EN.name].documents, seen[EN.name].ecarts) == (2, 0, 0)
    assert reasons[EN.sha256] == {"valeur NaN": 2}
    assert [raison.startswith("KeyError (test_confiance.py:") for raison in reasons[FR.sha256]] == [True]
    assert {one.etat for one in seen.values()} == {JEUNE if proofs else OMBRE}


class DiesOfCompiled:
    """An engine whose workers die wherever a compiled sheet is asked."""

    window, stopped = 1, 0

    def __init__(self) -> None:
        self.trusts: list[bool] = []

    def close(self) -> None:
        """Nothing was started."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        asked = [one for one in args if isinstance(one, Demande)]
        self.trusts += [one.confiance.officielle for one in asked]
        if all(one.confiance.officielle for one in asked):
            return InProcess().submit(function, *args, **kwargs)
        future: Future[T] = Future()
        future.set_exception(EngineFailed("le processus de contrôle s'est arrêté"))
        return future


def test_what_ends_a_worker_is_judged_once_more_by_official_sheets_alone(
    espace: Espace, tmp_path: Path
) -> None:
    app, engine = App(espace), DiesOfCompiled()
    app.pipeline = replace(app.pipeline, engine=engine, feuilles=trust(espace, Faithful(), *PROVEN))
    deposit(espace, FALSE)
    app.run_once()

    assert engine.trusts == [False, True]
    assert told(espace) == as_officially(tmp_path, FALSE)


# -- the life of a sheet ----------------------------------------------------------------------------------


def test_a_new_sheet_goes_from_the_shadow_to_young_to_established(espace: Espace) -> None:
    feuilles = trust(espace, Faithful(), jalons=Jalons(2, 3))
    seen = []
    for rank in range(1, 7):
        work(espace, feuilles, replace(GOOD, numero_flux=rank, graine=rank))
        seen.append(states(espace)[EN.name].etat)

    assert seen == [OMBRE, JEUNE, JEUNE, JEUNE, ETABLI, ETABLI]
    assert states(espace)[EN.name].doubles == 2  # valid invoices: only in the shadow
    assert [act for act in acts(espace) if act[1] == EN.name] == [
        ("feuille-jeune", EN.name),
        ("feuille-etablie", EN.name),
    ]


def test_another_compiler_begins_anew(espace: Espace) -> None:
    work(espace, trust(espace, without("BR-CO-15")), FALSE)
    feuilles = trust(espace, Faithful(), *PROVEN)
    feuilles.compiled = replace(feuilles.compiled, compiler="another")

    assert states(espace)[EN.name].etat is ECARTE
    assert feuilles.current().etat(EN.sha256) is OMBRE
    assert trust(espace, Faithful(), *PROVEN).current().etat(EN.sha256) is ECARTE  # whatever is shipped


def test_with_official_sheets_alone_no_compiled_form_is_asked(espace: Espace) -> None:
    form = Faithful()
    reglages = ReglagesMoteur(officiel=True)
    work(espace, Feuilles(espace.engine, reglages, espace.now, form.compiled, PROVEN), GOOD, FALSE)

    assert (form.asked, states(espace)) == (0, {})


def test_what_the_configuration_asks_for_is_what_judges(espace: Espace) -> None:
    regles = espace.settings.regles.model_copy(update={"moteur": "officiel"})
    other = replace(espace, settings=espace.settings.model_copy(update={"regles": regles}))

    assert App(espace).pipeline.feuilles.current().officielle is False
    assert App(other).pipeline.feuilles.current() == OFFICIELLE


# -- what is written --------------------------------------------------------------------------------------


@contextmanager
def statements(espace: Espace) -> Iterator[list[str]]:
    """What is sent to the database."""
    sent: list[str] = []

    def keep(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(" ".join(statement.split()))

    event.listen(espace.engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(espace.engine, "before_cursor_execute", keep)


def test_counts_are_written_once_for_many_invoices(espace: Espace) -> None:
    feuilles = trust(espace, Faithful(), *PROVEN)
    with statements(espace) as sent:
        work(espace, feuilles, LotSpec(REFORME, 15))
    written = [one for one in sent if one.startswith(("UPDATE feuille ", "INSERT INTO feuille "))]

    assert states(espace)[EN.name].documents == 15
    assert len(written) == 4  # of each sheet: counted, and there for the first time


def test_counts_that_cannot_be_written_are_kept(espace: Espace) -> None:
    feuilles = trust(espace, Faithful())
    feuilles.note([Execution("a" * 64, "A", Voie.DOUBLE, ecart="manque : R-1 en /a")])
    with espace.engine.begin() as conn:
        conn.execute(text("ALTER TABLE feuille RENAME TO ailleurs"))
    with pytest.raises(SQLAlchemyError):
        feuilles.flush()
    with espace.engine.begin() as conn:
        conn.execute(text("ALTER TABLE ailleurs RENAME TO feuille"))
    feuilles.flush()

    assert (states(espace)["A"].etat, states(espace)["A"].ecarts) == (ECARTE, 1)


def test_a_few_counts_wait_and_a_difference_does_not(espace: Espace) -> None:
    feuilles = trust(espace, Faithful())
    feuilles.note([Execution("a" * 64, "A", Voie.DOUBLE)])
    feuilles.flush()
    assert states(espace) == {}
    feuilles.note([Execution("b" * 64, "B", Voie.DOUBLE, ecart="manque : R-1 en /a")])
    feuilles.flush()

    assert {nom: one.etat for nom, one in states(espace).items()} == {"A": OMBRE, "B": ECARTE}


def test_only_so_many_reasons_are_kept_by_name(espace: Espace) -> None:
    feuilles = trust(espace, Faithful())
    for rank in range(60):
        feuilles.note([Execution("a" * 64, "A", Voie.OFFICIELLE, repli=f"raison {rank:02d}")])
    feuilles.flush(force=True)
    with espace.engine.begin() as conn:
        reasons = store.reasons(conn, COMPILER)["a" * 64]

    assert (len(reasons), reasons[store.AUTRES], states(espace)["A"].replis) == (51, 10, 60)


# -- whoever else judges ----------------------------------------------------------------------------------


def test_a_replay_does_not_ask_a_sheet_that_was_set_aside_and_sets_aside_itself(espace: Espace) -> None:
    work(espace, Feuilles(espace.engine, ReglagesMoteur(officiel=True), espace.now), FALSE)
    with espace.engine.begin() as conn:
        wanted = rejets.chosen(conn, rejets.Choix(None, "", ""), espace.settings.fuseau)
    form = without("BR-CO-15")
    for asked in (3, 4):  # both, the other sheet again; then that one alone
        rejeu = replace(
            make_rejeu(espace, InProcess(), ""), feuilles=trust(espace, form, *PROVEN, sample=1.0)
        )
        (again,) = rejeu.replay(wanted)
        assert (again.change, form.asked) == ("rejetee", asked)
        assert "BR-CO-15" in {finding.code for finding in again.apres}

    assert states(espace)[EN.name].etat is ECARTE


def test_a_difference_seen_in_a_trial_counts(espace: Espace) -> None:
    feuilles = trust(espace, without("BR-CO-15"))
    app = work(espace, feuilles)
    tribunal = replace(make_tribunal(espace, app.pipeline), engine=InProcess())
    path = espace.spool.inbox("AAA123") / "x"
    nom = deposit(espace, FALSE)
    judged, error = tribunal.judge(path.with_name(nom), nom, espace.settings.deposants["AAA123"])
    feuilles.flush()

    assert (error, [one.ecart != "" for one in judged.executions]) == (None, [True, False])
    assert states(espace)[EN.name].etat is ECARTE
