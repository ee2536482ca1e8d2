"""What a server tells those who watch over it: it lives, it is ready, it measures; asking harms nobody."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, insert, select, update
from workspace import copy_espace, deposit, make_espace

from edi.app import App
from edi.engine import EngineFailed, LocalWorkers
from edi.espace import Espace, open_espace
from edi.lifecycle.advance import receive_flux
from edi.model import Acteur, Alerte, Canal, Gravite, Regle, Severity
from edi.model.confiance import EtatFeuille, FeuilleSuivie
from edi.observation.guichet import Guichet
from edi.observation.metriques import (
    AUTRES,
    CODES,
    METRIQUES,
    bound_codes,
    make,
    of_figures,
    of_process,
    of_sheets,
)
from edi.observation.sante import Moteur, Sante
from edi.resources import locate
from edi.samples import LotSpec
from edi.store import alertes, disjoncteurs
from edi.store.database import open_database, reading
from edi.store.delais import Delai
from edi.store.mesures import Mesures, Queue, measure
from edi.store.tables import emission, flux, flux_statut, reception

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SEEN = Mesures(
    queues=(Queue("AAA123", "EN_ATTENTE", 2, NOW - timedelta(minutes=5)),),
    flux=(("factures", "INTEGRE", 3),),
    factures=(("MISE_A_DISPOSITION", 7),),
    constats=(("EDI-TVA-01", int(Severity.ERROR), 4),),
    flux_perdus=0,
    factures_perdues=0,
    canaux=(Canal("partenaire", arrete=True, essais=3, reussi_le=NOW),),
    alertes=(("critique", 1), ("attention", 0)),
    regles_en_doute=1,
    retenues=2,
    annuaire_du=NOW,
    processus=1,
    delais=(Delai("DECISION", 2.0, 9.0),),
    recus=(3, 7),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("observation") / "template"
    espace = make_espace(root)
    deposit(espace, LotSpec("ubl", 3, numero_flux=1, fautes=("ttc-faux",)))
    App(espace).run_once()
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


def warm(failure: BaseException | None = None) -> Future[Any]:
    future: Future[Any] = Future()
    if failure is None:
        future.set_result(None)
    else:
        future.set_exception(failure)
    return future


def make_sante(espace: Espace) -> Sante:
    return Sante(espace.engine, espace.spool, [], espace.now, lambda: Moteur(0, 1, 0), warm())


def figures(espace: Espace) -> Mesures:
    with reading(espace.engine) as conn:
        return measure(conn, espace.now(), [])


def samples(exposed: bytes) -> dict[str, float]:
    """Each sample as it is written, ``name{label="value"}``, with its value."""
    return {
        f"{s.name}{json.dumps(s.labels, sort_keys=True) if s.labels else ''}": s.value
        for family in text_string_to_metric_families(exposed.decode())
        for s in family.samples
    }


# -- figures ----------------------------------------------------------------------------------------------


def test_two_sheets_of_one_name_are_told_apart() -> None:
    one = FeuilleSuivie("a" * 64, "c", "petite", EtatFeuille.JEUNE, NOW, 9, 9, 1, 2, 0, "", None)
    other = replace(one, feuille="b" * 64, etat=EtatFeuille.ECARTE, ecarts=3)
    counts, etats = of_sheets([one, other, replace(one, feuille="c" * 64, nom="autre")])
    told = {(s.labels["feuille"], s.labels["objet"]): s.value for s in counts.samples}

    assert len(told) == 12
    assert (told["petite bbbbbbbbbbbb", "ecarts"], told["autre", "compiles"]) == (3, 9)
    assert {(s.labels["feuille"], s.labels["etat"]) for s in etats.samples} == {
        ("petite aaaaaaaaaaaa", "JEUNE"),
        ("petite bbbbbbbbbbbb", "ECARTE"),
        ("autre", "JEUNE"),
    }


def test_every_metric_that_is_declared_is_told_and_no_other() -> None:
    made = [
        *of_process(pret=True, base=True, coordonne=True, arrets=0, aptes=2, ecartes=0),
        *of_figures(SEEN, NOW),
        make("navette_mesure_secondes", []),
    ]
    names = {m.name + ("_total" if m.type == "counter" else "") for m in made}

    assert names == set(METRIQUES)


def test_the_oldest_that_waits_gives_the_age_of_its_queue() -> None:
    (age,) = next(m for m in of_figures(SEEN, NOW) if m.name == "navette_attente_age_secondes").samples

    assert (age.labels, age.value) == ({"appli": "AAA123", "etape": "EN_ATTENTE"}, 300.0)


def test_codes_past_the_fiftieth_are_counted_together_and_none_is_lost() -> None:
    many = [(f"R-{rank:03}", int(Severity.ERROR), 100 - rank) for rank in range(CODES + 10)]
    bound = bound_codes(many)

    assert len(bound) == CODES + 1
    assert bound[-1][0] == (AUTRES, "ERROR")
    assert sum(value for _, value in bound) == sum(n for *_, n in many)


def test_an_ordinary_lot_is_counted_by_outcome_and_nothing_is_lost(espace: Espace) -> None:
    seen = figures(espace)

    assert seen.flux == (("factures", "INTEGRE_PARTIEL", 1),)
    assert seen.factures == (("MISE_A_DISPOSITION", 2), ("NON_CONFORME", 1))
    assert {code for code, *_ in seen.constats} == {"EDI-MONTANT-01"}
    assert (seen.queues, seen.flux_perdus, seen.factures_perdues) == ((), 0, 0)


def test_how_long_a_lot_took_and_how_many_came_are_told(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        decision = select(flux_statut.c.le).where(flux_statut.c.apres == "INTEGRE_PARTIEL")
        decided = conn.execute(decision).scalar_one()
        conn.execute(update(emission).values(emis_le=decided + timedelta(seconds=30)))
        conn.execute(update(flux).values(recu_le=decided - timedelta(seconds=90)))
    seen = figures(espace)

    assert seen.delais == (Delai("DECISION", 90.0, 90.0), Delai("REPONSE", 30.0, 30.0))
    assert seen.recus == (1, 3)


def test_nothing_that_is_a_day_old_counts_among_the_durations(espace: Espace) -> None:
    with reading(espace.engine) as conn:
        seen = measure(conn, espace.now() + timedelta(hours=25), [])

    assert (seen.delais, seen.recus) == ((), (0, 0))


def test_findings_older_than_a_day_are_not_of_the_day(espace: Espace) -> None:
    with reading(espace.engine) as conn:
        later = measure(conn, espace.now() + timedelta(days=1, seconds=1), [])

    assert later.constats == ()


def test_a_flux_that_is_gone_and_an_invoice_that_is_not_counted_are_seen(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        received = receive_flux(conn, "1-AAA123", "AAA123", "a.xml", espace.now())
        conn.execute(update(flux).where(flux.c.id != received.id).values(acceptees=1))
        conn.execute(insert(flux_statut).values(flux_id=received.id, apres="RECU", le=espace.now()))
    seen = figures(espace)

    assert (seen.flux_perdus, seen.factures_perdues) == (1, 1)


def test_what_waits_is_counted_at_its_stage(espace: Espace) -> None:
    now = espace.now()
    with espace.engine.begin() as conn:
        for rank in (1, 2):
            receive_flux(conn, f"{rank}-AAA123", "AAA123", "a.xml", now - timedelta(hours=rank))
        conn.execute(update(emission).values(emis_le=None, cree_le=now))
        row = {"inode": 1, "taille": 1, "mtime_ns": 1, "change_le": now, "attend": "MOUVEMENT", "ticket": ""}
        conn.execute(insert(reception).values(appli="AAA123", nom="b.xml", vu_le=now, **row))
    stages = {(f.etape, f.nombre): now - f.depuis for f in figures(espace).queues}

    assert stages == {
        ("RECU", 2): timedelta(hours=2),
        ("EMISSION", 2): timedelta(),
        ("RECEPTION", 1): timedelta(),
    }


def test_alerts_that_were_told_and_rules_in_doubt_are_counted(espace: Espace) -> None:
    now = espace.now()
    alerte = Alerte("disque", "disque", Gravite.CRITIQUE, Acteur.EXPLOITANT, "x", "y", now, now, now)
    with espace.engine.begin() as conn:
        alertes.save(conn, alerte)  # seen, not told yet
        alertes.save(conn, replace(alerte, cle="canal", ouverte_le=now))
        disjoncteurs.trip(conn, Regle("edi", "EDI-TVA-01"), disjoncteurs.Mesure(9, 10, 3, 3), now)
    seen = figures(espace)

    assert (seen.alertes, seen.regles_en_doute) == ((("critique", 1), ("attention", 0)), 1)


def test_a_return_flow_that_is_still_being_filled_does_not_wait(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(update(emission).values(emis_le=None, pas_avant=espace.now() + timedelta(hours=1)))

    assert figures(espace).queues == ()


def test_a_scrape_does_not_wait_for_who_writes(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(delete(reception))  # the write lock is held: who asks for it gives up after a while
        seen = samples(make_sante(espace).expose())

    assert seen["navette_base_disponible"] == 1


def test_figures_serve_again_for_a_while(espace: Espace) -> None:
    sante = make_sante(espace)
    before = sante.expose()
    with espace.engine.begin() as conn:
        receive_flux(conn, "1-AAA123", "AAA123", "a.xml", espace.now())

    assert samples(sante.expose()) == samples(before)


# -- ready, or not ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("echauffement", "told"),
    [
        (None, "s'échauffe"),
        (Future(), "s'échauffe"),
        (warm(EngineFailed("arrêté")), "arrêté"),
    ],
)
def test_it_is_not_ready_before_a_sample_was_judged(
    espace: Espace, echauffement: Future[Any] | None, told: str
) -> None:
    (missing,) = replace(make_sante(espace), echauffement=echauffement).missing()

    assert told in missing


def test_it_is_ready_when_rules_are_warm_the_base_answers_and_the_spool_takes_files(espace: Espace) -> None:
    assert make_sante(espace).missing() == ()


def test_without_its_database_it_is_not_ready_and_still_tells_what_it_knows(
    espace: Espace, tmp_path: Path
) -> None:
    (tmp_path / "autre.db").write_bytes(b"ceci n'est pas une base de donnees\n" * 100)
    sante = replace(make_sante(espace), base=open_database("sqlite:///autre.db", tmp_path))
    seen = samples(sante.expose())

    assert sante.missing() == ("base : elle ne répond pas",)
    assert (seen["navette_base_disponible"], seen["navette_pret"]) == (0, 0)
    assert "navette_moteur_arrets_total" in seen


def spoil_aside(espace: Espace) -> None:
    aside = espace.spool.root / "store" / "aside"
    aside.rmdir()
    aside.write_bytes(b"")


def test_a_spool_that_takes_nothing_makes_it_not_ready(espace: Espace) -> None:
    spoil_aside(espace)
    (missing,) = make_sante(espace).missing()

    assert missing.startswith("spool : ")


def die() -> None:
    os._exit(3)


def test_a_worker_that_died_is_counted() -> None:
    with LocalWorkers(1) as engine:
        with pytest.raises(EngineFailed):
            engine.submit(die).result(60)

        assert engine.stopped == 1


# -- over HTTP --------------------------------------------------------------------------------------------


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


@contextmanager
def answering(sante: Sante) -> Iterator[int]:
    guichet = Guichet("127.0.0.1:0", sante)
    thread = threading.Thread(target=guichet.serve_forever)
    thread.start()
    try:
        yield guichet.server_address[1]
    finally:
        guichet.shutdown()
        guichet.server_close()
        thread.join()


def test_probes_are_answered_and_an_unknown_path_says_which_there_are(espace: Espace) -> None:
    with answering(make_sante(espace)) as port:
        assert ask(port, "/health/live") == (200, "vivant\n")
        assert ask(port, "/health/ready") == (200, "prêt\n")
        assert ask(port, "/metrics?x=1")[0] == 200
        assert ask(port, "/") == (404, "/health/live, /health/ready, /metrics\n")
        spoil_aside(espace)
        code, told = ask(port, "/health/ready")

    assert (code, told[:8]) == (503, "spool : ")


def test_callers_that_stay_silent_or_talk_nonsense_keep_nobody_from_an_answer(espace: Espace) -> None:
    with answering(make_sante(espace)) as port, ExitStack() as callers:
        for _ in range(20):
            callers.enter_context(socket.create_connection(("127.0.0.1", port)))
        callers.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(b"\x00\xff\r\n\r\n")
        callers.close()

        assert wait_for(lambda: is_answered(port))


def is_answered(port: int) -> bool:
    try:
        return ask(port, "/health/live") == (200, "vivant\n")
    except OSError:  # cut off, because there are too many at once
        return False


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def observe(espace: Espace, adresse: str) -> Espace:
    observation = espace.settings.observation.model_copy(update={"adresse": adresse})
    return replace(espace, settings=espace.settings.model_copy(update={"observation": observation}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(espace: Espace, port: int) -> Iterator[None]:
    """``edi serve`` in a process of its own: Saxon serves one thread in each."""
    environ = {**os.environ, "EDI_OBSERVATION__ADRESSE": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "edi", "serve"]
    with subprocess.Popen(command, cwd=espace.root, env=environ, stdout=subprocess.DEVNULL) as server:
        try:
            yield
        finally:
            server.terminate()


def test_a_server_answers_while_it_serves_is_ready_once_warm_and_falls_silent_at_its_end(
    espace: Espace,
) -> None:
    port = free_port()
    with serving(espace, port):
        ready = wait_for(lambda: is_answered(port) and ask(port, "/health/ready")[0] == 200)
        seen = samples(ask(port, "/metrics")[1].encode())

    assert ready
    told = (seen["navette_pret"], seen["navette_coordonne"], seen["navette_processus"])
    assert told == (1, 1, 1)
    assert not is_answered(port)


def test_a_server_without_its_rules_is_not_ready_and_becomes_so_once_they_are_mended(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e", bail=3)
    (espace.root / "regles").mkdir()
    (espace.root / "regles" / "packs.toml").write_text("ceci n'est pas du TOML")
    port = free_port()
    with serving(espace, port):
        assert wait_for(lambda: is_answered(port) and "échantillon" in ask(port, "/health/ready")[1])
        (espace.root / "regles" / "packs.toml").unlink()

        assert wait_for(lambda: ask(port, "/health/ready")[0] == 200)


def test_a_server_whose_address_is_taken_serves_all_the_same(espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 1, numero_flux=2, graine=2))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        app = App(observe(espace, f"127.0.0.1:{other.getsockname()[1]}"))
        (done,) = app.serve(threading.Event(), until_idle=True)

    assert (done.acceptees, app.sante) == (1, None)


def test_nothing_listens_by_default(espace: Espace) -> None:
    app = App(espace)
    app.serve(threading.Event(), until_idle=True)

    assert app.sante is None


# -- the dashboard and the page ---------------------------------------------------------------------------


def test_the_dashboard_shows_every_metric_and_names_none_that_is_not_there() -> None:
    board = json.loads(locate("config", "grafana", "navette.json").read_text(encoding="utf-8"))
    named = {name for panel in board["panels"] for t in panel["targets"] for name in named_in(t["expr"])}

    assert named == set(METRIQUES)


def test_the_page_for_operators_tells_every_metric() -> None:
    page = Path(__file__).parents[1] / "docs" / "exploitation" / "regarder-dedans.md"

    assert named_in(page.read_text(encoding="utf-8")) == set(METRIQUES)


def named_in(text: str) -> set[str]:
    return set(re.findall(r"navette_[a-z_]+", text))
