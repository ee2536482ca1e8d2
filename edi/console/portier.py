"""Who is let in, and what every answer bears: nothing is served without login but what is named here."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import HTTPException, Request
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edi.console.api.problemes import make_problem
from edi.console.connexion import Entree, Refusee, Visiteur, make_form_token

log = structlog.get_logger()

LIBRES = (
    "/connexion",
    "/connexion/oidc",
    "/connexion/retour",
    "/health/live",
)  # and the static files: no login
STATIQUE = "/static/"
API = "/api/"  # programs
NOUVELLES = "/nouvelles"
AUTOMATE = "x-navette-automate"  # header of what a page asks by itself
JETON = "jeton"  # the hidden field of every form
TELEVERSEMENTS = ("/deposer",)  # whose forms bring files: read, and their token checked, by televersement.py
_SURS = ("GET", "HEAD", "OPTIONS")
_LE_PLUS = 64 * 1024  # bytes of a form
_SANS_JETON = (
    "Montrez un jeton valable, « Authorization: Bearer … » : « edi jeton create » en fait un. "
    "Une séance de navigateur ne peut que lire."
)

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def cookie_names(request: Request) -> tuple[str, str]:
    """Of the session, and of a stranger's form: bound to this very host where the line is ciphered."""
    bound = "__Host-" if request.url.scheme == "https" else ""
    return f"{bound}navette", f"{bound}navette-avant"


def path_of(request: Request) -> str:
    """The path that routes are chosen by. Never ``request.url``: what a stranger calls its host is in it."""
    return str(request.scope["path"])


def read_token(request: Request) -> str:
    """The token of the session that a request says it is of."""
    return request.cookies.get(cookie_names(request)[0], "")


def caller(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else ""


class Portier:
    """Stands before every page: finds who asks, sends strangers to the login."""

    def __init__(self, app: ASGIApp, entree: Entree) -> None:
        self.app, self.entree = app, entree

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        static = path_of(request).startswith(STATIQUE)

        async def send_armed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not static:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        app: ASGIApp = self.app
        if not static:
            try:
                visiteur = await run_in_threadpool(self._find, request)
            except Refusee as refused:
                visiteur, app = None, _put_off(refused)
            scope.setdefault("state", {})["visiteur"] = visiteur
            if visiteur is None and app is self.app and path_of(request) not in LIBRES:
                app = _turn_away(request)
        await app(scope, receive, send_armed)

    def _find(self, request: Request) -> Visiteur | None:
        """Who asks; a page that draws itself again does not keep its session open. Raises Refusee.

        Programs show a token, to the API alone. There a session may only read: nobody else's page can have
        a browser act through it, and no form token is asked for.
        """
        if path_of(request).startswith(API):
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme:
                known = scheme.lower() == "bearer"
                return self.entree.find_client(token.strip() if known else "", caller(request))
            if request.method not in _SURS:
                return None
            return self.entree.find_visitor(read_token(request), touch=False)
        acts = path_of(request) != NOUVELLES and AUTOMATE not in request.headers
        return self.entree.find_visitor(read_token(request), touch=acts)


def _put_off(refused: Refusee) -> ASGIApp:
    seconds = int((refused.attente or timedelta()).total_seconds()) + 1
    detail = f"Trop de jetons refusés depuis cette adresse : réessayez dans {seconds} s."
    return make_problem(429, detail, headers={"Retry-After": str(seconds)})


def _turn_away(request: Request) -> ASGIApp:
    log.warning("stranger_refused", path=path_of(request), method=request.method, address=caller(request))
    if path_of(request).startswith(API):
        return make_problem(401, _SANS_JETON, headers={"WWW-Authenticate": "Bearer"})
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("Votre séance a pris fin : reconnectez-vous.\n", 401)
    query = request.scope["query_string"].decode("ascii", "replace")
    asked = path_of(request) + (f"?{query}" if query else "")
    return RedirectResponse(f"/connexion?vers={quote(asked, safe='')}", 303)


async def check_form(request: Request) -> None:
    """Every request that changes something bears the token of its session. Raises HTTPException."""
    if request.method in _SURS or path_of(request) in TELEVERSEMENTS:
        return
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _LE_PLUS:
        raise HTTPException(413, "Ce formulaire est trop long.")
    given: Any = (await request.form()).get(JETON, "")
    due = form_token(request)
    if not due or not isinstance(given, str) or not hmac.compare_digest(given.encode(), due.encode()):
        visiteur = getattr(request.state, "visiteur", None)
        log.warning("form_refused", path=path_of(request), user=visiteur and visiteur.utilisateur.id)
        raise HTTPException(403, "Ce formulaire a expiré : revenez à la page précédente et rechargez-la.")


def form_token(request: Request) -> str:
    """What the forms of a request's session bear; of a stranger's, what goes with its own cookie."""
    visiteur = getattr(request.state, "visiteur", None)
    if visiteur is not None:
        return str(visiteur.jeton)
    stranger = request.cookies.get(cookie_names(request)[1], "")
    return make_form_token(stranger) if stranger else ""
