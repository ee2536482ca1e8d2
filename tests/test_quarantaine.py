"""What becomes of a quarantined deposit: taken up as it is after all, or left, with a reason."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from console import enter
from exploitants import acts, add_everybody, post, refused
from starlette.testclient import TestClient
from workspace import copy_espace, make_espace, type_edi

from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.inbound.ready import Stamp
from edi.model import Attente, Flux, FluxStatut, Reception
from edi.samples import LotSpec, make_lot
from edi.store import flux as flux_store
from edi.store import receptions
from edi.store.database import reading

LOT = make_lot(LotSpec("ubl", 2, numero_flux=1))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flux 1 was quarantined: its done file never came."""
    root = tmp_path_factory.mktemp("quarantaine") / "template"
    espace = make_espace(root)
    add_everybody(espace)
    path = espace.spool.inbox("AAA123") / LOT.nom
    path.write_bytes(LOT.data)
    stamp = Stamp(*espace.spool.listing("AAA123")[LOT.nom])
    at = espace.now()
    waited = Reception("AAA123", LOT.nom, *stamp, at, at, Attente.TEMOIN, at + timedelta(hours=1))
    ticket = "1000000000000000000-AAA123"
    with espace.engine.begin() as conn:
        receptions.save(conn, [waited])
        receptions.quarantine(conn, waited, ticket)
    assert espace.spool.take("AAA123", LOT.nom, ticket) is not None
    App(espace).run_once()
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def marie(espace: Espace) -> TestClient:
    return enter(espace, "marie")


def fluxes(espace: Espace) -> list[tuple[int, FluxStatut]]:
    with reading(espace.engine) as conn:
        found: tuple[Flux, ...] = flux_store.search(conn)[1]
    return sorted((one.id, one.statut) for one in found)


def test_a_quarantined_deposit_is_listed_with_what_it_waited_for(marie: TestClient) -> None:
    page = marie.get("/quarantaine").text

    assert LOT.nom in page
    assert "Témoin attendu" in page
    assert "Reprendre comme complet" in page


def test_taken_up_it_is_judged_as_complete_and_the_first_answer_stays(
    marie: TestClient, espace: Espace
) -> None:
    answer = post(marie, "/quarantaine/1/reprise", raison="le déposant confirme : le lot est entier")
    before = fluxes(espace)
    App(espace).run_once()
    page = marie.get("/quarantaine").text
    ((par, told),) = acts(espace, "quarantaine-reprise")

    assert (answer.status_code, answer.headers["location"]) == (303, "/flux/2?fait=repris")
    assert before == [(1, FluxStatut.IRRECEVABLE), (2, FluxStatut.RECU)]
    assert fluxes(espace) == [(1, FluxStatut.IRRECEVABLE), (2, FluxStatut.INTEGRE)]
    assert (par, json.loads(told)["nouveau"]) == ("marie", 2)
    assert 'href="/flux/2"' in page
    assert espace.spool.entries("quarantaine") == []
    assert audit(espace.engine, espace.spool, real_now(), complet=True).ecarts == ()


def test_a_word_that_was_cut_short_is_made_good_at_the_next_start(marie: TestClient, espace: Espace) -> None:
    post(marie, "/quarantaine/1/reprise", raison="confirmé")
    (entry,) = espace.spool.entries("incoming")
    shutil.rmtree(entry.path.parent)  # as if we had been killed before its bytes were put there
    App(espace).run_once()

    assert fluxes(espace) == [(1, FluxStatut.IRRECEVABLE), (2, FluxStatut.INTEGRE)]


def test_abandoned_it_is_kept_and_no_longer_to_be_dealt_with(marie: TestClient, espace: Espace) -> None:
    answer = post(marie, "/quarantaine/1/abandon", raison="essai de leur éditeur")
    page = marie.get("/quarantaine").text

    assert answer.status_code == 303
    assert "Abandonné le" in page
    assert "Reprendre comme complet" not in page
    assert [entry.nom for entry in espace.spool.entries("quarantaine")] == [LOT.nom]
    assert [par for par, _ in acts(espace, "quarantaine-abandonnee")] == ["marie"]


@pytest.mark.parametrize("first", ["reprise", "abandon"])
@pytest.mark.parametrize("second", ["reprise", "abandon"])
def test_what_becomes_of_it_is_said_once(marie: TestClient, espace: Espace, first: str, second: str) -> None:
    post(marie, f"/quarantaine/1/{first}", raison="vu")
    known = fluxes(espace)
    answer = post(marie, f"/quarantaine/1/{second}", raison="vu")

    assert (answer.status_code, fluxes(espace)) == (409, known)


def test_bytes_that_are_gone_are_not_taken_up(marie: TestClient, espace: Espace) -> None:
    (entry,) = espace.spool.entries("quarantaine")
    shutil.rmtree(entry.path.parent)
    answer = post(marie, "/quarantaine/1/reprise", raison="vu")

    assert answer.status_code == 409
    assert "ne sont plus en quarantaine" in answer.text
    assert fluxes(espace) == [(1, FluxStatut.IRRECEVABLE)]


def test_a_reason_is_needed_and_kept_in_the_form_no_longer_than_that(marie: TestClient) -> None:
    assert post(marie, "/quarantaine/1/reprise", raison=" ").status_code == 422
    assert post(marie, "/quarantaine/1/abandon", raison="").status_code == 422


def test_only_who_may_act_does_and_a_supplier_sees_nothing_of_it(espace: Espace) -> None:
    assert enter(espace, "ouest").get("/quarantaine").status_code == 403
    for act in ("reprise", "abandon"):
        told = dict(refused(espace, f"/quarantaine/1/{act}", "lise", "ouest", raison="vu"))
        assert told == {"lise": 403, "ouest": 403}
    assert "Reprendre comme complet" not in enter(espace, "lise").get("/quarantaine").text


def test_the_commands_do_the_same(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    (waiting,) = type_edi(capsys, "-e", espace.root, "quarantaine", "list", "--json").json
    done = type_edi(capsys, "-e", espace.root, "quarantaine", "reprend", "1", "--raison", "confirmé")
    again = type_edi(capsys, "-e", espace.root, "quarantaine", "abandonne", "1", "--raison", "vu")
    shown = type_edi(capsys, "-e", espace.root, "quarantaine", "list").out

    assert (waiting["attend"], waiting["issue"]) == ("TEMOIN", "")
    assert (done.code, done.out.startswith("Le flux n° 2 reprend le dépôt")) == (0, True)
    assert (again.code, "son sort est dit" in again.err) == (2, True)
    assert "flux n° 2" in shown


# -- a held flux is tried again at once ---------------------------------------------------------------------


@pytest.fixture
def held(tmp_path: Path) -> Espace:
    """Flux 1 waits: no annuaire was ever imported."""
    espace = make_espace(tmp_path / "held", annuaire=False)
    add_everybody(espace)
    (espace.spool.inbox("AAA123") / LOT.nom).write_bytes(LOT.data)
    App(espace).run_once()
    return espace


def test_a_held_flux_is_tried_again_from_its_page_with_a_reason(held: Espace) -> None:
    marie = enter(held, "marie")
    lacking = post(marie, "/flux/1/relance", raison="")
    done = post(marie, "/flux/1/relance", raison="annuaire importé")
    ((par, told),) = acts(held, "flux-relance")

    assert (lacking.status_code, done.status_code) == (422, 303)
    assert (par, json.loads(told)["raison"]) == ("marie", "annuaire importé")
    assert [entry.queue for entry in held.spool.entries("incoming")] == ["incoming"]


def test_only_who_may_act_tries_a_flux_again(held: Espace) -> None:
    assert set(dict(refused(held, "/flux/1/relance", "lise", "ouest", raison="vu")).values()) == {403}
    assert "Essayer de nouveau" not in enter(held, "ouest").get("/flux/1").text
