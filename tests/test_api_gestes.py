"""What programs do through the API: the acts of the pages, each by its right, with its reason."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from api import API, as_program, make_full_espace, make_token
from console import add_user, enter, make_client
from exploitants import acts
from fastapi.routing import APIRoute
from nuits import add_settings
from starlette.testclient import TestClient
from test_rejeu import open_service
from workspace import copy_espace, deposit, later, make_espace

from edi.app import App
from edi.console.api.application import ROUTERS
from edi.espace import Espace, open_espace
from edi.model import Acteur, Alerte, FluxStatut, Gravite, Regle, Role
from edi.samples import LotSpec, make_lot
from edi.store import alertes, disjoncteurs
from edi.store import flux as flux_store
from edi.store.database import reading
from edi.store.disjoncteurs import Mesure

SERVICE = Regle("edi", "EDI-SERVICE-02")
STRUCTURE = "12345678200028"
NUIT = '[[nuit]]\nnom = "nuit"\ndebut = "22:00"\nfin = "05:00"\n'
LOT = make_lot(LotSpec("ubl", 2, numero_flux=77, graine=77)).data
BRUT = {"Content-Type": "application/octet-stream"}
BOOKS = sorted(
    route.path.removeprefix("/")
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "POST" in route.methods
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the API, with an open alert and a night."""
    root = tmp_path_factory.mktemp("gestes") / "template"
    espace = make_full_espace(root)
    add_settings(root, NUIT)
    at = espace.now()
    words = ("disque", "disque", Gravite.CRITIQUE, Acteur.EXPLOITANT, "Le disque est plein.", "Videz-le.")
    with espace.engine.begin() as conn:
        alertes.save(conn, Alerte(*words, depuis=at, apparue_le=at, vue_le=at, ouverte_le=at, dite_le=at))
    add_user(espace, "marie")
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


_NUMBERS = count(1)


def program(espace: Espace, role: Role = Role.OPERATEUR, *deposants: str, nom: str = "") -> TestClient:
    return as_program(espace, make_token(espace, role, *deposants, nom=nom or f"p{next(_NUMBERS)}"))


@pytest.fixture
def erp(espace: Espace) -> Iterator[TestClient]:
    client = program(espace, nom="erp")
    yield client
    client.app.state.console.gestes.close()  # type: ignore[attr-defined]


def done(answer: Any) -> Any:
    """What an act that was done is answered."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def who(espace: Espace, name: str) -> list[tuple[str, str]]:
    """Who did the acts of a kind, and why."""
    return [(par, json.loads(told)["raison"]) for par, told in acts(espace, name)]


# -- rights, reasons --------------------------------------------------------------------------------------


def test_no_act_is_done_by_who_may_not_and_none_is_done_without_an_object(espace: Espace) -> None:
    lise, chef = program(espace, Role.LECTURE), program(espace, Role.ADMINISTRATEUR)
    ouest = program(espace, Role.FOURNISSEUR, "AAA123")
    for path in BOOKS:
        address = re.sub(r"\{\w+\}", "1", path.replace("{identifiant}", STRUCTURE))
        who_may_not = (lise,) if path.startswith("depots") else (lise, ouest)
        answers = [one.post(address, json={"raison": "essai"}) for one in who_may_not]
        answers.append(chef.post(address, json=[]))

        assert (path, {one.status_code for one in answers}) == (path, {403, 422})
        assert (path, answers[-1].status_code) == (path, 422)
        assert {one.headers["content-type"] for one in answers} == {"application/problem+json"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"objet": "cause"}, "« cause.code » manque."),
        ({"objet": "lot", "numero": 1}, "« corps » a un « objet » inconnu."),
        ({"numero": 1}, "« corps » ne dit pas son « objet »."),
        ({"objet": "flux", "numero": 3, "code": "X"}, "« flux.code » n'existe pas ici."),
    ],
)
def test_what_is_to_be_judged_again_is_one_thing(erp: TestClient, body: Any, detail: str) -> None:
    answer = erp.post("rejeux", json=body)

    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


def test_a_body_that_is_too_long_is_not_read(erp: TestClient) -> None:
    answer = erp.post("flux/1/relance", json={"raison": "x" * 70_000})

    assert (answer.status_code, answer.json()["title"]) == (413, "Demande trop longue")


# -- rejets, rejeux ---------------------------------------------------------------------------------------


def test_what_is_rejected_is_told_by_cause_as_on_the_page(espace: Espace) -> None:
    client = enter(espace, "marie")
    told = client.get(f"{API}/rejets").json()
    page = client.get("/rejets").text
    (cause,) = told["causes"]
    one = client.get(f"{API}/rejets/{cause['code']}").json()
    (bill,) = client.get(f"{API}/rejets/{cause['code']}/factures").json()["elements"]
    (group,) = one["groupes"]

    assert (told["factures"], cause["code"], one["ensemble"]["factures"]) == (1, "EDI-SERVICE-02", 1)
    assert cause["message"] in page.replace("&#39;", "'")
    assert (one["premiere"]["id"], bill["deposant"], bill["code"]) == (bill["id"], "AAA123", cause["code"])
    asked = {"signature": group["signature"], "fournisseur": group["fournisseur"]}
    again = client.get(f"{API}/rejets/{cause['code']}/factures", params=asked).json()["elements"]
    assert [x["id"] for x in again] == [bill["id"]]
    assert client.get(f"{API}/rejets/RIEN-DU-TOUT").status_code == 404
    assert client.get(f"{API}/rejets?deposant=BBB456").json()["causes"] == []


def test_a_supplier_is_told_its_own_rejections(espace: Espace) -> None:
    armor = program(espace, Role.FOURNISSEUR, "BBB456")

    assert armor.get("rejets").json()["factures"] == 0
    assert armor.get("rejets/EDI-SERVICE-02/factures").json()["elements"] == []
    assert armor.get("rejets/EDI-SERVICE-02").json()["premiere"] is None


def wait(client: TestClient, number: int) -> Any:
    while (told := client.get(f"rejeux/{number}").json())["en_cours"]:
        time.sleep(0.05)
    return told


def test_rejections_are_tried_again_without_effect_then_accepted_with_a_reason(
    espace: Espace, erp: TestClient
) -> None:
    open_service(espace)
    begun = done(erp.post("rejeux", json={"objet": "cause", "code": "EDI-SERVICE-02"}))
    dry = wait(erp, begun["id"])
    (line,) = erp.get(f"rejeux/{begun['id']}/factures?change=acceptee").json()["elements"]

    assert (dry["a_blanc"], dry["acceptees"], dry["par"]) == (True, 1, "jeton:erp")
    assert dry["codes"] == [{"code": "EDI-SERVICE-02", "tombe": 1, "reste": 0, "vient": 0}]
    assert [x["code"] for x in line["avant"] if x["bloque"]] == ["EDI-SERVICE-02"]
    assert line["facture"]["statut"] == "NON_CONFORME"

    for_good = wait(erp, done(erp.post(f"rejeux/{begun['id']}/acceptation", json={"raison": "ouvert"}))["id"])
    facture = erp.get(f"factures/{line['facture']['id']}").json()

    assert (for_good["a_blanc"], for_good["acceptees"], for_good["raison"]) == (False, 1, "ouvert")
    assert facture["statut"] != "NON_CONFORME"
    assert len(for_good["retours"]) >= 1
    assert who(espace, "rejeu") == [("jeton:erp", "ouvert")]
    assert [x["id"] for x in erp.get("rejeux").json()] == [for_good["id"], begun["id"]]
    assert erp.post("rejeux", json={"objet": "flux", "numero": 3}).status_code == 409  # nothing is left


# -- flux, déposants --------------------------------------------------------------------------------------


def test_a_flux_is_held_until_an_end_and_released(espace: Espace, erp: TestClient) -> None:
    held = done(erp.post("flux/1/retenue", json={"raison": "doute", "heures": 4}))
    twice = erp.post("flux/1/retenue", json={"raison": "doute"})
    (told,) = erp.get("retenues").json()
    of_flux, seen = erp.get("flux/1").json(), program(espace, Role.FOURNISSEUR, "AAA123").get("flux/1").json()
    over = done(erp.post(f"retenues/{held['id']}/levee", json={"raison": "levé"}))

    assert (held["flux_id"], held["par"], held["retenus"]) == (1, "jeton:erp", [1])
    assert (twice.status_code, "déjà retenu" in twice.json()["detail"]) == (409, True)
    assert told == held
    assert (of_flux["retenue"]["id"], of_flux["retenue"]["raison"]) == (held["id"], "doute")
    assert seen["retenue"] is None
    assert (over["levee_par"], over["levee_raison"], over["retenus"]) == ("jeton:erp", "levé", [])
    assert (erp.get("retenues").json(), erp.get("retenues?passees=true").json()) == ([], [over])
    assert erp.get("flux/1").json()["retenue"] is None
    assert who(espace, "retenue-levee") == [("jeton:erp", "levé")]


@pytest.mark.parametrize(
    ("appli", "heures", "code"), [("AAA123", 2, 200), ("ZZZ", 2, 404), ("AAA123", 8_000, 409)]
)
def test_a_depositor_is_held_for_a_time_that_ends(
    erp: TestClient, appli: str, heures: int, code: int
) -> None:
    assert erp.post(f"deposants/{appli}/retenue", json={"raison": "x", "heures": heures}).status_code == code


def test_a_return_flow_is_sent_once_more(espace: Espace, erp: TestClient) -> None:
    (first, *_) = erp.get("flux/2/retours").json()
    sent = done(erp.post(f"flux/2/retours/{first['id']}/renvoi", json={"raison": "perdu"}))

    assert sent == {"vers": "son dossier out"}
    assert who(espace, "retour-renvoye") == [("jeton:erp", "perdu")]
    assert erp.post("flux/1/retours/9999/renvoi", json={"raison": "perdu"}).status_code == 404


def test_depositors_are_told_to_who_may_see_them(espace: Espace, erp: TestClient) -> None:
    armor = program(espace, Role.FOURNISSEUR, "BBB456")
    one = erp.get("deposants/AAA123").json()

    assert {"AAA123", "BBB456"} <= {each["code"] for each in erp.get("deposants").json()["elements"]}
    assert [each["code"] for each in erp.get("deposants?cherche=bbb4").json()["elements"]] == ["BBB456"]
    assert [each["code"] for each in armor.get("deposants").json()["elements"]] == ["BBB456"]
    assert (one["dernier"]["id"], len(one["journees"]), one["interfaces"]) == (4, 30, ["FSO1100A"])
    assert armor.get("deposants/AAA123").status_code == 404


def quarantined(root: Path) -> Espace:
    espace = make_espace(root, readiness="temoin", attente_max=3600)
    deposit(espace, LotSpec("ubl", 1))
    App(espace).run_once()
    after = later(espace, 2)
    App(after).run_once()
    return after


@pytest.mark.parametrize("act", ["reprise", "abandon"])
def test_a_quarantined_deposit_is_settled_once(tmp_path: Path, act: str) -> None:
    espace = quarantined(tmp_path / "e")
    erp = program(espace, nom="erp")
    path = f"quarantaine/{erp.get('quarantaine').json()['elements'][0]['flux']['id']}"
    told = done(erp.post(f"{path}/{act}", json={"raison": "vu"}))
    (one,) = erp.get("quarantaine").json()["elements"]
    (seen,) = program(espace, Role.FOURNISSEUR, "AAA123").get("quarantaine").json()["elements"]

    assert (one["issue"], one["raison"], one["par"]) == (act, "vu", "jeton:erp")
    assert (seen["issue"], seen["raison"], seen["par"]) == (act, "", "")
    assert told["statut"] == ("RECU" if act == "reprise" else "IRRECEVABLE")
    assert one["nouveau"] == (told["id"] if act == "reprise" else None)
    assert erp.post(f"{path}/abandon", json={"raison": "vu"}).status_code == 409


# -- two persons ------------------------------------------------------------------------------------------


@pytest.fixture
def doubted(tmp_path: Path) -> Espace:
    """Flux 1 waits: an invoice is refused by a rule that is doubted."""
    espace = make_espace(tmp_path / "d")
    with espace.engine.begin() as conn:
        disjoncteurs.trip(conn, SERVICE, Mesure(30, 40, 4, 3), espace.now())
    deposit(espace, LotSpec("ubl", 3, numero_flux=1, fautes={1: "service-inconnu"}))
    App(espace).run_once()
    return espace


def test_one_token_never_confirms_what_it_proposes_and_another_does(doubted: Espace) -> None:
    erp, other = (program(doubted, Role.VALIDEUR, nom=nom) for nom in ("erp", "controle"))
    (waits,) = erp.get("flux/1/indecises").json()
    asked = {"indecise": waits["id"], "issue": "acceptee", "raison": "service ouvert"}
    made = done(erp.post("flux/1/jugements", json=asked))
    path, yes = f"jugements/{made['id']}/reponse", {"confirme": True, "raison": "vu"}
    own = erp.post(path, json=yes)
    listed = other.get("jugements").json()
    confirmed = done(other.post(path, json=yes))
    App(doubted).run_once()

    assert (own.status_code, own.json()["detail"]) == (
        409,
        "Un jugement à la main se fait à deux : un autre que vous doit répondre.",
    )
    assert [one["id"] for one in listed] == [made["id"]]
    assert (made["propose_par"], confirmed["repondu_par"]) == ("jeton:erp", "jeton:controle")
    assert confirmed["confirme"] is True
    assert [code["code"] for code in waits["retiennent"]] == ["EDI-DISJONCTEUR-01"]
    with reading(doubted.engine) as conn:
        assert flux_store.get(conn, 1).statut is FluxStatut.INTEGRE
    assert erp.post(path, json=yes).status_code == 409


def test_a_token_takes_back_its_own_proposal_alone(doubted: Espace) -> None:
    erp, other = program(doubted, nom="erp"), program(doubted, nom="autre")
    (waits,) = erp.get("flux/1/indecises").json()
    asked = {"indecise": waits["id"], "issue": "rejetee", "motif": "REJ_SEMAN", "raison": "fermé"}
    path = f"jugements/{done(erp.post('flux/1/jugements', json=asked))['id']}"

    assert asked["motif"] in {one["code"] for one in erp.get("jugements/motifs").json()}
    assert other.post(f"{path}/retrait", json={"raison": "non"}).status_code == 409
    assert erp.post(f"{path}/reponse", json={"confirme": True, "raison": "oui"}).status_code == 403
    assert done(erp.post(f"{path}/retrait", json={"raison": "erreur"}))["confirme"] is False
    assert erp.get("jugements").json() == []


def test_a_doubted_rule_is_told_right(doubted: Espace) -> None:
    erp = program(doubted, nom="erp")
    (doubt,) = erp.get("regles/doutes").json()
    said = done(erp.post(f"regles/doutes/{doubt['id']}/avis", json={"avis": "juste", "raison": "relue"}))

    assert (doubt["code"], doubt["refusees"], doubt["avis"]) == ("EDI-SERVICE-02", 30, "")
    assert (said["avis"], said["par"]) == ("juste", "jeton:erp")
    assert erp.get("regles/doutes").json() == []
    assert who(doubted, "regle-dite-juste") == [("jeton:erp", "relue")]


# -- the platform, the registry ---------------------------------------------------------------------------


def test_somebody_looks_after_an_alert(espace: Espace, erp: TestClient) -> None:
    told = done(erp.post("alertes/1/acquittement", json={"raison": "commandé", "heures": 4}))

    assert told["acquittee_par"] == "jeton:erp"
    assert who(espace, "alerte-acquittee") == [("jeton:erp", "commandé")]
    assert erp.post("alertes/1/acquittement", json={"raison": "x", "heures": 200}).status_code == 409
    assert erp.post("alertes/99/acquittement", json={"raison": "x"}).status_code == 404


def test_a_night_is_paused_and_goes_on(espace: Espace, erp: TestClient) -> None:
    paused = done(erp.post("nuits/nuit/pause", json={"raison": "travaux"}))
    twice = erp.post("nuits/nuit/pause", json={"raison": "travaux"})
    (listed,) = erp.get("nuits").json()
    resumed = done(erp.post("nuits/nuit/reprise", json={"raison": "finis", "rattraper": True}))

    assert (paused["pause"]["par"], paused["pause"]["raison"]) == ("jeton:erp", "travaux")
    assert (twice.status_code, listed["pause"], resumed["pause"]) == (409, paused["pause"], None)
    assert erp.post("nuits/autre/pause", json={"raison": "x"}).status_code == 404


def test_a_mandat_lives_from_its_subscription_to_its_revocation(espace: Espace, erp: TestClient) -> None:
    vera = program(espace, Role.VALIDEUR, nom="vera")
    made = done(erp.post("mandats", json={"mandant": "552100554", "mandataire": "AAA123", "soumis": False}))
    path = f"mandats/{made['id']}"
    sent = done(erp.post(f"{path}/envoi", json={}))
    refused = erp.post(f"{path}/signature", json={"signataire": "Zoé Le Roux"})
    signed = done(vera.post(f"{path}/signature", json={"signataire": "Zoé Le Roux"}))
    revoked = done(erp.post(f"{path}/revocation", json={"raison": "fin de contrat"}))

    assert (sent["soumis_le"] is not None, refused.status_code) == (True, 403)
    assert signed["signataire"] == "Zoé Le Roux"
    assert {(one["acte"], one["par"]) for one in revoked["historique"]} == {
        ("SOUSCRIT", "jeton:erp"),
        ("SOUMIS", "jeton:erp"),
        ("SIGNE", "jeton:vera"),
        ("REVOQUE", "jeton:erp"),
    }
    assert erp.post(f"{path}/revocation", json={"raison": "encore"}).status_code == 409
    assert erp.post("mandats", json={"mandant": "x", "mandataire": "AAA123"}).status_code == 409
    assert erp.post("mandats", json={"mandant": "552100554", "mandataire": "ZZZ"}).status_code == 404


def test_the_annuaire_is_corrected_field_by_field_and_let_go_of(espace: Espace, erp: TestClient) -> None:
    path = f"annuaire/{STRUCTURE}"
    before = erp.get(path).json()
    until = espace.today().isoformat()
    said = {"champs": {"gestion_engagement": not before["gestion_engagement"]}, "raison": "appel"}
    after = done(erp.post(f"{path}/corrections", json={**said, "jusqu_au": until}))
    (kept,) = erp.get(f"{path}/corrections").json()
    again = erp.post(f"{path}/corrections", json=said)
    done(erp.post(f"{path}/corrections/{kept['id']}/relachement", json={"raison": "importé"}))

    assert {name for name in after if after[name] != before[name]} == {"gestion_engagement", "obligations"}
    assert (kept["par"], kept["raison"], kept["champs"]) == ("jeton:erp", "appel", said["champs"])
    assert (again.status_code, again.json()["detail"]) == (409, "rien ne change : l'annuaire dit déjà cela")
    assert erp.get(f"{path}/corrections").json() == []


def test_a_service_is_added_then_closed(espace: Espace, erp: TestClient) -> None:
    path = f"annuaire/{STRUCTURE}"
    added = {"code": "NEUF", "ajout": True, "champs": {"nom": "Neuf"}, "raison": "ouvert"}
    closed = {"code": "NEUF", "champs": {"fin": "2027-01-31"}, "raison": "ferme"}
    done(erp.post(f"{path}/services/corrections", json=added))
    told = done(erp.post(f"{path}/services/corrections", json=closed))
    (one,) = [each for each in told["services"] if each["code"] == "NEUF"]

    assert (one["nom"], one["actif"], one["fin"]) == ("Neuf", True, "2027-01-31")
    unknown = {**closed, "code": "JAMAIS-VU"}
    assert erp.post(f"{path}/services/corrections", json=unknown).status_code == 409


def test_the_rules_are_searched(erp: TestClient) -> None:
    (first, *_) = erp.get("regles/catalogue?cherche=edi-service-02").json()["elements"]

    assert (first["code"], first["origine"], first["gravite"]) == ("EDI-SERVICE-02", "Navette", "ERROR")
    assert any(
        version["etat"] == "EN_VIGUEUR" for jeu in erp.get("regles").json() for version in jeu["versions"]
    )


def test_an_invoice_is_compared_with_the_accepted_one_before_it(espace: Espace, erp: TestClient) -> None:
    bills = [one["id"] for n in (2, 3) for one in erp.get(f"flux/{n}/factures").json()["elements"]]
    answers = [erp.get(f"factures/{one}/changements") for one in bills]
    found = [one.json() for one in answers if one.status_code == 200]

    assert {one.status_code for one in answers} <= {200, 404}
    assert found
    assert all(one["precedente"]["statut"] != "NON_CONFORME" for one in found)
    assert any(one["chiffres"] or one["changements"] for one in found)


# -- deposits ---------------------------------------------------------------------------------------------


def test_a_file_is_deposited_as_it_is_and_judged_like_any_other(espace: Espace) -> None:
    ouest = program(espace, Role.FOURNISSEUR, "AAA123", nom="ouest")
    asked = {"deposant": "AAA123", "nom": "lot de mai.tar.gz", "raison": "panne du SFTP"}
    made = done(ouest.post("depots", params=asked, content=LOT, headers=BRUT))
    App(espace).run_once()
    told = ouest.get(f"depots/{made['id']}").json()
    twice = ouest.post("depots", params=asked, content=LOT, headers=BRUT)

    assert (made["origine"], made["taille"], made["par"]) == ("lot de mai.tar.gz", len(LOT), "jeton:ouest")
    assert told["statut"] == "INTEGRE"
    assert [one["id"] for one in ouest.get("depots").json()["elements"]] == [made["id"]]
    assert (twice.status_code, "déjà été déposé" in twice.json()["detail"]) == (409, True)
    assert program(espace, Role.FOURNISSEUR, "BBB456").get(f"depots/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("role", "deposant", "data", "code"),
    [
        (Role.OPERATEUR, "AAA123", b"", 422),
        (Role.OPERATEUR, "AAA123", b"ceci n'est pas une facture", 422),
        (Role.OPERATEUR, "ZZZ", LOT, 404),
        (Role.FOURNISSEUR, "AAA123", LOT, 404),
        (Role.LECTURE, "AAA123", LOT, 403),
    ],
)
def test_what_cannot_be_deposited_leaves_nothing(
    espace: Espace, role: Role, deposant: str, data: bytes, code: int
) -> None:
    client = program(espace, role, *(["BBB456"] if role is Role.FOURNISSEUR else []))
    asked = {"deposant": deposant, "nom": "a.xml", "raison": "essai"}
    answer = client.post("depots", params=asked, content=data, headers=BRUT)

    assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json")
    assert program(espace).get("depots").json()["elements"] == []


@pytest.mark.parametrize("told", [True, False])
def test_a_file_beyond_the_limit_is_refused(espace: Espace, told: bool) -> None:
    token = make_token(espace, Role.OPERATEUR)
    client = make_client(espace, headers={"Authorization": f"Bearer {token}"})
    limit = client.app.state.console.gestes.manuel.limite  # type: ignore[attr-defined]
    asked = {"deposant": "AAA123", "nom": "a.xml", "raison": "essai"}
    length = {"Content-Length": f"{limit + 1}"} if told else {}
    body = b"x" if told else iter([b"x"])  # in the second case, without its length
    answer = client.post(f"{API}/depots", params=asked, content=body, headers={**BRUT, **length})

    assert answer.status_code == 413
    assert answer.json()["detail"].startswith("Un dépôt ne dépasse pas ")
