"""Logging in, logging out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from edi.console.connexion import Refusee, make_form_token
from edi.console.portier import caller, cookie_names, read_token
from edi.console.visite import Ici, Visite

router = APIRouter()


@router.get("/connexion")
def show_login(ici: Ici, vers: str = "/", *, sorti: bool = False) -> Response:
    """The form; its token goes with a cookie of its own, since nobody is logged in yet."""
    if ici.visiteur is not None:
        return RedirectResponse(local(vers), 303)
    sortie = ici.console.oidc.find_exit() if sorti and ici.console.oidc else ""
    return ask(ici, vers, sortie=sortie)


@router.post("/connexion")
def log_in(
    ici: Ici,
    identifiant: Annotated[str, Form()] = "",
    mot_de_passe: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    vers: Annotated[str, Form()] = "/",
) -> Response:
    """Let somebody in, under a new token; what it was logged in by before is void."""
    try:
        token = ici.console.entree.log_in(identifiant, mot_de_passe, caller(ici.request), code)
    except Refusee as refused:
        return ask(ici, vers, identifiant, tell(refused.attente), 429 if refused.attente else 403)
    if old := read_token(ici.request):
        ici.console.entree.log_out(old)
    return enter(ici, token, local(vers))


def enter(ici: Visite, token: str, vers: str) -> Response:
    """Send somebody who has just been let in to a page of ours, under a new token."""
    session, stranger = cookie_names(ici.request)
    answer = RedirectResponse(vers, 303)
    keep(ici, answer, session, token)
    answer.delete_cookie(stranger, secure=_ciphered(ici), httponly=True, samesite="lax")
    return answer


@router.post("/deconnexion")
def log_out(ici: Ici) -> Response:
    """End the session, here and in the database."""
    ici.console.entree.log_out(read_token(ici.request))
    answer = RedirectResponse("/connexion?sorti=true" if ici.console.oidc else "/connexion", 303)
    session = cookie_names(ici.request)[0]
    answer.delete_cookie(session, secure=_ciphered(ici), httponly=True, samesite="lax")
    return answer


def local(vers: str) -> str:
    """A path of ours, whatever was asked for: nobody is sent elsewhere from our login."""
    parts = urlsplit(vers)
    strange = parts.scheme or parts.netloc or not vers.startswith("/") or vers[1:2] in ("/", "\\")
    return "/" if strange or any(ord(c) < 33 for c in vers) else vers


def tell(attente: timedelta | None) -> str:
    """Why somebody is not let in, without saying whether there is such an account."""
    if attente is None:
        return "Identifiant, mot de passe ou code inconnu."
    seconds = int(attente.total_seconds()) + 1
    delay = f"{seconds} s" if seconds < 60 else f"{-(-seconds // 60)} min"
    return f"Trop d'essais de suite : réessayez dans {delay}."


def ask(
    ici: Visite, vers: str, identifiant: str = "", refus: str = "", code: int = 200, *, sortie: str = ""
) -> Response:
    """The login, with why it is shown again; ``sortie``: where one logs out of the provider too."""
    name = cookie_names(ici.request)[1]
    known = ici.request.cookies.get(name) or secrets.token_urlsafe(32)
    jeton = make_form_token(known)
    page = ici.show(
        "connexion.html",
        code,
        vers=local(vers),
        identifiant=identifiant,
        refus=refus,
        jeton=jeton,
        sortie=sortie,
    )
    keep(ici, page, name, known)
    return page


def keep(ici: Visite, answer: Response, name: str, value: str) -> None:
    """Have a browser keep a secret until it is closed."""
    answer.set_cookie(name, value, secure=_ciphered(ici), httponly=True, samesite="lax")


def _ciphered(ici: Visite) -> bool:
    return ici.request.url.scheme == "https"
