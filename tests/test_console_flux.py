"""What operators and suppliers see of flux: lists, one of them, its files; nothing of anybody else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import structlog
from console import add_user, enter, log_in, make_client
from sqlalchemy import select, update
from starlette.testclient import TestClient
from workspace import answers, copy_espace, deposit, make_espace

from edi.app import App
from edi.espace import Espace, open_espace
from edi.model import Role
from edi.samples import LotSpec
from edi.store import emissions, recherches
from edi.store.database import reading
from edi.store.tables import emission, facture, flux


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AAA123: flux 1 whole, 2 in part, 3 irrecevable; BBB456: flux 4."""
    root = tmp_path_factory.mktemp("flux") / "template"
    espace = make_espace(root)
    deposit(espace, LotSpec("ubl", 2, numero_flux=1))
    deposit(espace, LotSpec("ubl", 3, numero_flux=2, graine=2, fautes={2: "service-inconnu"}))
    deposit(espace, LotSpec("ubl", 2, numero_flux=3, graine=3, tronque=True))
    App(espace).run_once()
    deposit(espace, LotSpec("ubl", 1, numero_flux=1, graine=4, appli="BBB456"))
    App(espace).run_once()
    add_user(espace, "marie")
    add_user(espace, "ouest", Role.FOURNISSEUR, "AAA123")
    add_user(espace, "armor", Role.FOURNISSEUR, "BBB456")
    add_user(espace, "rien", Role.FOURNISSEUR)
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def as_user(espace: Espace) -> Callable[[str], TestClient]:
    return partial(enter, espace)


@pytest.fixture
def marie(as_user: Callable[[str], TestClient]) -> TestClient:
    return as_user("marie")


def references(espace: Espace) -> dict[int, str]:
    with reading(espace.engine) as conn:
        return {row.id: row.idflux or row.nom for row in conn.execute(select(flux))}


def shown(client: TestClient, espace: Espace, query: str = "") -> set[int]:
    """The flux that a list shows, by number."""
    page = client.get(f"/flux{query}")
    assert page.status_code == 200
    return {number for number in references(espace) if f'href="/flux/{number}"' in page.text}


# -- lists ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {1, 2, 3, 4}),
        ("?deposant=AAA123", {1, 2, 3}),
        ("?deposant=bbb456", {4}),
        ("?statut=INTEGRE", {1, 4}),
        ("?statut=INTEGRE&statut=IRRECEVABLE", {1, 3, 4}),
        ("?statut=BOF", {1, 2, 3, 4}),
        ("?interface=FSO1100A&deposant=AAA123", {1, 2, 3}),
        ("?interface=FSO9999A", set()),
        ("?code=EDI-SERVICE-02", {2}),
        ("?du=2026-11-20&au=20/11/2026", {1, 2, 3, 4}),
        ("?du=2026-11-21", set()),
        ("?au=2026-11-19", set()),
        ("?cherche=AAA1231100000000000000002", {2}),
        ("?cherche=FSO1100A_BBB456", {4}),
        ("?cherche=fso1100a_bbb456", set()),
        ("?cherche=%25", set()),
        ("?cherche=rien-de-tel", set()),
    ],
)
def test_a_list_shows_what_its_filter_lets_through(
    marie: TestClient, espace: Espace, query: str, found: set[int]
) -> None:
    assert shown(marie, espace, query) == found


@pytest.mark.parametrize("field", ["numero", "fournisseur", "destinataire", "engagement", "fichier"])
def test_what_people_hold_of_an_invoice_finds_it_and_its_flux(
    marie: TestClient, espace: Espace, field: str
) -> None:
    with reading(espace.engine) as conn:
        row = conn.execute(select(facture).where(facture.c.flux_id == 2, facture.c[field] != "")).first()
    assert row is not None
    page = marie.get("/flux", params={"cherche": row._mapping[field]})

    assert f'href="/factures/{row.id}"' in page.text
    assert 'href="/flux/2"' in page.text


def test_a_filter_that_means_nothing_is_told(marie: TestClient) -> None:
    page = marie.get("/flux?du=bof&statut=BOF")

    assert "« bof » n&#39;est pas une date" in page.text
    assert "« BOF » n&#39;est pas un statut" in page.text


def test_pages_go_on_without_a_hole_or_a_double_in_both_directions(espace: Espace) -> None:
    with reading(espace.engine) as conn:
        asked, scope = recherches.Filtre(), recherches.Portee(None)
        whole = [f.id for f in recherches.list_flux(conn, scope, asked, 10).lignes]
        first = recherches.list_flux(conn, scope, asked, 3)
        second = recherches.list_flux(conn, scope, asked, 3, avant=first.lignes[-1].id)
        back = recherches.list_flux(conn, scope, asked, 3, apres=second.lignes[0].id)

    assert [f.id for f in (*first.lignes, *second.lignes)] == whole
    assert (first.plus_recents, first.plus_anciens) == (False, True)
    assert (second.plus_recents, second.plus_anciens) == (True, False)
    assert back == first._replace(plus_anciens=True)


# -- one flux ---------------------------------------------------------------------------------------------


def test_a_flux_tells_its_life_its_balance_its_causes_and_who_acts(marie: TestClient) -> None:
    page = marie.get("/flux/2").text

    for told in (
        "Intégré partiellement",
        "Suite, par l&#39;émetteur",
        "EDI-SERVICE-02",
        "<strong>3</strong> reçues",
        "<strong>2</strong> acceptées",
        "<strong>1</strong> rejetée",
        "déposé par AAA123",
        "Règles de Navette",
    ):
        assert told in page


def test_the_invoices_of_a_flux_are_shown_by_what_became_of_them(marie: TestClient, espace: Espace) -> None:
    with reading(espace.engine) as conn:
        rejected = set(conn.execute(select(facture.c.id).where(facture.c.statut == "NON_CONFORME")).scalars())
        whole = set(conn.execute(select(facture.c.id).where(facture.c.flux_id == 2)).scalars())

    def factures_of(query: str) -> set[int]:
        page = marie.get(f"/flux/2{query}").text
        return {number for number in whole if f'href="/factures/{number}"' in page}

    assert factures_of("") == whole
    assert factures_of("?factures=rejetees") == rejected
    assert factures_of("?factures=acceptees") == whole - rejected
    assert factures_of("?factures=attente") == set()


def test_the_original_is_given_byte_for_byte_under_its_name(marie: TestClient, espace: Espace) -> None:
    answer = marie.get("/flux/2/original")
    with reading(espace.engine) as conn:
        row = conn.execute(select(flux).where(flux.c.id == 2)).one()

    assert hashlib.sha256(answer.content).hexdigest() == row.sha256
    assert row.nom in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_return_flows_are_given_again_though_their_files_were_taken_away(
    marie: TestClient, espace: Espace
) -> None:
    left = answers(espace)
    for name in left:
        (espace.spool.outbox("AAA123") / name).unlink()
    with reading(espace.engine) as conn:
        told = [e for number in (1, 2, 3) for e in emissions.of_flux(conn, number)]
    again = {e.nom: marie.get(f"/flux/{e.flux_id}/retours/{e.id}").content for e in told}

    assert again == left


def test_a_return_flow_that_would_not_be_the_same_is_not_given(marie: TestClient, espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(update(emission).values(sha256="0" * 64))
        (first, *_) = emissions.of_flux(conn, 1)

    assert marie.get(f"/flux/1/retours/{first.id}").status_code == 409


@pytest.mark.parametrize(
    "path",
    ["/flux/99", "/flux/99/original", "/flux/1/retours/999", "/flux/abc", "/flux/1/retours/x", "/flux/-1"],
)
def test_what_is_not_there_is_told_with_a_page_of_ours(marie: TestClient, path: str) -> None:
    page = marie.get(path)

    assert page.status_code == 404
    assert "Cette page n&#39;existe pas" in page.text


def test_a_return_flow_is_found_under_its_own_flux_alone(marie: TestClient, espace: Espace) -> None:
    with reading(espace.engine) as conn:
        (first, *_) = emissions.of_flux(conn, 1)

    assert marie.get(f"/flux/2/retours/{first.id}").status_code == 404


# -- suppliers --------------------------------------------------------------------------------------------


def urls_of(espace: Espace, number: int) -> list[str]:
    """Every address about one flux."""
    with reading(espace.engine) as conn:
        told = [f"/flux/{number}/retours/{e.id}" for e in emissions.of_flux(conn, number)]
        bills = conn.execute(select(facture.c.id).where(facture.c.flux_id == number)).scalars()
        return [f"/flux/{number}", f"/flux/{number}/original", *told, *(f"/factures/{b}" for b in bills)]


def test_a_supplier_finds_nothing_of_another_by_any_address(
    as_user: Callable[[str], TestClient], espace: Espace
) -> None:
    client = as_user("armor")
    for path in (path for number in (1, 2, 3) for path in urls_of(espace, number)):
        assert (path, client.get(path).status_code) == (path, 404)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?deposant=AAA123",
        "?cherche=AAA1231100000000000000002",
        "?cherche=FSO1100A_AAA123",
        "?statut=INTEGRE_PARTIEL",
        "?code=EDI-SERVICE-02",
        "?apres=1",
        "?avant=99",
    ],
)
def test_a_supplier_finds_nothing_of_another_in_any_list(
    as_user: Callable[[str], TestClient], espace: Espace, query: str
) -> None:
    assert shown(as_user("armor"), espace, query) <= {4}
    assert "AAA123" not in as_user("armor").get(f"/flux{query}").text.replace(query.partition("=")[2], "")


def test_a_supplier_sees_its_own(as_user: Callable[[str], TestClient], espace: Espace) -> None:
    client = as_user("ouest")

    assert shown(client, espace) == {1, 2, 3}
    for path in (path for number in (1, 2, 3) for path in urls_of(espace, number)):
        assert (path, client.get(path).status_code) == (path, 200)


def test_a_supplier_without_a_deposant_sees_nothing(
    as_user: Callable[[str], TestClient], espace: Espace
) -> None:
    assert shown(as_user("rien"), espace) == set()


def test_the_first_page_of_a_supplier_tells_nothing_of_the_platform(
    as_user: Callable[[str], TestClient],
) -> None:
    page = as_user("armor").get("/").text

    assert "Alertes ouvertes" not in page
    assert "Rien n'est-il perdu" not in page
    assert "<strong>1</strong>" in page  # its one flux
    assert "<strong>2</strong>" not in page


def test_figures_kept_for_a_moment_are_those_of_who_asks(
    as_user: Callable[[str], TestClient], espace: Espace
) -> None:
    client = make_client(espace)
    pages = []
    for login in ("marie", "armor"):
        client.cookies.clear()
        log_in(client, login)
        pages.append(client.get("/").text)

    assert ["Alertes ouvertes" in page for page in pages] == [True, False]


def test_what_a_supplier_does_not_find_is_logged_by_its_number(
    as_user: Callable[[str], TestClient],
) -> None:
    client = as_user("armor")
    with structlog.testing.capture_logs() as told:
        client.get("/flux/1")

    assert [(one["event"], one["path"]) for one in told] == [("access_refused", "/flux/1")]
