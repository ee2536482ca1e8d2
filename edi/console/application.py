"""The pages put together: one ASGI application, made once for the life of a server."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from edi.console.api.application import CHEMIN, make_api
from edi.console.api.problemes import make_problem
from edi.console.gabarits import make_environment
from edi.console.memoire import Memoire
from edi.console.pages import (
    accueil,
    actes_flux,
    alertes,
    annuaire,
    comptes,
    corrections,
    deposer,
    facture,
    flux,
    jetons,
    jugements,
    mandats,
    nouvelles,
    oidc,
    pdf,
    plateforme,
    quarantaine,
    rejets,
    rejeux,
    retenues,
    seance,
)
from edi.console.portier import API, HEADERS, STATIQUE, Portier, check_form, path_of
from edi.console.visite import Console, Ici, log_refusal, visit

STATIC = Path(__file__).resolve().parent / "static"
ROUTERS = (
    seance.router,
    oidc.router,
    accueil.router,
    flux.router,
    actes_flux.router,
    facture.router,
    pdf.router,
    nouvelles.router,
    comptes.router,
    jetons.router,
    *plateforme.ROUTERS,
    deposer.router,
    annuaire.router,
    corrections.router,
    mandats.router,
    quarantaine.router,
    jugements.router,
    retenues.router,
    alertes.router,
    rejets.router,
    rejeux.router,
)
_FRAICHEUR, _LIMITE = 30.0, 300.0  # seconds for which figures serve again, and while they are renewed

_TOLD = {
    403: "Cette page n'est pas pour vous",
    404: "Cette page n'existe pas",
    405: "Cette adresse ne s'utilise pas ainsi",
    409: "Cela ne peut pas se faire",
    413: "C'est trop long",
}


def make_application(console: Console, finit: Callable[[], bool] = lambda: False) -> FastAPI:
    """The console of a workspace; ``finit`` tells streams that the server is about to stop."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(check_form)])
    app.state.console, app.state.finit = console, finit
    app.state.gabarits = make_environment(console.fuseau, STATIC)
    app.state.memoire = Memoire(_FRAICHEUR, _LIMITE)
    for router in ROUTERS:
        app.include_router(router)
    app.get("/health/live", response_class=PlainTextResponse)(_say_alive)
    app.mount(CHEMIN, make_api(app.state))
    app.mount(STATIQUE.rstrip("/"), StaticFiles(directory=STATIC))
    app.add_middleware(Portier, entree=console.entree)
    app.add_exception_handler(HTTPException, _tell_refusal)
    app.add_exception_handler(RequestValidationError, _tell_nonsense)
    app.add_exception_handler(OverflowError, _tell_nonsense)  # a number larger than any database holds
    app.add_exception_handler(Exception, _tell_fault)
    return app


def _say_alive() -> str:
    return "vivant\n"


def _tell_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    standard = HTTPStatus(error.status_code).phrase
    detail = "" if error.detail == standard else error.detail
    return _tell(request, error.status_code, detail)


def _tell_nonsense(request: Request, error: Exception) -> Response:
    """A number that is none, in an address or a form: there is no such page."""
    return _tell(request, HTTPStatus.NOT_FOUND)


def _tell_fault(request: Request, error: Exception) -> Response:
    """A fault of ours. It is logged by whoever serves; the page says nothing of it."""
    answer = _tell(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    answer.headers.update(HEADERS)
    return answer


def _tell(request: Request, code: int, detail: str = "") -> Response:
    ici: Ici = visit(request)
    log_refusal(ici, code)
    if path_of(request).startswith(API):  # an address that the API does not even have the form of
        return make_problem(code, detail)
    titre = _TOLD.get(code, "La page n'a pas pu être faite")
    return ici.show("erreur.html", code, titre=titre, detail=detail, code_http=code)
