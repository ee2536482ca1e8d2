"""Received bytes go once their time is over and nothing needs them; their trace stays."""

from __future__ import annotations

import os
import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from interruption import At, Note, kill, run_in_child
from sqlalchemy import Executable, insert, select, update
from workspace import MORNING, Typed, copy_espace, deposit, later, make_espace, type_edi

from edi import acts
from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.retention.classes import CLASSES
from edi.retention.durees import old_since_close, old_since_deposit
from edi.retention.originaux import Originaux
from edi.retention.service import Depart, Retention
from edi.retention.tenues import count_all
from edi.samples import LotSpec
from edi.settings.sections import Retention as Section
from edi.store import oublis
from edi.store.tables import (
    emission,
    envoi,
    facture,
    flux,
    gel,
    livraison,
    oubli,
    piece_ajoutee,
    reprise,
    suivi,
)

LOTS = (
    LotSpec("ubl", 2, numero_flux=1),
    LotSpec("ubl", 2, numero_flux=2, graine=2, tronque=True),
    LotSpec("ubl", 2, numero_flux=3, graine=3),
)
OVER = 24 * 366 * 11  # hours after which everything is old
BRIEF = 24 * 366 * 2  # the same where the durations are those of `shorten`; each day that passes is sealed


def shorten(root: Path) -> Path:
    """A workspace that keeps everything for a year only."""
    with open(root / "config" / "edi.toml", "a", encoding="utf-8") as config:
        config.write("\n[retention]\noriginaux_ans = 1\nrefuses_ans = 1\n")
    return root


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good lots, one of them delivered a second time, and one refused as a whole."""
    root = tmp_path_factory.mktemp("oubli") / "template"
    espace = make_espace(root, observations=1)
    for spec in LOTS:
        deposit(espace, spec)
    App(espace).run_once()
    deposit(espace, LOTS[0])
    App(espace).run_once()
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


def run(espace: Espace, query: Executable) -> None:
    with espace.engine.begin() as conn:
        conn.execute(query)


def blobs(espace: Espace) -> set[str]:
    """What lies in the store, in its place or not."""
    return {path.name for path in (espace.spool.root / "store").glob("*/*")}


def sha_of(espace: Espace, flux_id: int) -> str:
    with espace.engine.begin() as conn:
        return str(conn.execute(select(flux.c.sha256).where(flux.c.id == flux_id)).scalar_one())


def counts(departs: list[Depart]) -> dict[str, int]:
    return {one.classe.code: one.nombre for one in departs if one.nombre}


def agrees(espace: Espace) -> bool:
    return audit(espace.engine, espace.spool, real_now()).ecarts == ()


# -- how old ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "mois", "first_kept"),
    [
        (date(2036, 12, 31), 12, date(2026, 1, 1)),
        (date(2037, 1, 1), 12, date(2027, 1, 1)),
        (date(2037, 1, 2), 12, date(2027, 1, 1)),
        (date(2038, 2, 27), 2, date(2027, 3, 1)),
        (date(2038, 2, 28), 2, date(2027, 3, 1)),
        (date(2038, 3, 1), 2, date(2028, 3, 1)),
    ],
)
def test_ten_years_run_from_the_close_of_the_accounting_year(
    today: date, mois: int, first_kept: date
) -> None:
    assert old_since_close(today, 10, mois) == first_kept


@pytest.mark.parametrize(
    ("today", "first_kept"),
    [
        (date(2031, 11, 19), date(2026, 11, 19)),
        (date(2031, 11, 20), date(2026, 11, 20)),
        (date(2033, 2, 28), date(2028, 2, 28)),
        (date(2032, 2, 29), date(2027, 2, 28)),
    ],
)
def test_five_years_run_from_the_deposit(today: date, first_kept: date) -> None:
    assert old_since_deposit(today, 5) == first_kept


@pytest.mark.parametrize(
    ("hours_after", "gone"),
    [
        (0, {}),
        (24 * 365 * 6, {"refuses": 1}),
        (OVER, {"originaux": 2, "refuses": 1}),
    ],
)
def test_each_class_has_its_age(espace: Espace, hours_after: int, gone: dict[str, int]) -> None:
    assert counts(Retention(later(espace, hours_after)).plan()) == gone


def test_every_key_of_the_section_belongs_to_a_class() -> None:
    keys = {classe.cle for classe in CLASSES if classe.cle}

    assert keys | {"cloture_mois", "automatique"} == set(Section.model_fields)


def test_zero_keeps_for_ever(espace: Espace) -> None:
    kept = espace.settings.retention.model_copy(update={"originaux_ans": 0, "refuses_ans": 0})
    late = later(espace, OVER)
    settings = late.settings.model_copy(update={"retention": kept})

    assert counts(Retention(Espace(late.root, settings, late.engine, late.spool)).plan()) == {}


# -- what stays -------------------------------------------------------------------------------------------

NOW, SINCE = datetime(2026, 11, 20, tzinfo=UTC), datetime(2037, 11, 20, tzinfo=UTC)
HOLDS: dict[str, list[Executable]] = {
    "en cours": [update(flux).where(flux.c.id == 3).values(statut="EN_ATTENTE")],
    "gelé": [insert(gel).values(flux_id=3, raison="litige", par="x", le=NOW)],
    "réponse à émettre": [update(emission).where(emission.c.flux_id == 3).values(emis_le=None)],
    "réponse à livrer": [insert(envoi).values(flux_id=3, nature="statut", revision=1)],
    "suivi à dire": [update(suivi).where(suivi.c.flux_id == 3).values(revision=99)],
    "facture en cours chez son destinataire": [
        update(facture).where(facture.c.flux_id == 3, facture.c.ordre == 1).values(statut="SUSPENDUE")
    ],
}


@pytest.mark.parametrize("why", HOLDS)
def test_bytes_that_something_needs_stay_whatever_their_age(espace: Espace, why: str) -> None:
    for query in HOLDS[why]:
        run(espace, query)
    late = Retention(later(espace, OVER))
    kept = {one.classe.code: one.retenus for one in late.plan()}
    gone = counts(late.apply())

    assert kept["originaux"][why] == 1
    assert gone == {"originaux": 1, "refuses": 1}
    assert blobs(espace) == {sha_of(espace, 3)}


def test_a_flow_that_is_not_delivered_on_its_server_keeps_the_bytes(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        first = conn.execute(select(emission.c.id).where(emission.c.flux_id == 3)).scalars().first()
        conn.execute(insert(livraison).values(emission_id=first))

    assert counts(Retention(later(espace, OVER)).apply()) == {"originaux": 1, "refuses": 1}


def test_an_invoice_taken_up_by_another_flux_keeps_the_bytes_of_both(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        first = conn.execute(select(facture.c.id).where(facture.c.flux_id == 1)).scalars().first()
        conn.execute(update(facture).where(facture.c.id == first).values(statut="SUSPENDUE"))
        conn.execute(insert(reprise).values(facture_id=first, flux_id=3, le=NOW, **REPRISE))

    assert counts(Retention(later(espace, OVER)).apply()) == {"refuses": 1}


REPRISE = dict.fromkeys(
    ("nature", "fichier", "par", "commentaire", "destinataire_type", "destinataire"), ""
) | {"rang": 1, "destinataire_nom": "", "service": "", "engagement": ""}


def test_bytes_that_two_flux_brought_stay_until_the_last_may_go(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        shas = list(conn.execute(select(flux.c.id, flux.c.sha256).order_by(flux.c.id)))
    shared = [row.id for row in shas if row.sha256 == shas[0].sha256]
    assert shared == [1, 4]
    run(espace, update(flux).where(flux.c.id == 4).values(recu_le=NOW + timedelta(days=400)))
    late = Retention(later(espace, OVER))
    kept = {one.classe.code: one.retenus for one in late.plan()}["originaux"]
    first = counts(late.apply())
    after = counts(Retention(later(espace, OVER + 24 * 400)).apply())

    assert kept == {"mêmes octets qu'un flux à garder": 1}
    assert (first, after) == ({"originaux": 1, "refuses": 1}, {"originaux": 1})
    with espace.engine.begin() as conn:
        traces = conn.execute(select(oubli.c.flux_id).where(oubli.c.sha256 == shas[0].sha256)).scalars()
        assert sorted(traces) == [1, 4]


def test_a_piece_that_was_added_by_hand_goes_with_the_flux_of_its_invoice(espace: Espace) -> None:
    sha256 = espace.spool.keep_bytes(b"%PDF-1.4 un bon de commande")
    with espace.engine.begin() as conn:
        first = conn.execute(select(facture.c.id).where(facture.c.flux_id == 3)).scalars().first()
        made = insert(reprise).values(facture_id=first, le=NOW, **REPRISE).returning(reprise.c.id)
        given = conn.execute(made).scalar_one()
        piece = {"nom": "bon.pdf", "mime": "application/pdf", "sha256": sha256, "taille": 27}
        conn.execute(insert(piece_ajoutee).values(reprise_id=given, **piece))
    early = Retention(later(espace, 24 * 365 * 6)).apply()
    assert (counts(early), sha256 in blobs(espace)) == ({"refuses": 1}, True)

    assert counts(Retention(later(espace, OVER)).apply()) == {"originaux": 3}
    assert blobs(espace) == set()


# -- what went --------------------------------------------------------------------------------------------


def test_what_was_forgotten_is_no_loss_and_says_so(
    espace: Espace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def edi(*arguments: str) -> Typed:
        return type_edi(capsys, "-e", espace.root, *arguments)

    config = espace.root / "config" / "edi.toml"
    config.write_text(config.read_text("utf-8").replace(MORNING, "2037-01-01T09:00:00+01:00"), "utf-8")
    shown, gone = edi("retention", "--a-blanc", "--json"), edi("retention", "--applique", "--json")
    audited, again = edi("audit"), edi("retention", "--applique")
    told = edi("flux", "show", "1").out
    reste = edi("flux", "reste", "2", "--vers", str(tmp_path))

    assert [{**one, "retenus": {}} for one in shown.json] == gone.json
    assert {one["classe"]: one["nombre"] for one in gone.json if one["nombre"]} == {
        "originaux": 2,
        "refuses": 1,
    }
    assert audited.code == 0
    assert "4 originaux oubliés" in audited.out
    assert again.out.endswith("Rien n'avait fait son temps.\n")
    assert "Original oublié le 01/01/2037 (durée de conservation atteinte : 10 ans après" in told
    assert (reste.code, "Original oublié le 01/01/2037" in reste.err) == (2, True)
    assert blobs(espace) == set()


def test_a_flux_is_held_and_released_by_an_operator(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    def edi(*arguments: str) -> Typed:
        return type_edi(capsys, "-e", espace.root, *arguments)

    held = edi("retention", "gele", "3", "--raison", "contrôle fiscal", "--par", "Mme Durand")
    twice = edi("retention", "gele", "3", "--raison", "encore")
    listed = edi("retention", "--json").json["geles"]
    late = counts(Retention(later(espace, OVER)).plan())
    freed, nothing = edi("retention", "degele", "3"), edi("retention", "degele", "3")

    assert (held.code, twice.code, freed.code, nothing.code) == (0, 2, 0, 2)
    assert [(one["flux_id"], one["raison"], one["par"]) for one in listed] == [
        (3, "contrôle fiscal", "Mme Durand")
    ]
    assert late == {"originaux": 1, "refuses": 1}
    assert counts(Retention(later(espace, OVER)).plan()) == {"originaux": 2, "refuses": 1}


def test_the_table_counts_what_is_there(espace: Espace) -> None:
    held = {one.classe.code: one.nombre for one in count_all(espace)}
    out = sum(1 for path in espace.spool.outbox("AAA123").iterdir())

    assert held["originaux"] == 2
    assert held["refuses"] == 1
    assert held["retours"] == out
    assert list(held) == [classe.code for classe in CLASSES]


def test_the_server_forgets_received_bytes_only_where_it_may(espace: Espace) -> None:
    late = later(espace, OVER)
    auto = late.settings.retention.model_copy(update={"automatique": True})
    allowed = Espace(late.root, late.settings.model_copy(update={"retention": auto}), late.engine, late.spool)
    Retention(late).at_night()
    before = blobs(espace)
    Retention(allowed).at_night()

    assert (len(before), blobs(espace)) == (3, set())


def test_a_quarantined_file_goes_before_its_bytes(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e", readiness="archive", attente_max=3600)
    deposit(espace, LotSpec("ubl", 1, numero_flux=1, tronque=True))
    app = App(espace)
    for hours in (0, 2):
        app.collecte.now = later(espace, hours).now
        for _ in range(3):
            app.collect()
    app.run_once()
    kept = [counts(Retention(later(espace, 24 * days)).plan()) for days in (90, 91)]
    late = later(espace, OVER)
    without = late.settings.retention.model_copy(update={"quarantaine_jours": 0})
    settings = late.settings.model_copy(update={"retention": without})
    blocked = Retention(Espace(late.root, settings, late.engine, late.spool)).plan()
    gone = counts(Retention(late).apply())

    assert kept == [{}, {"quarantaine": 1}]
    assert {one.classe.code: one.retenus for one in blocked}["refuses"] == {"en quarantaine": 1}
    assert gone == {"quarantaine": 1, "refuses": 1}
    assert espace.spool.entries("quarantaine") == []
    assert agrees(espace)


# -- interrupted, and in each other's way -----------------------------------------------------------------


def forget_all(espace: Espace) -> None:
    Retention(espace).apply()


# The ordinary form tries every thirty-seventh act; ``EDI_POINTS=all`` tries them all.
STRIDE = 1 if os.environ.get("EDI_POINTS") == "all" else 37


def outcome(root: Path) -> tuple[set[str], list[tuple[int, str, bool]], bool]:
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        query = select(oubli.c.flux_id, oubli.c.classe, oubli.c.fait_le.is_not(None))
        traces = [(row[0], row[1], bool(row[2])) for row in conn.execute(query.order_by(oubli.c.flux_id))]
    found = blobs(espace), traces, agrees(espace)
    espace.engine.dispose()
    return found


def test_forgetting_that_is_killed_anywhere_loses_nothing_and_is_finished(
    template: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    shorten(copy_espace(template, whole))
    note = Note(whole / "points")
    assert run_in_child(whole, note, BRIEF, forget_all) == 0
    points, expected = note.read(), outcome(whole)
    assert expected[0] == set()
    assert [done for _, _, done in expected[1]] == [True] * 4
    for point in range(1, len(points) + 1, STRIDE):
        root = tmp_path / f"killed-{point}"
        shorten(copy_espace(template, root))
        assert run_in_child(root, At(point, kill), BRIEF, forget_all) == -signal.SIGKILL
        left, traces, agreed = outcome(root)
        untold = {1, 2, 3, 4} - {flux_id for flux_id, _, _ in traces}
        espace = open_espace(root)
        assert {sha_of(espace, flux_id) for flux_id in untold} <= left, f"lost at {point}: {points}"
        assert agreed
        assert run_in_child(root, None, BRIEF) == 0  # any pass finishes it
        if traces:
            assert outcome(root) == expected, f"killed at {point} of {points}"
        espace.engine.dispose()


@pytest.mark.parametrize("act", ["rename", "unlink"])
def test_bytes_that_come_again_while_they_are_forgotten_stay(espace: Espace, act: str) -> None:
    """A flux begins to count on them before they are set apart, or brings them anew after that."""
    sha256 = sha_of(espace, 3)
    come: list[str] = []

    def observer(seen: str, subject: object) -> None:
        if seen == act and str(subject).endswith(sha256) and not come:
            come.append(seen)
            if act == "unlink":  # too late to be seen: it lies there anew, as a take leaves it
                target = espace.spool.blob(sha256)
                target.write_bytes((espace.spool.root / "store" / "oubli" / sha256).read_bytes())
            values = {"ticket": "9-AAA123", "appli": "AAA123", "nom": "x", "sha256": sha256}
            run(espace, insert(flux).values(recu_le=SINCE, statut="INTEGRE", taille=1, **values))

    with acts.observed(observer):
        Originaux(later(espace, OVER)).forget()

    assert come == [act]
    assert blobs(espace) == {sha256}
    assert espace.spool.blob(sha256).is_file()
    with espace.engine.begin() as conn:
        assert oublis.pending(conn) == []


def test_a_deposit_of_forgotten_bytes_is_judged_as_any_other(template: Path, tmp_path: Path) -> None:
    espace = open_espace(shorten(copy_espace(template, tmp_path / "e")))
    late = later(espace, BRIEF)
    Retention(late).apply()
    deposit(late, LOTS[1])
    App(late).run_once()

    assert len(blobs(espace)) == 1
    assert agrees(espace)


def test_the_rule_that_is_left_with_the_trace_is_a_sentence(espace: Espace) -> None:
    Retention(later(espace, OVER)).apply()
    with espace.engine.begin() as conn:
        rules = sorted(set(conn.execute(select(oubli.c.regle)).scalars()))

    assert rules == [
        "10 ans après la clôture de l'exercice, fin décembre (originaux_ans = 10)",
        "5 ans après le dépôt (refuses_ans = 5)",
    ]
