"""The pages of the annuaire: what is found, what a structure asks for, correcting it, who may."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from console import add_user, enter, token_of
from starlette.testclient import TestClient
from workspace import deposit, import_annuaire, make_espace

from edi.app import App
from edi.espace import Espace
from edi.gestes import annuaire as gestes
from edi.model import SIRET, Identifiant, Role
from edi.model.corrections import Correction
from edi.samples import LotSpec
from edi.store import annuaire, corrections
from edi.store.database import reading

BREST = Identifiant(SIRET, "00021290200019")
PAGE = f"/annuaire/{BREST.valeur}"


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e")
    for role in (Role.LECTURE, Role.OPERATEUR):
        add_user(made, role.name.lower(), role)
    add_user(made, "fournisseur", Role.FOURNISSEUR, "BBB456")
    return made


@pytest.fixture
def client(espace: Espace) -> TestClient:
    return enter(espace, "operateur")


def named(html: str) -> list[str]:
    """What the rows of the list lead to, in order."""
    return re.findall(r'<th scope="row"><a[^>]* href="([^"]+)">', html)


def seen_by(client: TestClient, service: str = "VOIRIE") -> dict[str, str]:
    """What the form of a service bears as it is first shown."""
    html = client.get(f"{PAGE}/corriger", params={"service": service}).text
    vu = re.search(r'name="vu" value="(\d+)"', html)
    assert vu is not None
    return {"service": service, "vu": vu[1], "jeton": token_of(html), "nom": "Ancien service de la voirie"}


def is_open(espace: Espace, code: str = "VOIRIE") -> bool | None:
    with reading(espace.engine) as conn:
        found = annuaire.services_of(conn, {BREST.valeur}).get((BREST.valeur, code))
    return None if found is None else found.actif


# -- searching --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cherche=00021290200019", [PAGE]),
        ("cherche=ville+de+brest", [PAGE]),
        ("cherche=BRE*", [PAGE]),
        ("cherche=*res*", [PAGE]),
        ("cherche=29200", [PAGE]),
        ("cherche=quimper&active=non", []),
        ("cherche=etat&exige=service", ["/annuaire/11000201100044"]),
        ("exige=engagement", ["/annuaire/12345678200036", "/annuaire/12345678200044"]),
        ("exige=travaux-seulement", ["/annuaire/00026560300019"]),
        ("cherche=test*&exige=rien", ["/annuaire/12345678200051"]),
        ("cherche=%25", []),
        ("quoi=services&cherche=voirie", [f"{PAGE}#services"]),
        (
            "quoi=services&cherche=SERVICE_DEST*",
            ["/annuaire/12345678200044#services", "/annuaire/12345678200028#services"],
        ),
        ("quoi=services&cherche=*ecoles*&active=oui", [f"{PAGE}#services"]),
        ("quoi=services&cherche=voirie&active=oui", []),
    ],
)
def test_structures_and_services_are_found_as_on_the_portal(
    client: TestClient, query: str, expected: list[str]
) -> None:
    assert named(client.get(f"/annuaire?{query}").text) == expected


@pytest.mark.parametrize("quoi", ["structures", "services"])
def test_pages_follow_one_another_and_lead_back(
    espace: Espace, client: TestClient, quoi: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edi.console.pages.annuaire._PAGE", 4)
    whole, address = [], f"/annuaire?quoi={quoi}"
    pages = []
    while address:
        html = client.get(address).text
        pages.append(named(html))
        whole += pages[-1]
        found = re.search(r'rel="next" href="([^"]+)"', html)
        address = found[1].replace("&amp;", "&") if found else ""
        back = re.search(r'rel="prev" href="([^"]+)"', html)
    assert back is not None
    before = named(client.get(back[1].replace("&amp;", "&")).text)
    monkeypatch.setattr("edi.console.pages.annuaire._PAGE", 100)

    assert whole == named(client.get(f"/annuaire?quoi={quoi}").text)
    assert before == pages[-2]


# -- one structure ----------------------------------------------------------------------------------------


def test_a_structure_tells_what_it_asks_for_its_services_and_its_history(
    espace: Espace, client: TestClient
) -> None:
    gestes.correct(espace, Correction(BREST, {"gestion_service": True}, "convention signée"), "marie")
    html = client.get(PAGE).text

    assert "Le code service est obligatoire." in html
    assert "Clos depuis le 31/12/2024" in html
    assert "correction</strong> de marie" in html
    assert "exige un code service" in html
    assert "Raison : convention signée" in html
    assert "import officiel" in html
    assert f"/flux?cherche={BREST.valeur}" in html


def test_a_supplier_sees_the_annuaire_and_not_who_corrected_it_nor_why(espace: Espace) -> None:
    asked = Correction(BREST, {"actif": True}, "le maire l'a dit", "VOIRIE", jusqu_au=espace.today())
    gestes.correct(espace, asked, "marie")
    html = enter(espace, "fournisseur").get(PAGE).text

    assert "service ouvert" in html
    assert "marie" not in html
    assert "le maire" not in html
    assert "corriger" not in html


def test_an_unknown_structure_is_no_page(client: TestClient) -> None:
    assert client.get("/annuaire/99999999999999").status_code == 404
    assert client.get(f"{PAGE}/corriger?service=RIEN").status_code == 404


# -- correcting -------------------------------------------------------------------------------------------


def test_a_correction_opens_a_service_and_the_page_counts_what_would_pass(
    espace: Espace, client: TestClient
) -> None:
    deposit(espace, LotSpec("ubl", 2, numero_flux=1, fautes={1: "service-inactif"}))
    App(espace).run_once()
    form = seen_by(client) | {"champs": "actif", "raison": "rouvert, appel du 19"}
    answer = client.post(f"{PAGE}/corriger", data=form)
    page = client.get(answer.headers["location"]).text

    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?fait=corrige")
    assert is_open(espace) is True
    assert '<a href="/rejets">1 facture rejetée passerait maintenant</a>.' in page


def test_a_service_is_added_until_a_day(espace: Espace, client: TestClient) -> None:
    html = client.get(f"{PAGE}/corriger?nouveau=true").text
    until = espace.today() + timedelta(days=10)
    form = {"jeton": token_of(html), "nouveau": "true", "service": "NEUF", "nom": "Neuf", "champs": "actif"}
    form |= {"raison": "créé hier", "jusqu_au": until.isoformat()}
    answer = client.post(f"{PAGE}/corriger", data=form)
    import_annuaire(espace)
    page = client.get(PAGE).text

    assert answer.status_code == 303
    assert is_open(espace, "NEUF") is True
    assert f"jusqu'au {until:%d/%m/%Y}, par operateur" in page
    assert "maintenue</strong>" in page


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"raison": "  "}, 422, "Dites pourquoi"),
        ({"jusqu_au": "demain"}, 422, "« demain » n&#39;est pas une date"),
        ({"jusqu_au": "2027-11-20"}, 409, "au plus tard"),
        ({"vu": "99"}, 409, "L&#39;annuaire a changé depuis"),
        ({"champs": ""}, 409, "Rien ne change"),
    ],
)
def test_a_form_that_cannot_be_done_is_shown_again_as_it_was(
    espace: Espace, client: TestClient, changed: dict[str, str], code: int, told: str
) -> None:
    form = seen_by(client) | {"champs": "actif", "raison": "rouvert « dit-on »"} | changed
    answer = client.post(f"{PAGE}/corriger", data=form)

    assert (answer.status_code, is_open(espace)) == (code, False)
    assert told in answer.text
    if "raison" not in changed:
        assert ">rouvert « dit-on »</textarea>" in answer.text
    assert ("checked" in answer.text) is (changed.get("champs") != "")


def test_two_people_on_one_form_do_not_undo_each_other(espace: Espace, client: TestClient) -> None:
    first = seen_by(client) | {"champs": "actif", "raison": "rouvert"}
    second = seen_by(client) | {"champs": "engagement", "raison": "exigé"}
    codes = [client.post(f"{PAGE}/corriger", data=form).status_code for form in (first, second)]

    assert codes == [303, 409]
    assert is_open(espace) is True


def test_what_is_kept_is_let_go_of_with_a_reason(espace: Espace, client: TestClient) -> None:
    asked = Correction(BREST, {"actif": True}, "rouvert", "VOIRIE", jusqu_au=espace.today())
    gestes.correct(espace, asked, "marie")
    with reading(espace.engine) as conn:
        (one,) = corrections.standing(conn, espace.today())
    form = {"jeton": token_of(client.get(PAGE).text), "correction": str(one.import_id)}
    mute = client.post(f"{PAGE}/relacher", data=form)
    said = client.post(f"{PAGE}/relacher", data=form | {"raison": "refermé"})
    again = client.post(f"{PAGE}/relacher", data=form | {"raison": "refermé"})
    with reading(espace.engine) as conn:
        left = corrections.standing(conn, espace.today())

    assert (mute.status_code, said.status_code, again.status_code) == (422, 303, 409)
    assert "Dites pourquoi elle n&#39;est plus maintenue." in mute.text
    assert left == []


@pytest.mark.parametrize("login", ["lecture", "fournisseur"])
def test_who_may_not_act_neither_sees_the_form_nor_sends_it(espace: Espace, login: str) -> None:
    client = enter(espace, login)
    form = {"service": "VOIRIE", "champs": "actif", "raison": "x", "jeton": token_of(client.get(PAGE).text)}

    assert "corriger" not in client.get(PAGE).text
    assert client.get(f"{PAGE}/corriger").status_code == 403
    assert client.post(f"{PAGE}/corriger", data=form).status_code == 403
    assert client.post(f"{PAGE}/relacher", data=form | {"correction": "1"}).status_code == 403
    assert is_open(espace) is False


def test_a_correction_without_the_token_of_the_session_is_refused(espace: Espace, client: TestClient) -> None:
    form = seen_by(client) | {"champs": "actif", "raison": "rouvert", "jeton": "0" * 64}

    assert client.post(f"{PAGE}/corriger", data=form).status_code == 403
    assert is_open(espace) is False
