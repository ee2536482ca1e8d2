"""Pages stay quick however much there is: each query goes along an index; figures that cost serve again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from console import add_user, log_in, make_client
from sqlalchemy import event, update
from workspace import deposit, make_espace

from edi.app import App
from edi.console.memoire import Memoire
from edi.espace import Espace
from edi.gestes.depot import deposit_by_hand
from edi.gestes.rejeu import begin
from edi.model import DepotVoulu, Role
from edi.samples import LotSpec, make_lot
from edi.store import recherches, rejets
from edi.store.database import reading
from edi.store.rejeux import Nouveau
from edi.store.tables import rejeu_lance

pytestmark = pytest.mark.sqlite  # its planner

GROWING = ("flux", "facture", "finding", "flux_statut", "facture_statut", "emission", "livraison", "envoi")
GROWING += ("structure", "service", "structure_passee", "service_passe", "annuaire_correction", "mandat")
GROWING += ("rejet", "rejeu_facture")


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    made = make_espace(tmp_path_factory.mktemp("plans") / "e")
    deposit(made, LotSpec("ubl", 3, numero_flux=1, graine=2, fautes={2: "service-inconnu"}))
    App(made).run_once()
    add_user(made, "marie")
    voulu = DepotVoulu("AAA123", "facture.xml", raison="essai")
    with made.spool.open_versement() as versement:
        versement.write(make_lot(LotSpec("ubl", archive="xml", numero_flux=2)).data)
        deposit_by_hand(made, voulu, versement, "marie")
    add_user(made, "armor", Role.FOURNISSEUR, "BBB456")
    add_user(made, "ouest", Role.FOURNISSEUR, "AAA123")
    return made


@contextmanager
def asked(espace: Espace) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(espace.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(espace.engine, "before_cursor_execute", note)


def scans(espace: Espace, statements: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """The tables that grow and that a statement goes through whole, not even along an index."""
    found = []
    with espace.engine.connect() as conn:
        for statement, parameters in statements:
            if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
                continue
            plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for *_, detail in plan:
                words = detail.split()
                if words[0] == "SCAN" and words[1] in GROWING and "INDEX" not in words:
                    found.append((detail, statement))
    return found


@pytest.mark.parametrize("few", [1_000, 0])  # what is looked for is rare, or everywhere
@pytest.mark.parametrize("login", ["marie", "ouest"])
@pytest.mark.parametrize(
    "path",
    [
        "/flux",
        "/flux?statut=INTEGRE_PARTIEL",
        "/flux?deposant=AAA123&statut=REJETE",
        "/flux?interface=FSO1100A",
        "/flux?code=EDI-SERVICE-02",
        "/flux?du=2026-11-20&au=2026-11-20",
        "/flux?cherche=FSO1100A_AAA123",
        "/flux?cherche=12345678200028&statut=REJETE&code=EDI-SERVICE-02",
        "/flux?avant=1",
        "/flux/1",
        "/factures/1",
        "/factures/3",
        "/deposants",
        "/deposants/AAA123",
        "/deposer",
        "/deposer/depots",
        "/deposer/depots?avant=3",
        "/deposer/depots/1",
        "/annuaire",
        "/annuaire?cherche=00021290200019",
        "/annuaire?cherche=*brest*&exige=rien&edi=recoit&active=oui",
        "/annuaire?cherche=29*&apres=1:00021290200019",
        "/annuaire?quoi=services&cherche=voirie&active=non",
        "/annuaire?quoi=services&avant=00021290200019:VOIRIE",
        "/annuaire/00021290200019",
        "/mandats",
        "/mandats?etat=ACTIF&fournisseur=000310029",
        "/mandats?deposant=AAA123&avant=3",
        "/mandats?fournisseur=00031002900012",
        "/mandats/1",
        "/api/v1/flux?deposant=AAA123&statut=REJETE",
        "/api/v1/flux?curseur=1",
        "/api/v1/flux/1",
        "/api/v1/flux/1/constats",
        "/api/v1/factures?cherche=12345678200028",
        "/api/v1/factures/1",
        "/api/v1/mandats",
        "/api/v1/quarantaine",
        "/rejets",
        "/rejets?deposant=AAA123&code=EDI-SERVICE-02",
        "/rejets/EDI-SERVICE-02",
        "/rejets/EDI-SERVICE-02?deposant=AAA123&avant=9&fournisseur=1&signature=~x",
    ],
)
def test_no_page_goes_through_a_whole_table(
    espace: Espace, monkeypatch: pytest.MonkeyPatch, path: str, login: str, few: int
) -> None:
    monkeypatch.setattr(recherches, "_PEU", few)
    client = make_client(espace)
    log_in(client, login)
    with asked(espace) as statements:
        assert client.get(path).status_code == 200

    assert len(statements) > 1
    assert scans(espace, statements) == []


@pytest.mark.parametrize("path", ["/quarantaine", "/retenues", "/jugements", "/alertes"])
def test_no_page_of_operators_goes_through_a_whole_table(espace: Espace, path: str) -> None:
    client = make_client(espace)
    log_in(client, "marie")
    with asked(espace) as statements:
        assert client.get(path).status_code == 200

    assert statements
    assert scans(espace, statements) == []


@pytest.mark.parametrize("path", ["/rejeux/1", "/rejeux/1?change=acceptee&apres=2"])
def test_the_page_of_a_replay_goes_through_no_whole_table(espace: Espace, path: str) -> None:
    with reading(espace.engine) as conn:
        wanted = rejets.chosen(conn, rejets.Choix(), espace.settings.fuseau)
    begin(espace, Nouveau("marie", "la facture", "", True, "", "ailleurs"), wanted)
    client = make_client(espace)
    log_in(client, "marie")
    with espace.engine.begin() as conn:
        conn.execute(update(rejeu_lance).values(fini_le=espace.now()))
    with asked(espace) as statements:
        assert client.get(path).status_code == 200

    assert scans(espace, statements) == []


def test_the_first_page_goes_through_no_whole_table_but_for_its_balance(espace: Espace) -> None:
    client = make_client(espace)
    log_in(client, "marie")
    with asked(espace) as statements:
        client.get("/")
    with asked(espace) as again:
        client.get("/")

    assert scans(espace, statements) == []
    assert len(again) < len(statements) - 3  # a month of figures serves again


# -- figures that serve again -----------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_value_serves_then_serves_while_it_is_renewed_then_no_longer() -> None:
    clock, later = Clock(), list[Callable[[], object]]()
    memoire = Memoire(10, 100, clock)
    values = iter(range(10))

    def ask() -> int:
        return memoire.get("k", lambda: next(values), later.append)

    assert (ask(), ask(), later) == (0, 0, [])
    clock.now = 10
    assert (ask(), len(later)) == (0, 1)
    later.pop()()
    assert (ask(), later) == (1, [])
    clock.now = 110
    assert (ask(), later) == (2, [])


def test_what_fails_is_not_kept() -> None:
    memoire = Memoire(10, 100, Clock())

    def fail() -> int:
        raise ValueError

    with pytest.raises(ValueError):
        memoire.get("k", fail, lambda task: None)
    assert memoire.get("k", lambda: 1, lambda task: None) == 1
