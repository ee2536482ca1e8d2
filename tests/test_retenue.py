"""What an operator holds waits until an instant, is told truly meanwhile, and goes on by itself."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from console import enter
from exploitants import acts, add_everybody, post, refused
from starlette.testclient import TestClient
from workspace import answers, copy_espace, deposit, import_annuaire, later, make_espace, type_edi

from edi.alertes.tableau import deadline_of
from edi.app import App
from edi.assemblage import make_veille
from edi.espace import Espace, open_espace, real_now
from edi.gestes import retenue as gestes
from edi.lifecycle.claims import claim_flux
from edi.model import TOUT, Flux, FluxStatut
from edi.model.gestes import GesteRefuse
from edi.samples import LotSpec
from edi.store import comptes, retenues
from edi.store import flux as flux_store
from edi.store.database import reading

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("retenue") / "template"
    espace = make_espace(root)
    add_everybody(espace)
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def marie(espace: Espace) -> TestClient:
    return enter(espace, "marie")


def fluxes(espace: Espace) -> list[Flux]:
    with reading(espace.engine) as conn:
        return sorted(flux_store.search(conn)[1], key=lambda one: one.id)


def statuts(espace: Espace) -> list[FluxStatut]:
    return [one.statut for one in fluxes(espace)]


def told(espace: Espace, flux: Flux) -> Any:
    """What the déposant reads of a flux."""
    return json.loads((espace.spool.statut(flux.appli) / f"{flux.idflux}.json").read_text("utf-8"))


def test_all_that_a_held_deposant_deposits_waits_and_goes_on_by_itself_at_the_end(espace: Espace) -> None:
    gestes.hold_deposant(espace, "AAA123", "leur éditeur corrige", 4 * HOUR, "marie")
    deposit(espace, LotSpec("ubl", 1, numero_flux=1))
    deposit(espace, LotSpec("ubl", 1, numero_flux=1, appli="BBB456", graine=2))
    App(espace).run_once()
    (held,) = [one for one in fluxes(espace) if one.appli == "AAA123"]
    (other,) = [one for one in fluxes(espace) if one.appli == "BBB456"]
    App(later(espace, 3)).run_once()
    still = flux_statut(espace, held.id)
    App(later(espace, 4)).run_once()

    assert (held.statut, held.tentatives) == (FluxStatut.EN_ATTENTE, 0)
    assert held.incident == "Retenu par l'exploitant jusqu'au 20/11/2026 à 13:00."
    assert other.statut is FluxStatut.INTEGRE
    assert (still, flux_statut(espace, held.id)) == (FluxStatut.EN_ATTENTE, FluxStatut.INTEGRE)
    assert len(answers(espace)) == 2


def flux_statut(espace: Espace, number: int) -> FluxStatut:
    with reading(espace.engine) as conn:
        return flux_store.get(conn, number).statut


def test_a_deposant_reads_that_its_flux_is_held_until_when_and_not_why(espace: Espace) -> None:
    gestes.hold_deposant(espace, "AAA123", "soupçon de fraude", 4 * HOUR, "marie")
    deposit(espace, LotSpec("ubl", 1, numero_flux=1))
    App(espace).run_once()
    read = told(espace, fluxes(espace)[0])
    page = enter(espace, "ouest").get("/flux/1").text

    assert read["statut"] == "EN_ATTENTE"
    assert read["attente"] == {
        "raison": "Retenu par l'exploitant jusqu'au 20/11/2026 à 13:00.",
        "prochain_essai": "2026-11-20T13:00:00+01:00",
    }
    assert read["suite"]["acteur"] == "l'exploitant de la plateforme"
    assert "soupçon" not in json.dumps(read, ensure_ascii=False) + page
    assert "Retenu par l" in page


def test_what_was_received_before_goes_on(espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 1, numero_flux=1))
    app = App(espace)
    app.collect()
    app.collect()
    gestes.hold_deposant(later(espace, 1), "AAA123", "vu", HOUR, "marie")
    app.run_once()

    assert statuts(espace) == [FluxStatut.INTEGRE]


@pytest.fixture
def waiting(tmp_path: Path) -> Espace:
    """Flux 1 waits: no annuaire was ever imported."""
    espace = make_espace(tmp_path / "waiting", annuaire=False)
    add_everybody(espace)
    deposit(espace, LotSpec("ubl", 1, numero_flux=1))
    App(espace).run_once()
    return espace


def test_one_flux_that_waits_is_held_and_is_not_tried_whatever_wakes_the_others(waiting: Espace) -> None:
    answer = post(enter(waiting, "marie"), "/flux/1/retenue", heures="4", raison="à relire")
    import_annuaire(waiting)  # wakes all that waits
    App(waiting).run_once()
    (held,) = fluxes(waiting)
    page = enter(waiting, "marie").get("/flux/1").text
    App(later(waiting, 4)).run_once()
    ((par, said),) = acts(waiting, "flux-retenu")

    assert answer.status_code == 303
    assert (held.statut, held.incident[:6]) == (FluxStatut.EN_ATTENTE, "Retenu")
    assert "à relire" in page
    assert statuts(waiting) == [FluxStatut.INTEGRE]
    assert (par, json.loads(said)["raison"]) == ("marie", "à relire")


def test_released_it_is_judged_at_the_next_pass(waiting: Espace) -> None:
    marie = enter(waiting, "marie")
    post(marie, "/flux/1/retenue", heures="4", raison="à relire")
    import_annuaire(waiting)
    refusal = post(marie, "/flux/1/relance", raison="vite")
    answer = post(marie, "/retenues/1/levee", raison="relu")
    App(waiting).run_once()

    assert (refusal.status_code, "levez d&#39;abord la retenue" in refusal.text) == (409, True)
    assert answer.headers["location"] == "/retenues?fait=levee"
    assert statuts(waiting) == [FluxStatut.INTEGRE]
    assert [par for par, _ in acts(waiting, "retenue-levee")] == ["marie"]
    assert "levée par marie" in marie.get("/retenues").text


def test_a_flux_that_is_being_judged_or_is_decided_is_not_held(waiting: Espace) -> None:
    (flux,) = fluxes(waiting)
    app = App(waiting)
    with app.presence.at_work(real_now):
        with waiting.engine.begin() as conn:
            assert claim_flux(conn, flux.id, app.name) is not None
        with pytest.raises(GesteRefuse, match="plus temps de le retenir"):
            gestes.hold_flux(waiting, flux, "vu", HOUR, "marie")
    import_annuaire(waiting)
    App(waiting).run_once()
    with pytest.raises(GesteRefuse, match="plus temps de le retenir"):
        gestes.hold_flux(waiting, fluxes(waiting)[0], "vu", HOUR, "marie")

    with reading(waiting.engine) as conn:
        assert retenues.current(conn, TOUT, waiting.now()) == []


@pytest.mark.parametrize("heures", ["0", "-1", "169"])
def test_a_hold_always_has_an_end(waiting: Espace, heures: str) -> None:
    marie = enter(waiting, "marie")
    codes = [
        post(marie, "/flux/1/retenue", heures=heures, raison="vu").status_code,
        post(marie, "/retenues", deposant="AAA123", heures=heures, raison="vu").status_code,
    ]

    assert codes == [409, 409]
    assert "Rien n'est retenu" in marie.get("/retenues").text


def test_what_is_held_is_not_held_twice_and_a_reason_is_needed(waiting: Espace) -> None:
    marie = enter(waiting, "marie")
    first = [
        post(marie, "/flux/1/retenue", heures="4", raison="vu").status_code,
        post(marie, "/retenues", deposant="AAA123", heures="4", raison="vu").status_code,
    ]
    again = [
        post(marie, "/flux/1/retenue", heures="4", raison="vu").status_code,
        post(marie, "/retenues", deposant="AAA123", heures="4", raison="vu").status_code,
        post(marie, "/retenues", deposant="ZZZ999", heures="4", raison="vu").status_code,
        post(marie, "/retenues/99/levee", raison="vu").status_code,
    ]
    lacking = [
        post(marie, "/flux/1/retenue", heures="4", raison="").status_code,
        post(marie, "/retenues", deposant="BBB456", heures="4", raison="").status_code,
        post(marie, "/retenues/1/levee", raison="").status_code,
    ]

    assert (first, again, lacking) == ([303] * 2, [409] * 4, [422] * 3)


def test_only_who_may_act_holds_and_releases(waiting: Espace) -> None:
    gestes.hold_deposant(waiting, "AAA123", "vu", HOUR, "marie")
    for path in ("/flux/1/retenue", "/retenues", "/retenues/1/levee"):
        codes = dict(refused(waiting, path, "lise", "ouest", heures="4", raison="vu", deposant="BBB456"))
        assert (path, codes) == (path, {"lise": 403, "ouest": 403})
    assert enter(waiting, "ouest").get("/retenues").status_code == 403
    assert "Retenir ses dépôts" not in enter(waiting, "lise").get("/retenues").text


def test_the_commands_do_the_same_and_the_queue_says_it(
    waiting: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    def edi(*words: str) -> Any:
        return type_edi(capsys, "-e", waiting.root, *words)

    one = edi("retenue", "pose", "1", "--heures", "2", "--raison", "à relire")
    whole = edi("retenue", "pose", "aaa123", "--heures", "4", "--raison", "leur éditeur")
    queue = edi("queue").out
    listed = edi("retenue", "list", "--json").json
    ended = edi("retenue", "leve", "1", "--raison", "relu")
    lacking = edi("retenue", "leve", "2")

    assert whole.out.startswith("Les nouveaux dépôts de AAA123 sont retenus jusqu'au 20/11/2026 à 13:00")
    assert one.out.startswith("Le flux n° 1 est retenu jusqu'au 20/11/2026 à 11:00")
    assert "AAA123, flux n° 1 (à relire)" in queue
    assert [(o["flux_id"], o["raison"]) for o in listed] == [(1, "à relire"), (None, "leur éditeur")]
    assert ended.out == "Retenue n° 1 levée : 1 flux sera jugé au prochain passage.\n"
    assert (lacking.code, "dites pourquoi" in lacking.err) == (2, True)


def test_nobody_is_told_that_what_is_held_on_purpose_waits(waiting: Espace) -> None:
    def told(hours: int) -> list[str]:
        veille = make_veille(waiting)
        at = waiting.now() + timedelta(hours=hours)
        looked = [at, at + timedelta(minutes=3)]
        found = []
        for instant in looked:
            veille.now = lambda instant=instant: instant  # type: ignore[misc]
            found += [one.alerte.regle for one in veille.look()]
        return [regle for regle in found if regle != "disque"]

    gestes.hold_flux(waiting, fluxes(waiting)[0], "vu", timedelta(days=3), "marie")
    during = told(48)
    with reading(waiting.engine) as conn:
        held = comptes.waiting(conn)

    assert "indecises" not in during
    assert [deadline_of(one) for one in held] == [waiting.now() + timedelta(days=4)]
