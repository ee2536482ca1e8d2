"""What the pages show, through the API: versions of rules, reports, the registry, rejections, PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from api import API, as_program, make_token
from attendus import expect
from console import add_user, enter
from nuits import add_settings
from sqlalchemy import select, update
from starlette.testclient import TestClient
from test_console_plateforme import KERVADEC, NUIT
from test_rejeu import open_service
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.console.api import registre
from edi.espace import Espace, open_espace
from edi.model import Role
from edi.model.regles import Comparaison, LigneComparee
from edi.samples import LotSpec
from edi.store import attendus as attendus_store
from edi.store import comparaisons
from edi.store.database import reading
from edi.store.tables import facture, rejet
from edi.validators.schematron.packs import PACKS, locate_sheet

STRUCTURE = "12345678200028"


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    """AAA123: a lot in part, a mixed one, a Factur-X; a night that was made; a channel, a missing deposit."""
    root = tmp_path_factory.mktemp("lectures") / "e"
    make_espace(root).engine.dispose()
    add_settings(root, KERVADEC, NUIT)
    made = open_espace(root)
    deposit(made, LotSpec("ubl", 4, numero_flux=1, graine=2, fautes={2: "service-inconnu"}))
    deposit(made, LotSpec("mixte", 1, numero_flux=2, graine=3, archive="xml"))
    deposit(made, LotSpec("facturx", 1, numero_flux=3, graine=8))
    App(made).run_jobs(["factures"], forced=True)
    with made.engine.begin() as conn:
        attendus_store.add(conn, replace(expect("02:00", "06:00"), appli="BBB456", id=0))
    add_user(made, "marie")
    return made


@pytest.fixture(scope="module")
def clients(espace: Espace) -> Iterator[dict[str, TestClient]]:
    """Programs of each kind, and somebody's browser, over one console."""
    tokens = {
        "lecture": make_token(espace, Role.LECTURE),
        "operateur": make_token(espace, Role.OPERATEUR),
        "ouest": make_token(espace, Role.FOURNISSEUR, "AAA123", nom="ouest"),
        "armor": make_token(espace, Role.FOURNISSEUR, "BBB456", nom="armor"),
    }
    marie = enter(espace, "marie")
    app, base = marie.app, f"http://testserver{API}/"
    shown = {nom: {"Authorization": f"Bearer {token}"} for nom, token in tokens.items()}
    yield {"marie": marie} | {nom: TestClient(app, base, headers=one) for nom, one in shown.items()}
    app.state.console.gestes.close()  # type: ignore[attr-defined]


@pytest.fixture
def marie(clients: dict[str, TestClient]) -> TestClient:
    return clients["marie"]


@pytest.fixture
def lecture(clients: dict[str, TestClient]) -> TestClient:
    return clients["lecture"]


@pytest.fixture
def operateur(clients: dict[str, TestClient]) -> TestClient:
    return clients["operateur"]


@pytest.fixture
def ouest(clients: dict[str, TestClient]) -> TestClient:
    return clients["ouest"]


@pytest.fixture
def armor(clients: dict[str, TestClient]) -> TestClient:
    return clients["armor"]


def every(client: TestClient, path: str, **params: str) -> list[Any]:
    """All the elements of a list, page after page."""
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(path, params={**params, "curseur": cursor}).json()
        found += page["elements"]
        cursor = page["suivant"]
    return found


# -- rules ------------------------------------------------------------------------------------------------


def test_a_candidate_is_told_beside_the_version_in_force_with_what_was_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "e", annuaire=False)
    shipped = locate_sheet(PACKS["br-fr-ubl"][0].parts[0].sheet).read_text("utf-8")
    sheet = tmp_path / "BR-FR.xslt"
    sheet.write_text(shipped.replace(">BR-FR-05<", ">BR-FR-99<").replace("BR-FR-05_", "BR-FR-99_"), "utf-8")
    done = type_edi(
        capsys, "-e", espace.root, "rules", "install", sheet, "--jeu", "br-fr-ubl", "--version", "9"
    )
    assert done.code == 0
    client = as_program(espace, make_token(espace, Role.LECTURE))
    before = client.get("regles/br-fr-ubl/9").json()
    ligne = LigneComparee("1:12345678200010", "Kervadec", 40, 3, 1, 0, 2, {"BR-FR-05": 3}, {})
    with espace.engine.begin() as conn:
        sums = tuple(before["sha256"])
        made = Comparaison("br-fr-ubl", "9", sums, "1", None, date(2026, 12, 1), espace.now(), "x", (ligne,))
        comparaisons.keep(conn, made)
    after = client.get("regles/br-fr-ubl/9").json()
    (held,) = [one for one in client.get("regles").json() if one["id"] == "br-fr-ubl"]
    in_force = next(one["version"] for one in held["versions"] if one["etat"] == "EN_VIGUEUR")
    changed = {one["code"]: one["nature"] for one in before["difference"]["changements"]}

    assert (before["etat"], before["difference"]["avant"], before["comparaison"]) == (
        "CANDIDAT",
        in_force,
        None,
    )
    assert {code[:8]: nature for code, nature in changed.items()} == {
        "BR-FR-99": "nouvelle",
        "BR-FR-05": "disparue",
    }
    assert before["feuilles"][0]["nom"].endswith(".xslt")
    assert after["comparaison"]["fournisseurs"] == [
        {
            "fournisseur": "1:12345678200010",
            "nom": "Kervadec",
            "jugees": 40,
            "rejetees": 3,
            "acceptees": 1,
            "autres": 0,
            "non_jugees": 2,
            "apparus": {"BR-FR-05": 3},
            "disparus": {},
        }
    ]
    assert client.get(f"regles/br-fr-ubl/{in_force}").json()["difference"] is None
    assert client.get("regles/br-fr-ubl/8").status_code == 404
    assert client.get("regles/rien/9").status_code == 404


def test_versions_are_not_for_suppliers_and_rules_are_sorted_by_origin(
    lecture: TestClient, ouest: TestClient
) -> None:
    ours = every(ouest, "regles/catalogue", origine="Navette")

    assert ouest.get("regles/en16931-ubl/1.3.16").status_code == 403
    assert {one["origine"] for one in ours} == {"Navette"}
    assert 0 < len(ours) < len(every(lecture, "regles/catalogue"))


# -- nights -----------------------------------------------------------------------------------------------


def test_the_report_of_a_night_is_given_as_its_page_gives_it(marie: TestClient, lecture: TestClient) -> None:
    told = lecture.get("passages/1").json()

    for forme in ("html", "txt"):
        here = lecture.get(f"passages/1/rapport.{forme}")
        there = marie.get(f"/nuits/passages/1/rapport.{forme}")
        assert here.text == there.text != ""
        assert here.headers["content-type"] == there.headers["content-type"]
        assert here.headers["content-disposition"] == there.headers["content-disposition"]
    assert told["texte"] == lecture.get("passages/1/rapport.txt").text
    assert told["rattrape_par"] is None
    assert lecture.get("passages/1/rapport.exe").status_code == 422
    assert lecture.get("passages/99/rapport.txt").status_code == 404


@pytest.mark.parametrize("path", ["passages/1", "passages/1/rapport.txt", "guerisons", "alertes/passees"])
def test_a_supplier_is_told_nothing_of_the_platform(ouest: TestClient, path: str) -> None:
    assert ouest.get(path).status_code == 403


# -- channels, what is expected -----------------------------------------------------------------------------


def test_channels_and_what_is_expected_are_told_to_whom_they_are_about(
    lecture: TestClient, ouest: TestClient, armor: TestClient
) -> None:
    (whole,), (own,) = lecture.get("canaux").json(), ouest.get("canaux").json()

    assert "sftp.kervadec.example" in whole["adresse"]
    assert set(whole["sens"]) == {"AAA123", "BBB456"}
    assert (set(own["sens"]), own["adresse"], own["incident"]) == ({"AAA123"}, "", "")
    assert [one["deposant"] for one in lecture.get("attendus").json()] == ["BBB456"]
    assert [one["deposant"] for one in armor.get("attendus").json()] == ["BBB456"]
    assert ouest.get("attendus").json() == []


# -- annuaire, mandats --------------------------------------------------------------------------------------


def test_structures_are_filtered_as_on_their_page_and_all_of_them_are_there(
    marie: TestClient, lecture: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = every(lecture, "annuaire")
    monkeypatch.setattr(registre, "_PAGE", 3)
    cut = every(lecture, "annuaire")
    closed = every(lecture, "annuaire", active="non")
    asking = every(lecture, "annuaire", exige="service")

    assert cut == whole
    assert len(whole) > 3
    assert 0 < len(asking) < len(whole)
    assert all(one["gestion_service"] for one in asking)
    assert not any(one["active"] for one in closed)
    assert len(closed) + len(every(lecture, "annuaire", active="oui")) == len(whole)
    assert [one["identifiant"]["valeur"] for one in every(lecture, "annuaire", cherche=STRUCTURE)] == [
        STRUCTURE
    ]
    page = marie.get("/annuaire", params={"exige": "service"}).text
    assert all(one["identifiant"]["valeur"] in page for one in asking)


def test_services_are_searched(lecture: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = every(lecture, "annuaire/services")
    monkeypatch.setattr(registre, "_PAGE", 2)
    own = every(lecture, "annuaire/services", cherche=STRUCTURE)
    told = lecture.get(f"annuaire/{STRUCTURE}").json()["services"]

    assert every(lecture, "annuaire/services") == whole
    assert {one["siret"] for one in own} == {STRUCTURE}
    assert {one["code"] for one in own} == {one["code"] for one in told}
    assert all(one["etat"] for one in own)


@pytest.mark.parametrize(("cursor", "code"), [("ff", 404), ("00", 404), ("f", 422), ("xx", 422), ("31", 200)])
def test_a_cursor_that_is_none_is_told(lecture: TestClient, cursor: str, code: int) -> None:
    assert lecture.get("annuaire", params={"curseur": cursor}).status_code == code


def test_the_history_of_a_structure_names_nobody_to_suppliers(
    operateur: TestClient, ouest: TestClient
) -> None:
    path = f"annuaire/{STRUCTURE}"
    before = operateur.get(path).json()["gestion_engagement"]
    done = operateur.post(
        f"{path}/corrections", json={"champs": {"gestion_engagement": not before}, "raison": "appel reçu"}
    )
    here, there = operateur.get(f"{path}/historique").json(), ouest.get(f"{path}/historique").json()

    assert done.status_code == 200
    assert (here[0]["nature"], here[0]["par"], here[0]["raison"]) == (
        "correction",
        "jeton:operateur",
        "appel reçu",
    )
    assert [(one["par"], one["raison"]) for one in there] == [("", "")] * len(here)
    assert [one["changements"] for one in there] == [one["changements"] for one in here]
    assert operateur.get("annuaire/999/historique").status_code == 404
    assert operateur.get(f"{path}?type=9").status_code == 404


def test_mandats_are_filtered_by_state_given_as_a_file_and_name_nobody_to_suppliers(
    marie: TestClient, operateur: TestClient, ouest: TestClient, armor: TestClient
) -> None:
    made = operateur.post(
        "mandats", json={"mandant": "552100554", "mandataire": "AAA123", "soumis": False}
    ).json()
    by_state = {
        etat: {one["id"] for one in every(operateur, "mandats", etat=etat)}
        for etat in ("SOUSCRIT", "EN_COURS_DE_VALIDATION", "ACTIF", "REVOQUE")
    }
    whole = every(operateur, "mandats")
    own = ouest.get(f"mandats/{made['id']}").json()
    file = operateur.get("mandats/export", params={"mandant": "552100554"})
    page = marie.get("/mandats/export", params={"fournisseur": "552100554"})

    assert made["id"] in by_state["SOUSCRIT"]
    assert by_state == {etat: {one["id"] for one in whole if one["etat"] == etat} for etat in by_state}
    assert len(whole) == len({one["id"] for one in whole}) > len(by_state["ACTIF"]) > 0
    assert file.content == page.content
    assert file.headers["content-disposition"] == page.headers["content-disposition"]
    assert [one["par"] for one in made["historique"]] == ["jeton:operateur"]
    assert [one["par"] for one in own["historique"]] == [""]
    assert armor.get(f"mandats/{made['id']}").status_code == 404
    assert "552100554" not in armor.get("mandats/export").text


def test_what_the_registry_would_let_pass_today_is_counted(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "e")
    deposit(espace, LotSpec("ubl", 2, fautes={1: "service-inconnu"}))
    App(espace).run_once()
    client = as_program(espace, make_token(espace, Role.OPERATEUR))
    before = client.get("guerisons").json()
    open_service(espace)

    assert before == {"factures": 0}
    assert client.get("guerisons").json() == {"factures": 1}


# -- rejections -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Espace, TestClient]]:
    """One invoice that was rejected forty days ago, of a signature, and one of none."""
    espace = make_espace(tmp_path_factory.mktemp("rejets") / "e")
    deposit(espace, LotSpec("ubl", 3, fautes={1: "service-inconnu", 2: "service-inconnu"}))
    App(espace).run_once()
    with espace.engine.begin() as conn:
        first = conn.execute(select(rejet.c.facture_id)).scalars().first()
        conn.execute(update(rejet).where(rejet.c.facture_id == first).values(signature=""))
        conn.execute(update(rejet).values(recu_le=espace.now() - timedelta(days=40)))
    add_user(espace, "marie")
    browser = enter(espace, "marie")
    yield espace, browser
    browser.app.state.console.gestes.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 0),
        ("?jours=40", 0),
        ("?jours=41", 2),
        ("?depuis={then}", 2),
        ("?depuis={after}", 0),
        ("?depuis={then}&jours=2", 2),
        ("?depuis={after}&jours=99", 0),
        ("?depuis=1999-01-01", 2),
    ],
)
def test_rejections_are_looked_at_since_a_day(old: tuple[Espace, TestClient], query: str, found: int) -> None:
    espace, client = old
    then = (espace.now() - timedelta(days=40)).date()
    said = query.format(then=then, after=then + timedelta(days=1))
    shown = client.get(f"/rejets/EDI-SERVICE-02{said}").text
    bills = client.get(f"{API}/rejets/EDI-SERVICE-02/factures{said}").json()["elements"]

    assert client.get(f"{API}/rejets{said}").json()["factures"] == len(bills) == found
    if "jours" not in said and "1999" not in said:  # which the page does not know
        assert all(f'href="/factures/{one["id"]}"' in shown for one in bills)


def test_a_day_that_is_none_is_told(lecture: TestClient) -> None:
    answer = lecture.get("rejets?depuis=hier")

    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "« depuis » n'est pas une date : 2026-11-26.",
    )


def test_the_group_whose_signature_is_empty_is_one_too(old: tuple[Espace, TestClient]) -> None:
    client = as_program(old[0], make_token(old[0], Role.OPERATEUR))
    path = "rejets/EDI-SERVICE-02?jours=60"
    groups = client.get(path).json()["groupes"]

    def bills(**asked: str) -> list[int]:
        page = client.get("rejets/EDI-SERVICE-02/factures", params={"jours": "60", **asked}).json()
        return [one["id"] for one in page["elements"]]

    by_group = {one["signature"]: bills(signature=one["signature"]) for one in groups}
    cause = {"objet": "cause", "code": "EDI-SERVICE-02", "jours": 60}
    begun = client.post("rejeux", json={**cause, "signature": ""}).json()
    client.app.state.console.gestes.close()  # type: ignore[attr-defined]

    assert len(by_group) == len(groups) == 2
    assert [len(some) for some in by_group.values()] == [1, 1]
    assert sorted(bills()) == sorted(by_group[""] + next(by_group[one] for one in by_group if one))
    assert begun["total"] == 1


# -- invoices ---------------------------------------------------------------------------------------------


def first_of(espace: Espace, flux_id: int) -> int:
    query = select(facture.c.id).where(facture.c.flux_id == flux_id).order_by(facture.c.ordre)
    with reading(espace.engine) as conn:
        return int(conn.execute(query).scalars().first() or 0)


@pytest.mark.parametrize(("flux", "end"), [(2, "pieces/0/pdf"), (3, "pdf")])
def test_a_pdf_is_told_page_by_page_and_drawn(
    espace: Espace, ouest: TestClient, armor: TestClient, flux: int, end: str
) -> None:
    path = f"factures/{first_of(espace, flux)}/{end}"
    told, drawn = ouest.get(path).json(), ouest.get(f"{path}/1")

    assert told["pages"] == len(told["feuillets"]) >= 1
    assert told["feuillets"][0]["texte"]
    assert (drawn.headers["content-type"], drawn.content[8:12]) == ("image/webp", b"WEBP")
    assert ouest.get(f"{path}/99").status_code == 404
    assert armor.get(path).status_code == armor.get(f"{path}/1").status_code == 404
    assert ouest.get(f"factures/{first_of(espace, 1)}/pdf").status_code == 404


def test_an_invoice_tells_who_may_still_say_something_of_it(espace: Espace, ouest: TestClient) -> None:
    bills = {one["statut"]: one["id"] for one in ouest.get("flux/1/factures").json()["elements"]}
    accepted = next(number for statut, number in bills.items() if statut != "NON_CONFORME")
    waits, over = (ouest.get(f"factures/{one}").json() for one in (accepted, bills["NON_CONFORME"]))

    assert [one["par"] for one in waits["avenir"] if one["statuts"]]
    assert over["avenir"] == []
    assert (waits["jugements"], waits["meme_numero"]) == ([], None)
