"""An undecided invoice judged by hand: two persons, their word, those very findings and nothing else."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from console import enter
from exploitants import acts, add_everybody, post, refused
from starlette.testclient import TestClient
from workspace import answers, copy_espace, deposit, later, make_espace, type_edi

from edi.app import App
from edi.audit import audit
from edi.engine import MOTEUR, EngineFailed
from edi.espace import Espace, open_espace, real_now
from edi.gestes import jugement_main as gestes
from edi.jugement_main import apply_words
from edi.model import (
    Deposant,
    Facture,
    FactureDeposee,
    FactureJugee,
    FactureStatut,
    FichierJuge,
    Finding,
    FluxStatut,
    Identifiant,
    LotJuge,
    Outcome,
    Partie,
    Politique,
    Regle,
    Severity,
)
from edi.model.gestes import GesteRefuse
from edi.model.jugements_main import ACCEPTEE, REJETEE, Indecise, JugementMain, doute_of
from edi.samples import LotSpec
from edi.samples.faults import REFORME
from edi.store import disjoncteurs, factures, jugements_main
from edi.store import flux as flux_store
from edi.store.database import reading
from edi.store.disjoncteurs import JUSTE, Mesure

SERVICE = Regle("edi", "EDI-SERVICE-02")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flux 1: two invoices accepted, the other refused by a rule that is doubted."""
    root = tmp_path_factory.mktemp("main") / "template"
    espace = make_espace(root)
    add_everybody(espace)
    with espace.engine.begin() as conn:
        disjoncteurs.trip(conn, SERVICE, Mesure(30, 40, 4, 3), espace.now())
    deposit(espace, LotSpec("ubl", 3, numero_flux=1, fautes={1: "service-inconnu"}))
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


def waiting(espace: Espace, number: int = 1) -> list[Indecise]:
    with reading(espace.engine) as conn:
        return jugements_main.undecided(conn, number)


def statut(espace: Espace) -> FluxStatut:
    with reading(espace.engine) as conn:
        return flux_store.get(conn, 1).statut


def decided(espace: Espace, numero: str) -> FactureDeposee:
    with reading(espace.engine) as conn:
        (one,) = [f for f in factures.of_flux(conn, 1) if f.numero == numero]
    return one


def propose(client: TestClient, espace: Espace, issue: str = ACCEPTEE, **form: str) -> Any:
    (one,) = waiting(espace)
    values = {"indecise": one.id, "issue": issue, "raison": "service ouvert hier", **form}
    return post(client, "/flux/1/jugements", **values)


# -- two persons --------------------------------------------------------------------------------------------


def test_what_waits_is_shown_with_what_holds_it(marie: TestClient, espace: Espace) -> None:
    (one,) = waiting(espace)
    page = marie.get("/flux/1").text

    assert [d.code for d in one.retiennent] == ["EDI-DISJONCTEUR-01"]
    assert one.numero in page
    assert "Proposer un jugement" in page
    assert statut(espace) is FluxStatut.EN_ATTENTE


def test_proposed_by_one_and_confirmed_by_another_it_is_accepted_at_the_next_pass(
    marie: TestClient, espace: Espace
) -> None:
    (one,) = waiting(espace)
    proposed = propose(marie, espace)
    vera = enter(espace, "vera")
    shown = vera.get("/jugements").text
    answered = post(vera, "/jugements/1/reponse", confirme="oui", raison="vu l'arrêté")
    App(espace).run_once()
    facture = decided(espace, one.numero)
    page = marie.get(f"/factures/{facture.id}").text

    assert (proposed.status_code, answered.status_code) == (303, 303)
    assert "service ouvert hier" in shown
    assert (statut(espace), facture.statut) == (FluxStatut.INTEGRE, FactureStatut.MISE_A_DISPOSITION)
    assert waiting(espace) == []
    assert "Jugée à la main, acceptée malgré EDI-DISJONCTEUR-01" in page
    assert [par for par, _ in acts(espace, "jugement-propose")] == ["marie"]
    ((par, told),) = acts(espace, "jugement-confirme")
    assert (par, json.loads(told)["propose_par"]) == ("vera", "marie")
    assert audit(espace.engine, espace.spool, real_now(), complet=True).ecarts == ()


def test_rejected_by_hand_it_bears_the_motif_and_the_deposant_reads_why(
    marie: TestClient, espace: Espace
) -> None:
    (one,) = waiting(espace)
    propose(marie, espace, REJETEE, motif="REJ_SEMAN", raison="service fermé depuis 2024")
    post(enter(espace, "vera"), "/jugements/1/reponse", confirme="oui", raison="d'accord")
    App(espace).run_once()
    facture = decided(espace, one.numero)
    with reading(espace.engine) as conn:
        told = factures.findings_of_factures(conn, [facture.id])[facture.id]
    found = [f for f in told if f.severity >= Severity.ERROR]
    report = b"".join(answers(espace).values()).decode()

    assert (statut(espace), facture.statut) == (FluxStatut.INTEGRE_PARTIEL, FactureStatut.NON_CONFORME)
    assert [f.motif for f in found] == ["REJ_SEMAN"]
    assert "service fermé depuis 2024" in report


@pytest.mark.parametrize("login", ["vera", "anne"])
def test_nobody_confirms_what_it_has_proposed_itself(espace: Espace, login: str) -> None:
    client = enter(espace, login)
    propose(client, espace)
    answer = post(client, "/jugements/1/reponse", confirme="oui", raison="moi aussi")

    assert answer.status_code == 409
    assert "se fait à deux" in answer.text
    assert [said.confirme for said in said_of(espace)] == [None]


def said_of(espace: Espace) -> list[JugementMain]:
    with reading(espace.engine) as conn:
        return jugements_main.of_flux(conn, 1)


def test_the_same_login_in_other_letters_is_the_same_person(espace: Espace) -> None:
    (one,) = waiting(espace)
    said = gestes.propose(espace, one.id, ACCEPTEE, "", "vu", "Vera")

    with pytest.raises(GesteRefuse, match="se fait à deux"):
        gestes.answer(espace, said.id, True, "vu", "vera")


def test_refused_it_goes_on_waiting_and_may_be_proposed_again(marie: TestClient, espace: Espace) -> None:
    propose(marie, espace)
    post(enter(espace, "vera"), "/jugements/1/reponse", confirme="non", raison="pas de preuve")
    App(later(espace, 2)).run_once()
    again = propose(marie, espace)

    assert (statut(espace), again.status_code) == (FluxStatut.EN_ATTENTE, 303)
    assert [said.confirme for said in said_of(espace)] == [False, None]


def test_who_has_proposed_takes_it_back_and_nobody_else_does(marie: TestClient, espace: Espace) -> None:
    propose(marie, espace)
    other = post(enter(espace, "vera"), "/jugements/1/retrait", raison="vu").status_code
    own = post(marie, "/jugements/1/retrait", raison="erreur de facture").status_code

    assert (other, own) == (409, 303)
    assert [par for par, _ in acts(espace, "jugement-retire")] == ["marie"]


def test_one_proposal_at_a_time(marie: TestClient, espace: Espace) -> None:
    propose(marie, espace)
    second = propose(enter(espace, "vera"), espace, REJETEE, motif="REJ_SEMAN")

    assert second.status_code == 409
    assert "attend déjà" in second.text


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"raison": " "}, 422),
        ({"issue": "bof"}, 409),
        ({"issue": REJETEE, "motif": ""}, 409),
        ({"issue": REJETEE, "motif": "MAUVAISE_HUMEUR"}, 409),
        ({"indecise": "99"}, 404),
    ],
)
def test_what_is_no_judgement_is_refused(
    marie: TestClient, espace: Espace, form: dict[str, str], code: int
) -> None:
    assert propose(marie, espace, **form).status_code == code
    assert said_of(espace) == []


def test_a_proposal_lapses_when_its_flux_is_decided_otherwise(marie: TestClient, espace: Espace) -> None:
    propose(marie, espace)
    with espace.engine.begin() as conn:
        (one,) = disjoncteurs.open_ones(conn)
        disjoncteurs.give_opinion(conn, one, JUSTE, "anne", espace.now(), "relue")
    App(later(espace, 2)).run_once()
    vera = enter(espace, "vera")
    answer = post(vera, "/jugements/1/reponse", confirme="oui", raison="vu")

    assert statut(espace) is FluxStatut.INTEGRE_PARTIEL
    assert "Aucun jugement à confirmer" in vera.get("/jugements").text
    assert (answer.status_code, "caduc" in answer.text) == (409, True)


def test_roles_and_suppliers_are_refused(marie: TestClient, espace: Espace) -> None:
    (one,) = waiting(espace)
    form = {"indecise": one.id, "issue": ACCEPTEE, "raison": "vu"}
    proposing = dict(refused(espace, "/flux/1/jugements", "lise", "ouest", "armor", **form))
    propose(marie, espace)
    reply = {"confirme": "oui", "raison": "vu"}
    answering = dict(refused(espace, "/jugements/1/reponse", "lise", "marie", "ouest", **reply))

    assert set(proposing.values()) == set(answering.values()) == {403}
    assert enter(espace, "ouest").get("/jugements").status_code == 403
    assert "Ce qui attend" not in enter(espace, "ouest").get("/flux/1").text
    assert "Proposer un jugement" not in enter(espace, "lise").get("/flux/1").text


def test_the_commands_do_the_same(
    espace: Espace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def edi(*words: str) -> Any:
        return type_edi(capsys, "-e", espace.root, "jugement", *words)

    monkeypatch.setenv("LOGNAME", "marie")
    (one,) = edi("list", "--flux", "1", "--json").json
    neither = edi("propose", str(one["id"]), "--raison", "vu")
    done = edi("propose", str(one["id"]), "--acceptee", "--raison", "vu")
    own = edi("confirme", "1", "--raison", "vu")
    monkeypatch.setenv("LOGNAME", "vera")
    listed = edi("list").out
    confirmed = edi("confirme", "1", "--raison", "vu aussi")

    assert (neither.code, done.code, own.code, confirmed.code) == (2, 0, 2, 0)
    assert "se fait à deux" in own.err
    assert one["numero"] in listed
    assert "le flux n° 1 est jugé au prochain passage" in confirmed.out


def test_a_verdict_that_is_given_again_says_who_judged_it_by_hand(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = waiting(espace)
    said = gestes.propose(espace, one.id, ACCEPTEE, "", "service ouvert", "marie")
    gestes.answer(espace, said.id, True, "vu", "vera")
    App(espace).run_once()
    line = (
        f"À la main : {one.numero} acceptée, sans ce que dit EDI-DISJONCTEUR-01 ; proposé par marie "
        "(service ouvert), confirmé par vera (vu)."
    )

    assert line in type_edi(capsys, "-e", espace.root, "flux", "show", "1").out
    assert line in type_edi(capsys, "-e", espace.root, "flux", "show", "1", "--pourquoi").out


# -- a document that could not be controlled ----------------------------------------------------------------


class Breaks:
    """An engine on which one document fails, and that says so."""

    window = 1
    stopped = 0

    def close(self) -> None:
        """Nothing was started."""

    def submit(self, function: object, /, *args: object, **kwargs: object) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(EngineFailed("le délai est passé"))
        return future


def test_a_file_that_nobody_could_read_is_rejected_by_hand_and_never_accepted(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "moteur")
    add_everybody(espace)
    deposit(espace, LotSpec(REFORME, 1, numero_flux=1))

    def run(hours: int = 0) -> None:
        app = App(later(espace, hours))
        app.pipeline = replace(app.pipeline, engine=Breaks())
        app.run_once()

    run()
    (one,) = waiting(espace)
    with pytest.raises(GesteRefuse, match="pas accepté"):
        gestes.propose(espace, one.id, ACCEPTEE, "", "vu", "marie")
    said = gestes.propose(espace, one.id, REJETEE, "REJ_SEMAN", "document démesuré", "marie")
    gestes.answer(espace, said.id, True, "vu", "vera")
    run(1)

    assert ([d.code for d in one.doutes], one.rang) == ([MOTEUR.code], 0)
    assert statut(espace) is FluxStatut.IRRECEVABLE
    assert "document démesuré" in b"".join(answers(espace).values()).decode()


# -- what a word ends, and what it does not -----------------------------------------------------------------

AT = datetime(2026, 11, 20, tzinfo=UTC)
SELLER = Partie(Identifiant("1", "00031001100010"))


def make(numero: str, *findings: Finding, rang: int = 1) -> FactureJugee:
    facture = Facture(rang, numero, "380", "A1", AT.date(), "EUR", SELLER, SELLER)
    return FactureJugee(facture, findings)


def hold(code: str = "EDI-REGLES-01", location: str = "/Invoice", value: str = "BR-04") -> Finding:
    return Finding(code, Severity.HOLD, "attend", location=location, value=value, source="en16931-ubl 1")


def word(*findings: Finding, issue: str = ACCEPTEE, fichier: str = "f.xml", rang: int = 1) -> JugementMain:
    doutes = tuple(doute_of(f) for f in findings)
    said = ("REJ_SEMAN" if issue == REJETEE else "", "vu", "marie", AT, True, "vera", AT, "vu")
    return JugementMain(1, 1, fichier, rang, "F1", "0" * 64, doutes, issue, *said)


def outcomes(lot: LotJuge, *words: JugementMain, politique: str = "par_facture") -> list[Outcome]:
    said = {(one.fichier, one.rang): one for one in words}
    after = apply_words(lot, said, Politique(), Deposant("AAA123", politique=politique))
    return [one.verdict.outcome for one in after.factures]


ERROR = Finding("BR-02", Severity.ERROR, "faux")


@pytest.mark.parametrize(
    ("findings", "said", "outcome"),
    [
        ((hold(),), word(hold()), Outcome.ACCEPTED),
        ((hold(),), word(hold(), issue=REJETEE), Outcome.REJECTED),
        ((hold(), ERROR), word(hold()), Outcome.REJECTED),  # all other rules judge as ever
        ((hold(), hold(location="/Invoice/cbc:ID")), word(hold()), Outcome.UNDECIDED),
        ((hold(location="/Invoice/cbc:ID"),), word(hold()), Outcome.UNDECIDED),
        ((hold(value="BR-05"),), word(hold()), Outcome.UNDECIDED),
        ((hold("EDI-ANTIVIRUS-02"),), word(hold()), Outcome.UNDECIDED),
        ((hold(),), word(hold(), fichier="autre.xml"), Outcome.UNDECIDED),
        ((hold(),), word(hold(), rang=2), Outcome.UNDECIDED),
        ((ERROR,), word(ERROR), Outcome.REJECTED),  # a word never ends what rejects
        ((), word(hold(), issue=REJETEE), Outcome.ACCEPTED),  # nor rejects what does not wait
    ],
)
def test_a_word_ends_the_waits_that_it_was_given_for_and_nothing_else(
    findings: tuple[Finding, ...], said: JugementMain, outcome: Outcome
) -> None:
    lot = LotJuge(fichiers=(FichierJuge("f.xml", factures=(make("F1", *findings),)),))

    assert outcomes(lot, said) == [outcome]


def test_an_invoice_that_is_twice_in_its_lot_is_not_accepted_twice_by_hand() -> None:
    twice = make("F1", hold()), make("F1", rang=2)
    lot = LotJuge(fichiers=(FichierJuge("f.xml", factures=twice),))

    assert outcomes(lot, word(hold())) == [Outcome.UNDECIDED, Outcome.ACCEPTED]


def test_all_or_nothing_is_asked_again_after_a_word() -> None:
    others = Finding("EDI-LOT-01", Severity.ERROR, "le lot est refusé")
    lot = LotJuge(fichiers=(FichierJuge("f.xml", factures=(make("F1", hold()), make("F2", others, rang=2))),))

    accepted = outcomes(lot, word(hold()), politique="tout_ou_rien")
    rejected = outcomes(lot, word(hold(), issue=REJETEE), politique="tout_ou_rien")

    assert accepted == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert rejected == [Outcome.REJECTED, Outcome.REJECTED]


@pytest.mark.parametrize(
    ("code", "may"),
    [
        ("EDI-REGLES-01", True),
        ("EDI-DISJONCTEUR-01", True),
        ("EDI-MOTEUR-01", True),
        ("EDI-ANTIVIRUS-02", False),
        ("EDI-ANNUAIRE-01", False),
    ],
)
def test_what_an_antivirus_or_the_registry_will_say_is_never_said_by_hand(code: str, may: bool) -> None:
    one = Indecise(1, "f.xml", 1, "F1", "x", "0" * 64, (doute_of(hold()), doute_of(hold(code))))

    assert one.jugeable is may
