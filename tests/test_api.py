"""The JSON API: who may ask what, the same numbers as on the pages, acts with their reason."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from api import API, as_program, make_full_espace, make_token
from console import Heure, add_user, enter, make_client
from fastapi.routing import APIRoute
from journaux import rows_of
from sqlalchemy import update
from workspace import copy_espace, deposit, later, make_espace

from edi.app import App
from edi.console.api import flux as flux_routes
from edi.console.api.application import ROUTERS
from edi.console.gabarits import show_amount, show_number
from edi.espace import Espace, open_espace
from edi.gestes.jetons import revoke_jeton
from edi.model import FluxStatut, Role
from edi.samples import LotSpec
from edi.store import flux as flux_store
from edi.store import jetons
from edi.store.tables import connexion_ratee, jeton

ROUTES = sorted(
    (method, f"{API}{route.path}")
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("api") / "template"
    espace = make_full_espace(root)
    add_user(espace, "marie")
    add_user(espace, "armor", Role.FOURNISSEUR, "BBB456")
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def lecture(espace: Espace) -> Any:
    return as_program(espace, make_token(espace, Role.LECTURE))


def fill(path: str) -> str:
    return re.sub(r"\{\w+\}", "1", path)


# -- who may ask ------------------------------------------------------------------------------------------


def test_a_stranger_is_told_to_show_a_token_whatever_it_asks(espace: Espace) -> None:
    client = make_client(espace)
    for method, path in [*ROUTES, ("GET", f"{API}/openapi.json"), ("GET", "/api/rien"), ("PUT", API)]:
        with espace.engine.begin() as conn:
            conn.execute(connexion_ratee.delete())  # so that it is not put off
        for shown in ({}, {"Authorization": "Bearer nvt_faux"}, {"Authorization": "Basic bWFyaWU6eA=="}):
            answer = client.request(method, fill(path), headers=shown)

            assert (path, answer.status_code) == (path, 401)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "edi jeton create" in answer.json()["detail"]


def test_a_token_opens_no_page(espace: Espace) -> None:
    headers = {"Authorization": f"Bearer {make_token(espace, Role.ADMINISTRATEUR)}"}
    client = make_client(espace, headers=headers)

    assert [client.get(path).status_code for path in ("/", "/flux", "/comptes")] == [303] * 3


def test_a_session_reads_and_never_acts(espace: Espace) -> None:
    client = enter(espace, "marie")

    assert client.get(f"{API}/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get(f"{API}/flux/1").status_code == 200
    assert client.post(f"{API}/flux/1/relance", json={"raison": "essai"}).status_code == 401


def test_a_session_does_not_make_up_for_a_wrong_token(espace: Espace) -> None:
    client = enter(espace, "marie")

    assert client.get(f"{API}/flux", headers={"Authorization": "Bearer nvt_faux"}).status_code == 401


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_token_that_is_over_opens_nothing(espace: Espace, end: str) -> None:
    heure = Heure()
    token = make_token(espace, Role.LECTURE, nom="supervision")
    client = as_program(espace, token, heure)
    assert client.get("flux").status_code == 200
    with espace.engine.begin() as conn:
        (made,) = jetons.all_tokens(conn)
        if end == "expired":
            conn.execute(update(jeton).values(expire_le=heure.now))
    if end == "revoked":
        revoke_jeton(espace, made, "chef")

    assert client.get("flux").status_code == 401


def test_the_database_knows_the_hash_of_a_token_and_when_it_served_last(espace: Espace) -> None:
    heure, token = Heure(), make_token(espace, Role.LECTURE)
    client = as_program(espace, token, heure)
    client.get("flux")
    heure.pass_(seconds=30)
    client.get("flux")
    with espace.engine.begin() as conn:
        (row,) = conn.execute(jeton.select()).all()

    assert token not in map(str, row)
    assert row.utilise_le == heure.now.replace(second=0)


def test_who_shows_many_wrong_tokens_is_put_off_while_a_right_one_still_serves(espace: Espace) -> None:
    heure, token = Heure(), make_token(espace, Role.LECTURE)
    client = make_client(espace, heure)
    wrong = {"Authorization": "Bearer nvt_faux"}
    answers = [client.get(f"{API}/flux", headers=wrong) for _ in range(23)]

    assert [one.status_code for one in answers] == [401] * 21 + [429] * 2
    assert answers[-1].headers["retry-after"] == "3"
    assert client.get(f"{API}/flux", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    heure.pass_(seconds=3)
    assert client.get(f"{API}/flux", headers=wrong).status_code == 401


# -- what each sees ---------------------------------------------------------------------------------------


def test_a_supplier_finds_nothing_of_another_by_any_address(espace: Espace) -> None:
    whole = as_program(espace, make_token(espace, Role.LECTURE))
    armor = as_program(espace, make_token(espace, Role.FOURNISSEUR, "BBB456"))
    reads = [fill(path) for method, path in ROUTES if method == "GET" and "{" in path]
    about = [path for path in reads if path.startswith((f"{API}/flux/", f"{API}/factures/"))]

    assert len(about) >= 12
    for path in about:
        code = 403 if path.endswith("/indecises") else 404  # for those who look after the platform
        assert (path, armor.get(path.removeprefix(f"{API}/")).status_code) == (path, code)
    assert whole.get("flux/1").status_code == 200
    assert {one["deposant"] for one in armor.get("flux").json()["elements"]} == {"BBB456"}
    assert {one["mandataire"] for one in armor.get("mandats").json()["elements"]} <= {"BBB456"}
    assert armor.get("mandats/1").status_code == 404
    assert "AAA123" not in armor.get("plateforme").text


@pytest.mark.parametrize("path", ["alertes", "passages", "passages/1"])
def test_a_supplier_is_told_that_the_platform_is_not_for_it(espace: Espace, path: str) -> None:
    answer = as_program(espace, make_token(espace, Role.FOURNISSEUR, "BBB456")).get(path)

    assert answer.status_code == 403
    assert answer.json()["detail"] == (
        "Il faut le droit de voir la plateforme entière, que votre rôle ne donne pas."
    )


# -- the same numbers as on the pages -----------------------------------------------------------------------


@pytest.mark.parametrize("login", ["marie", "armor"])
def test_the_first_page_shows_the_figures_of_the_api(espace: Espace, login: str) -> None:
    client = enter(espace, login)
    told, page = client.get(f"{API}/plateforme").json(), client.get("/").text

    def is_shown(number: int) -> bool:
        return re.search(rf">\s*{show_number(number)}\s*<", page) is not None

    numbers = [one["nombre"] for one in (*told["etapes"], *told["recus"]) if one["nombre"]]
    assert numbers
    assert all(map(is_shown, numbers))
    for one in told["bloquees"]:
        whole, _, cents = one["montant"].partition(".")
        assert f"{show_number(int(whole))},{cents}\u00a0€" in page
    assert (told["alertes"] is None) == ("Alertes ouvertes" not in page)
    assert len(told["journees"]) == 30


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?statut=INTEGRE&statut=IRRECEVABLE",
        "?deposant=BBB456",
        "?interface=FSO1100A",
        "?code=EDI-SERVICE-02",
        "?du=2026-11-20&au=2026-11-20",
        "?du=2026-11-21",
        "?cherche=FSO1100A_AAA123",
        "?cherche=12345678200028",
        "?cherche=rien",
    ],
)
def test_the_list_of_flux_shows_those_that_the_api_finds(espace: Espace, query: str) -> None:
    client = enter(espace, "marie")
    found = [one["id"] for one in client.get(f"{API}/flux{query}").json()["elements"]]
    page = client.get(f"/flux{query}").text
    shown = dict.fromkeys(re.findall(r'<th[^>]*>\s*<a[^>]* href="/flux/(\d+)"', page))

    assert found == [int(one) for one in shown]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_the_page_of_a_flux_shows_what_the_api_tells(espace: Espace, number: int) -> None:
    client = enter(espace, "marie")
    page = client.get(f"/flux/{number}").text
    told = client.get(f"{API}/flux/{number}").json()
    bills = client.get(f"{API}/flux/{number}/factures").json()["elements"]
    answers = client.get(f"{API}/flux/{number}/retours").json()
    found = client.get(f"{API}/flux/{number}/constats").json()["elements"]

    assert all(f"<strong>{many}</strong>" in page for many in told["totaux"].values() if many is not None)
    assert {int(one) for one in re.findall(r'href="/factures/(\d+)"', page)} == {one["id"] for one in bills}
    assert all(one["nom"] in page for one in answers)
    assert all(one["code"] in page for one in found)
    assert told["suite"]["action"] in page.replace("&#39;", "'")


def test_the_page_of_a_rejected_invoice_shows_what_the_api_tells(espace: Espace) -> None:
    client = enter(espace, "marie")
    (rejected,) = client.get(f"{API}/flux/3/factures?famille=rejetees").json()["elements"]
    path = f"/factures/{rejected['id']}"
    page = client.get(path).text.replace("&#39;", "'")
    (finding, *_) = client.get(f"{API}{path}/constats").json()
    read = client.get(f"{API}{path}/facsimile").json()

    assert rejected["statut"] == "NON_CONFORME"
    assert all(finding[name] in page for name in ("code", "message", "a_faire", "trouve"))
    assert finding["chemin"].startswith("/")
    assert read["numero"] == rejected["numero"]
    assert read["montants"]["ttc"] == rejected["ttc"]
    assert show_amount(Decimal(rejected["ttc"]), rejected["devise"]) in page


def test_files_are_given_byte_for_byte_as_the_pages_give_them(espace: Espace) -> None:
    client = enter(espace, "marie")
    (answer, *_) = client.get(f"{API}/flux/2/retours").json()
    (bill, *_) = client.get(f"{API}/flux/2/factures").json()["elements"]
    paths = ["/flux/2/original", f"/flux/2/retours/{answer['id']}", f"/factures/{bill['id']}/document"]

    for path in paths:
        assert client.get(f"{API}{path}").content == client.get(path).content != b""


def test_a_run_of_the_night_is_told_with_what_it_counted_and_what_failed(lecture: Any) -> None:
    (one,) = lecture.get("passages?tache=nuit").json()["elements"]
    whole = lecture.get(f"passages/{one['id']}").json()

    assert one.items() <= whole.items()
    assert (whole["processus"], whole["rattrape"], whole["texte"]) == ("un test", [], None)
    assert (one["genre"], one["issue"]) == ("MANUEL", "AVEC_DEFAUTS")
    assert [(step["comptes"], step["incidents"]) for step in one["etapes"]] == [({"flux": 2}, ["Un défaut."])]
    assert lecture.get("passages?tache=autre").json()["elements"] == []


def test_pages_of_a_list_follow_each_other_without_a_hole(
    lecture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [one["id"] for one in lecture.get("flux").json()["elements"]]
    monkeypatch.setattr(flux_routes, "_PAGE", 2)
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = lecture.get("flux", params={"curseur": cursor}).json()
        seen += [one["id"] for one in page["elements"]]
        cursor = page["suivant"]

    assert seen == whole
    assert len(whole) == 5


@pytest.mark.parametrize(
    ("path", "code", "detail"),
    [
        ("flux?deposants=AAA123", 422, "« deposants » n'existe pas ici."),
        ("flux?du=demain", 422, "« du » n'est pas une date : 2026-11-26."),
        ("flux?statut=BOF", 422, "« statut.0 » n'est pas une valeur connue."),
        ("flux?curseur=zz", 404, "Ce curseur ne vient pas de cette liste : recommencez à la première page."),
        ("flux/0", 422, "« flux_id » est trop petit."),
        ("flux/99999999999999999999", 422, "« flux_id » est trop grand."),
        ("factures", 422, "« cherche » manque."),
        ("rien", 404, "Introuvable."),
    ],
)
def test_what_is_asked_wrongly_is_told_in_french(lecture: Any, path: str, code: int, detail: str) -> None:
    answer = lecture.get(path)

    assert (answer.status_code, answer.json()["detail"]) == (code, detail)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_fault_of_ours_says_nothing_of_itself(espace: Espace) -> None:
    token = make_token(espace, Role.LECTURE)
    headers = {"Authorization": f"Bearer {token}"}
    client = make_client(espace, headers=headers, raise_server_exceptions=False)
    with espace.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE flux RENAME COLUMN nom TO secret_de_famille")
    answer = client.get(f"{API}/flux")

    assert (answer.status_code, answer.json()["title"]) == (500, "Incident de la plateforme")
    assert "flux.nom" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")


def test_no_page_of_another_site_may_read_the_answers(lecture: Any) -> None:
    answer = lecture.get("flux", headers={"Origin": "https://ailleurs.example"})

    assert not [name for name in answer.headers if name.startswith("access-control-")]


# -- acts -------------------------------------------------------------------------------------------------


def test_a_held_flux_is_tried_again_and_the_journal_says_why_and_by_which_token(espace: Espace) -> None:
    client = as_program(espace, make_token(espace, Role.OPERATEUR, nom="ordonnanceur"))
    answer = client.post("flux/1/relance", json={"raison": "annuaire importé"})
    (row,) = [one for one in rows_of(espace) if '"acte":"flux-relance"' in one.contenu]
    App(espace).run_once()

    assert answer.status_code == 200
    assert answer.json()["statut"] == "EN_ATTENTE"
    assert (row.par, json.loads(row.contenu)["raison"]) == ("jeton:ordonnanceur", "annuaire importé")
    assert client.get("flux/1").json()["statut"] == FluxStatut.INTEGRE.name


@pytest.mark.parametrize(
    ("role", "path", "body", "code"),
    [
        (Role.LECTURE, "flux/1/relance", {"raison": "essai"}, 403),
        (Role.FOURNISSEUR, "flux/1/relance", {"raison": "essai"}, 403),
        (Role.OPERATEUR, "flux/2/relance", {"raison": "essai"}, 409),
        (Role.OPERATEUR, "flux/99/relance", {"raison": "essai"}, 404),
        (Role.OPERATEUR, "flux/1/relance", {"raison": "  "}, 422),
        (Role.OPERATEUR, "flux/1/relance", {"raison": "\ud800"}, 422),
        (Role.OPERATEUR, "flux/1/relance", {"raison": "essai", "autre": 1}, 422),
        (Role.OPERATEUR, "flux/1/relance", {}, 422),
        (Role.OPERATEUR, "flux/1/relance", [], 422),
    ],
)
def test_an_act_that_is_refused_changes_nothing(
    espace: Espace, role: Role, path: str, body: Any, code: int
) -> None:
    seen = ["AAA123"] if role is Role.FOURNISSEUR else []
    client = as_program(espace, make_token(espace, role, *seen))
    before = len(rows_of(espace))
    answer = client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    with espace.engine.begin() as conn:
        held = flux_store.get(conn, 1)

    assert answer.status_code == code
    assert answer.headers["content-type"] == "application/problem+json"
    assert held.statut is FluxStatut.EN_ATTENTE
    assert len(rows_of(espace)) == before


def test_a_body_that_is_no_json_is_told(espace: Espace) -> None:
    client = as_program(espace, make_token(espace, Role.OPERATEUR))
    answer = client.post("flux/1/relance", content=b"{", headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["detail"]) == (422, "« corps » n'est pas du JSON.")


def test_a_deposit_that_never_was_complete_is_in_quarantine_for_who_may_see_it(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e", readiness="temoin", attente_max=3600)
    deposit(espace, LotSpec("ubl", 1))
    App(espace).run_once()
    App(later(espace, 2)).run_once()
    whole = as_program(espace, make_token(espace, Role.LECTURE))
    armor = as_program(espace, make_token(espace, Role.FOURNISSEUR, "BBB456"))
    (one,) = whole.get("quarantaine").json()["elements"]

    assert one["attendait"] == "témoin attendu"
    assert one["flux"]["statut"] == "IRRECEVABLE"
    assert armor.get("quarantaine").json()["elements"] == []
