"""``statut/<flux>.json``: how a flux stands, replaced at each change, derived from the database alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select
from workspace import answers, deposit, import_annuaire, later, make_espace, type_edi

from edi.app import App
from edi.catalogue import CARDS
from edi.espace import Espace
from edi.lifecycle.advance import Change, advance_factures
from edi.model import FactureStatut, Finding, FluxStatut, Severity
from edi.outbound import suites
from edi.outbound.suivi import tell_changes
from edi.samples import LotSpec
from edi.store import suivis
from edi.store.tables import metadata

LOT = LotSpec("ubl", 3, numero_flux=1, fautes=("service-inconnu",))
IDFLUX = "AAA1231100000000000000001"


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


def told(espace: Espace, nom: str = f"{IDFLUX}.json") -> dict[str, Any]:
    data: dict[str, Any] = json.loads((espace.spool.statut("AAA123") / nom).read_bytes())
    return data


def tell(espace: Espace) -> int:
    return tell_changes(espace.engine, espace.spool, ["AAA123"], espace.settings.fuseau)


def files(espace: Espace) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in espace.spool.statut("AAA123").iterdir() if p.suffix == ".json"}


def test_a_decided_flux_tells_the_lot_each_invoice_and_who_acts_next(espace: Espace) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    data = told(espace)
    (rejetee,) = [facture for facture in data["factures"] if facture["statut"] == "NON_CONFORME"]

    assert data["statut"] == "INTEGRE_PARTIEL"
    assert data["definitif"]
    assert data["totaux"] == {"recues": 3, "acceptees": 2, "rejetees": 1, "en_attente": 0}
    assert data["suite"]["acteur"] == "l'émetteur"
    assert (rejetee["etape"], rejetee["motif"]) == ("registre", "REJ_CONT_B2G")
    assert rejetee["suite"]["acteur"] == "l'émetteur"
    assert rejetee["constats"][0]["code"] == "EDI-SERVICE-02"
    assert all(reponse["emise_le"] for reponse in data["reponses"])


def test_a_held_flux_tells_that_it_waits_then_what_became_of_it(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", annuaire=False)
    deposit(espace, LOT)
    App(espace).run_once()
    held = told(espace)
    import_annuaire(espace)
    App(later(espace, 2)).run_once()

    assert held["statut"] == "EN_ATTENTE"
    assert not held["definitif"]
    assert held["totaux"] == {"recues": 3, "acceptees": 0, "rejetees": 0, "en_attente": 3}
    assert held["attente"]["prochain_essai"]
    assert told(espace)["statut"] == "INTEGRE_PARTIEL"


def test_nothing_is_written_while_nothing_changes_and_all_of_it_can_be_written_again(espace: Espace) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    before = files(espace)
    again = tell(espace)
    for path in espace.spool.statut("AAA123").glob("*.json"):
        path.unlink()
    with espace.engine.begin() as conn:
        suivis.forget_told(conn)
    rewritten = tell(espace)

    assert (again, rewritten) == (0, 1)
    assert files(espace) == before


def test_a_statut_that_comes_from_the_destinataire_is_told_at_the_next_pass(espace: Espace) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    facture = metadata.tables["facture"]
    with espace.engine.begin() as conn:
        accepted = facture.c.statut == FactureStatut.MISE_A_DISPOSITION.name
        one = conn.execute(select(facture.c.id).where(accepted).limit(1)).scalar_one()
        change = Change(one, FactureStatut.MISE_A_DISPOSITION, FactureStatut.SUSPENDUE)
        advance_factures(conn, [change], espace.now())
    App(espace).run_once()
    (suspendue,) = [f for f in told(espace)["factures"] if f["statut"] == "SUSPENDUE"]

    assert suspendue["etape"] == "destinataire"
    assert suspendue["suite"] == {
        "acteur": "l'émetteur",
        "action": "compléter la facture : pièce jointe ou commentaire demandés",
    }


def test_a_second_delivery_under_a_taken_id_does_not_hide_the_accepted_one(espace: Espace) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    deposit(espace, LotSpec("ubl", 1, numero_flux=1, graine=5))  # other bytes
    App(espace).run_once()
    data = told(espace)

    assert data["statut"] == "INTEGRE_PARTIEL"
    assert [one["statut"] for one in data["livraisons"]] == ["INTEGRE_PARTIEL", "IRRECEVABLE"]
    assert data["livraisons"][1]["constats"][0]["code"] == "EDI-ENV-07"


def test_a_flux_whose_name_bears_no_id_has_a_file_under_its_number(espace: Espace) -> None:
    deposit(espace, LOT, "facture.xml")
    App(espace).run_once()

    assert told(espace, "flux-1.json")["nom"] == "facture.xml"


def test_a_folder_that_is_missing_keeps_nobody_waiting(espace: Espace) -> None:
    deposit(espace, LOT)
    folder = espace.spool.statut("AAA123")
    folder.rename(folder.with_name("away"))
    App(espace).run_once()
    folder.with_name("away").rename(folder)
    told_later = tell(espace)

    assert told_later == 1
    assert told(espace)["statut"] == "INTEGRE_PARTIEL"


# -- who says it, at which stage, what next ---------------------------------------------------------------


@pytest.mark.parametrize("statut", FactureStatut)
def test_every_statut_of_an_invoice_says_who_and_what_next(statut: FactureStatut) -> None:
    suite = suites.suite_facture(statut)

    assert all(suite)


@pytest.mark.parametrize("statut", FluxStatut)
def test_every_statut_of_a_flux_says_who_acts_next(statut: FluxStatut) -> None:
    assert all(suites._FLUX[statut])


STAGES = {
    "EDI-ENV-07": "transport",
    "EDI-XSD-01": "format",
    "EDI-MONTANT-01": "règles",
    "BR-FR-09": "règles",
    "EDI-MANDAT-03": "registre",
}


@pytest.mark.parametrize("code", STAGES)
def test_a_code_tells_the_stage_it_is_said_at(code: str) -> None:
    found = Finding(code, Severity.ERROR, "")

    assert suites.suite_facture(FactureStatut.NON_CONFORME, [found]).etape == STAGES[code]


def test_the_subjects_that_have_a_stage_are_subjects_of_codes() -> None:
    subjects = {card.code.split("-")[1] for card in CARDS}

    assert set(suites.ETAPES) <= subjects


def test_a_doublon_asks_for_another_next_step_than_other_rejections() -> None:
    doublon = Finding("EDI-DOUBLON-01", Severity.ERROR, "", motif="DOUBLON")

    assert "l'originale reste valable" in suites.suite_facture(FactureStatut.NON_CONFORME, [doublon]).action
    close = replace(doublon, code="EDI-DOUBLON-03")  # its destinataire rejected the original
    assert "un nouveau numéro" in suites.suite_facture(FactureStatut.NON_CONFORME, [close]).action


# -- the same words in return flows and on screens --------------------------------------------------------


def test_return_flows_and_screens_say_the_same_of_a_rejected_invoice(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    (rejetee,) = [f for f in told(espace)["factures"] if f["statut"] == "NON_CONFORME"]
    said = suites.say(
        suites.Suite(
            rejetee["dit_par"], rejetee["etape"], rejetee["suite"]["acteur"], rejetee["suite"]["action"]
        )
    )
    (fiche,) = type_edi(capsys, "-e", espace.root, "facture", "show", rejetee["numero"], "--json").json
    cycle_de_vie = next(data for nom, data in answers(espace).items() if nom.startswith("FEN"))

    assert said.encode() in cycle_de_vie
    assert {key: fiche[key] for key in ("dit_par", "etape", "suite", "motif")} == {
        key: rejetee[key] for key in ("dit_par", "etape", "suite", "motif")
    }


def test_every_comment_of_a_return_flow_says_who_and_what_next(espace: Espace) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    comments = [
        element.text or ""
        for data in answers(espace).values()
        for element in etree.fromstring(data).iter("Commentaire")
    ]

    assert len(comments) == 6  # one for the flux; two statuts for each accepted invoice, one for the other
    assert all("Dit par la plateforme (étape : " in comment for comment in comments)
    assert all("Suite" in comment for comment in comments)


def test_flux_show_tells_who_acts_next(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    shown = type_edi(capsys, "-e", espace.root, "flux", "show", IDFLUX).out

    assert "Dit par la plateforme (étape : registre). Suite, par l'émetteur" in shown


def test_a_flux_that_another_living_process_is_telling_is_left_to_it(espace: Espace) -> None:
    deposit(espace, LOT)
    App(espace).run_once()
    table = metadata.tables["processus"]
    other = {"id": "autre", "machine": "m", "pid": 1, "depuis": espace.now(), "vu_le": espace.now()}
    with espace.engine.begin() as conn:
        suivis.forget_told(conn)
        conn.execute(table.insert().values(other))
        suivis.claim(conn, 1, "autre")
    meanwhile = tell(espace)
    with espace.engine.begin() as conn:
        conn.execute(table.delete())  # it is gone

    assert (meanwhile, tell(espace)) == (0, 1)
