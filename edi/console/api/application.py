"""The API put together: an application of its own below that of the pages, behind the same door."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from edi import __version__
from edi.console.api import factures, flux, gestes, plateforme, registre
from edi.console.api.parametres import check_parameters
from edi.console.api.problemes import GENRE, HANDLERS

CHEMIN = "/api/v1"
ROUTERS = (plateforme.router, flux.router, factures.router, registre.router, gestes.router)

_DESCRIPTION = """Les lectures et les gestes de la console, pour des programmes.

Chaque demande porte un jeton, `Authorization: Bearer …`, fait par `edi jeton create` ; il voit et peut ce que
son rôle voit et peut. Une séance de navigateur ne peut que lire. Montants : textes décimaux ; instants : ISO
8601 ; erreurs : `application/problem+json` (RFC 9457). Une liste longue se lit page par page : on redemande
avec `curseur` égal à `suivant`."""


def make_api(state: Any) -> FastAPI:
    """The API of a console; ``state``: what the pages are made of."""
    api = FastAPI(
        title="Navette",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(check_parameters)],
    )
    api.state = state
    for router in ROUTERS:
        api.include_router(router)
    for error, tell in HANDLERS.items():
        api.add_exception_handler(error, tell)
    api.openapi = lambda: _describe(api)  # type: ignore[method-assign]
    return api


def _describe(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: errors under their own media type, the token that every request bears."""
    if api.openapi_schema is None:
        told = get_openapi(
            title=api.title, version=api.version, description=api.description, routes=api.routes
        )
        told["servers"] = [{"url": CHEMIN}]
        told["components"]["securitySchemes"] = {"jeton": {"type": "http", "scheme": "bearer"}}
        told["security"] = [{"jeton": []}]
        for operation in (one for path in told["paths"].values() for one in path.values()):
            operation["summary"] = operation["description"].partition("\n")[0].partition(" : ")[0].rstrip(".")
            for code, answer in operation["responses"].items():
                if code >= "400":
                    answer["content"] = {GENRE: answer["content"]["application/json"]}
        api.openapi_schema = told
    return api.openapi_schema
