"""What each role is refused; a supplier user cannot see another's flux by any address of the console."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from fenetre import log_in
from playwright.sync_api import Page, expect
from sqlalchemy import select
from test_adresses import ROUTES

from edi.espace import Espace
from edi.store.database import reading
from edi.store.tables import emission, facture, flux

STREAM = "/nouvelles"  # it never ends, and tells that something is new, not what
ASKED = ("/flux?cherche={}", "/flux?deposant=AAA123", "/rejets?deposant=AAA123", "/factures?cherche={}")
PUBLIC = {
    "piece": [0],
    "page": [1],
    "appli": ["AAA123"],
    "jeu": ["en16931-ubl"],
    "version": ["1.3.16"],
    "passage_id": [1],
    "forme": ["html"],
    "number": [1],
    "identifiant": ["12345678200028"],
    "mandat_id": [1, 2, 3],
    "code": ["EDI-SERVICE-02"],
    "rejeu_id": [1],
}


def others(espace: Espace) -> tuple[set[str], dict[str, list[int]]]:
    """What names the deposits of AAA123 alone; the numbers that its pages are found by."""
    with reading(espace.engine) as conn:
        mine = flux.c.appli == "AAA123"
        lots = conn.execute(select(flux.c.id, flux.c.idflux, flux.c.nom).where(mine)).all()
        joined = select(facture.c.id, facture.c.numero).join(flux, flux.c.id == facture.c.flux_id)
        invoices = conn.execute(joined.where(mine)).all()
        answers = conn.execute(
            select(emission.c.id, emission.c.nom).where(emission.c.appli == "AAA123")
        ).all()
    named = {row.nom for row in (*lots, *answers)} | {row.idflux for row in lots if row.idflux}
    numbers = {"flux_id": lots, "facture_id": invoices, "emission_id": answers}
    ids = {name: [row.id for row in rows[:4]] for name, rows in numbers.items()}
    return named | {row.numero for row in invoices}, ids


def addresses(ids: dict[str, list[int]], named: set[str]) -> Iterator[str]:
    """Every address of a page or a file, with what is of AAA123 in it; a new parameter must be told here."""
    for route in ROUTES:
        names = re.findall(r"{(\w+)}", route.path)
        for values in product(*((ids | PUBLIC)[name] for name in names)):
            yield route.path.format(**dict(zip(names, values, strict=True)))
    for asked in ASKED:
        yield asked.format(min(named))


def test_a_supplier_sees_nothing_of_another_by_any_address(
    open_page: Callable[..., Page], espace: Espace
) -> None:
    named, ids = others(espace)
    page = open_page()
    log_in(page, "armor")
    seen, answered = [], 0
    for address in addresses(ids, named):
        if address == STREAM:
            continue
        answer = page.request.get(address, max_redirects=0)
        answered += answer.status == 200
        told = answer.text().replace(min(named), "") if "cherche" in address else answer.text()
        seen += [(address, one) for one in named if one in told]

    assert answered > 10  # its own pages are shown
    assert seen == []


def test_an_operator_sees_it_by_the_same_addresses(open_page: Callable[..., Page], espace: Espace) -> None:
    named, ids = others(espace)
    page = open_page()
    log_in(page, "marie")
    told = " ".join(page.request.get(f"/flux/{one}").text() for one in ids["flux_id"])

    assert len([one for one in named if one in told]) > 10


@pytest.mark.parametrize(
    ("login", "refused", "shown"),
    [
        ("lise", ["/comptes", "/deposer", "/mandats/nouveau"], ["/alertes", "/jugements", "/rejets"]),
        ("marie", ["/comptes"], ["/alertes", "/deposer", "/mandats/nouveau"]),
        ("vera", ["/comptes"], ["/jugements", "/deposer"]),
        ("armor", ["/comptes", "/alertes", "/quarantaine", "/retenues", "/jugements"], ["/deposer", "/flux"]),
        ("chef", [], ["/comptes", "/jugements", "/deposer"]),
    ],
)
def test_each_role_is_refused_what_is_not_for_it(
    open_page: Callable[..., Page], espace: Espace, login: str, refused: list[str], shown: list[str]
) -> None:
    page = open_page()
    log_in(page, login)
    answered = {}
    for address in refused:
        page.goto(address)
        expect(page.get_by_role("heading", name="Cette page n'est pas pour vous")).to_be_visible()
    for address in shown:
        answer = page.goto(address)
        answered[address] = answer.status if answer else 0

    assert answered == dict.fromkeys(shown, 200)
