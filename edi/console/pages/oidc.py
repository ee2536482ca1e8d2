"""Logging in at an identity provider: being sent there, coming back."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

import structlog
from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from edi.console.arrivees import admit
from edi.console.oidc import Fournisseur, NonReconnu, derive
from edi.console.pages.seance import ask, enter, keep, local
from edi.console.portier import caller, cookie_names, read_token
from edi.console.visite import Ici, Visite
from edi.model import hash_token
from edi.store import oidc

router = APIRouter()
log = structlog.get_logger()

_DELAI = timedelta(minutes=10)  # to come back in
_AILLEURS = "Cette connexion a été commencée ailleurs, il y a trop longtemps, ou a déjà servi : recommencez."
_REFUS = "Le fournisseur d'identité n'a pas confirmé qui vous êtes."


@router.get("/connexion/oidc")
def leave(ici: Ici, vers: str = "/") -> Response:
    """Send somebody to the provider; its browser keeps what it will be known by."""
    fournisseur, token = _provider(ici), secrets.token_urlsafe(32)
    try:
        address = fournisseur.make_address(token)
    except NonReconnu as refused:
        return _refuse(ici, vers, refused)
    with ici.console.base.begin() as conn:
        oidc.begin_login(conn, hash_token(token), local(vers), ici.console.horloge())
    answer = RedirectResponse(address, 303)
    keep(ici, answer, _cookie(ici), token)
    return answer


@router.get("/connexion/retour")
def come_back(ici: Ici, code: str = "", state: str = "", error: str = "") -> Response:
    """Let in who the provider vouches for; the login that was begun serves once, whatever comes of it."""
    fournisseur = _provider(ici)
    token, vers = ici.request.cookies.get(_cookie(ici), ""), "/"
    try:
        vers = _take(ici, token, state)
        if error or not code:
            raise NonReconnu(_REFUS, f"provider: {error[:40] or 'no code'}")
        claims = fournisseur.read_claims(token, code)
        who, refused = None, None
        with ici.console.base.begin() as conn:
            try:
                who = admit(conn, fournisseur.reglages, claims, ici.console.now())
            except NonReconnu as not_one_of_us:  # what was found out on the way is kept
                refused = not_one_of_us
        if who is None:
            raise refused or NonReconnu(_REFUS, "nobody")
    except NonReconnu as refusal:
        return _refuse(ici, vers, refusal)
    log.info("logged_in", user=who.id, address=caller(ici.request), by="oidc")
    if old := read_token(ici.request):
        ici.console.entree.log_out(old)
    answer = enter(ici, ici.console.entree.open_session(who), vers)
    ciphered = ici.request.url.scheme == "https"
    answer.delete_cookie(_cookie(ici), secure=ciphered, httponly=True, samesite="lax")
    return answer


def _take(ici: Visite, token: str, state: str) -> str:
    """Where the login leads that this browser has begun. Raises NonReconnu."""
    if not token or not hmac.compare_digest(derive(token, "state").encode(), state.encode()):
        raise NonReconnu(_AILLEURS, "state")
    with ici.console.base.begin() as conn:
        vers = oidc.take_login(conn, hash_token(token), ici.console.horloge() - _DELAI)
    if vers is None:
        raise NonReconnu(_AILLEURS, "state replayed")
    return vers


def _refuse(ici: Visite, vers: str, refused: NonReconnu) -> Response:
    log.warning("oidc_refused", reason=refused.raison, address=caller(ici.request))
    return ask(ici, vers, refus=str(refused), code=403)


def _provider(ici: Visite) -> Fournisseur:
    return ici.known(ici.console.oidc)


def _cookie(ici: Visite) -> str:
    return f"{cookie_names(ici.request)[0]}-oidc"
