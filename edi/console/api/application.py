"""The API put together: an application of its own below that of the pages, behind the same door."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from edi import __version__
from edi.console.api import (
    comptes,
    corrections,
    deposants,
    depots,
    factures,
    flux,
    gestes_flux,
    jetons,
    jugements,
    mandats,
    nuits,
    passages,
    pdf,
    plateforme,
    registre,
    regles,
    rejets,
    rejeux,
    retenues,
)
from edi.console.api.parametres import check_parameters
from edi.console.api.problemes import GENRE, HANDLERS, make_problem

CHEMIN = "/api/v1"
# Whose body is a file, with a limit of its own.
DEPOTS = {f"{CHEMIN}/depots{each}" for each in ("", "/essai", "/pdf", "/pdf/essai")}
ROUTERS = (
    plateforme.router,
    deposants.router,
    deposants.ensemble,
    flux.router,
    factures.router,
    pdf.router,
    rejets.router,
    rejeux.router,
    registre.router,
    corrections.router,
    mandats.router,
    regles.router,
    retenues.router,
    jugements.router,
    nuits.router,
    passages.router,
    depots.router,
    gestes_flux.router,
    comptes.router,
    jetons.router,
)
_LE_PLUS = 64 * 1024  # bytes of what an act is told

_DESCRIPTION = """Les lectures et les gestes de la console, pour des programmes.

Chaque demande porte un jeton, `Authorization: Bearer …`, fait par `edi jeton create` ou par /jetons ; il
voit et peut ce que son rôle voit et peut, et /compte le lui dit. Une séance de navigateur ne peut que lire.
Un geste est un POST en JSON ; un dépôt, un fichier tel quel, ou un formulaire pour un PDF et ses données.
Montants : textes décimaux ; instants : ISO 8601 ; erreurs : `application/problem+json` (RFC 9457). Une
liste longue se lit page par page : on redemande avec `curseur` égal à `suivant`."""


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
    api.add_middleware(Mesure)
    for error, tell in HANDLERS.items():
        api.add_exception_handler(error, tell)
    api.openapi = lambda: _describe(api)  # type: ignore[method-assign]
    return api


class Mesure:
    """Refuses what is too long to be the body of an act before any of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self.app
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] not in DEPOTS:
            length = Headers(scope=scope).get("content-length", "")
            if not length.isdigit() or int(length) > _LE_PLUS:
                app = make_problem(413, f"Le corps d'un geste ne dépasse pas {_LE_PLUS} octets.")
        await app(scope, receive, send)


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
