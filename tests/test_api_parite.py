"""The API offers what the pages offer: to each page and act its addresses, under the same rights."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from console import make_client
from fastapi import FastAPI
from fastapi.routing import APIRoute
from parite import AUTRE_DROIT, LUS, PENDANTS, RENOMMES, SANS_PENDANT, Route, is_of_page
from starlette.routing import Mount
from starlette.routing import Route as Plain
from workspace import make_espace

from edi.console.api.application import CHEMIN, make_api
from edi.console.droits import DROITS
from edi.manuel.minimum import NOMS
from edi.model import Role

API = make_api(None)
PATHS: dict[str, Any] = API.openapi()["paths"]
SCHEMAS: dict[str, Any] = API.openapi()["components"]["schemas"]
DEPOSER = {"deposant", "raison", "fichier", *NOMS}  # the fields of the form of deposits


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    espace = make_espace(tmp_path_factory.mktemp("parite") / "e", annuaire=False)
    app = make_client(espace).app
    assert isinstance(app, FastAPI)
    return app


@pytest.fixture(scope="module")
def pages(console: FastAPI) -> dict[Route, APIRoute]:
    return dict(list_routes(console))


def list_routes(some: Any) -> Iterator[tuple[Route, APIRoute]]:
    """The routes of an application or of a router, those of the routers in it too."""
    for route in some.routes:
        if isinstance(route, APIRoute):
            for method in route.methods:
                yield (method, route.path), route
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from list_routes(inner)


def roles(route: APIRoute) -> set[Role]:
    """Who has all the rights that ``needs`` asks for before a route."""
    calls = [one.dependency for one in route.dependencies if one.dependency is not None]
    asked = {
        inspect.getclosurevars(call).nonlocals.get("droit") for call in calls if inspect.isfunction(call)
    }
    return {role for role, given in DROITS.items() if asked - {None} <= given}


def fields(schema: Any) -> set[str]:
    """The names of a body, however deep."""
    if "$ref" in schema:
        return fields(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    names = set(schema.get("properties", ()))
    below = [*schema.get("properties", {}).values(), *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return names.union(*(fields(one) for one in below))


def names_of(method: str, path: str) -> set[str]:
    """All that an operation of the API may be told."""
    told = PATHS[path][method.lower()]
    bodies = told.get("requestBody", {}).get("content", {}).values()
    return {one["name"] for one in told.get("parameters", ())}.union(
        *(fields(one["schema"]) for one in bodies)
    )


def test_every_page_and_act_has_its_addresses_in_the_api_or_a_reason_to_have_none(
    pages: dict[Route, APIRoute],
) -> None:
    assert set(pages) == PENDANTS.keys() | SANS_PENDANT.keys()
    assert not PENDANTS.keys() & SANS_PENDANT.keys()


def test_nothing_is_served_beside_pages_api_and_static_files(console: FastAPI) -> None:
    others = {one.path for one in console.routes if isinstance(one, Mount | Plain)}

    assert others == {CHEMIN, "/static", "/health/live"}


def test_the_api_has_the_addresses_that_are_named_and_no_other() -> None:
    named = {(method, path) for (method, _), paths in PENDANTS.items() for path in paths}

    assert dict(list_routes(API)).keys() == named


def test_an_address_of_the_api_is_for_the_roles_of_its_page(pages: dict[Route, APIRoute]) -> None:
    api = dict(list_routes(API))
    other = {
        (page[0], path)
        for page, paths in PENDANTS.items()
        for path in paths
        if roles(pages[page]) != roles(api[page[0], path])
    }

    assert other == AUTRE_DROIT.keys()
    assert roles(pages["POST", "/comptes/jetons"]) == {Role.ADMINISTRATEUR}  # rights are found at all
    assert roles(api["GET", "/flux"]) == set(Role)


def test_what_a_page_may_be_told_the_api_may_too(pages: dict[Route, APIRoute]) -> None:
    lacking = set()
    for (method, page), paths in PENDANTS.items():
        dependant = pages[method, page].dependant
        asked = {one.alias for one in (*dependant.query_params, *dependant.body_params)}
        asked |= LUS.get((method, page), set()) | (
            DEPOSER if (method, page) == ("POST", "/deposer") else set()
        )
        told = set().union(*(names_of(method, path) for path in paths))
        lacking |= {(page, name) for name in asked - told if not is_of_page(page, name)}

    assert lacking == set()


def test_no_reason_is_told_of_what_is_not_there(pages: dict[Route, APIRoute]) -> None:
    paths = {path for _, path in pages}

    assert {path for path, _ in RENOMMES} <= paths
    assert LUS.keys() <= pages.keys()
