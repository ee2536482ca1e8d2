"""One's own account, and for administrators everybody's."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import RedirectResponse, Response

from edi.console import codes
from edi.console.droits import Droit, needs
from edi.console.mots_de_passe import find_weakness, hash_password, is_password
from edi.console.pages.seance import enter
from edi.console.portier import read_token
from edi.console.visite import Ici, Visite
from edi.model import Role, Utilisateur
from edi.model.gestes import GesteRefuse
from edi.store import jetons, utilisateurs

router = APIRouter()
log = structlog.get_logger()


_VIERGE = {"nom": "", "role": Role.LECTURE.name, "deposants": "", "jours": "365"}  # a token to be made
FAITS = {
    "passe": "Mot de passe changé. Vos autres séances ont pris fin.",
    "code": "Un code à usage unique est désormais demandé à la connexion.",
    "sans-code": "Plus aucun code n'est demandé à la connexion.",
}


@router.get("/compte")
def show_account(ici: Ici, fait: str = "") -> Response:
    """Who one is, and the forms that change what one logs in by."""
    return _show(ici, fait=FAITS.get(fait, ""))


def _show(ici: Visite, code: int = 200, *, refus: str = "", refus_code: str = "", fait: str = "") -> Response:
    me, secret = _me(ici), codes.make_secret(read_token(ici.request))
    with ici.reading() as conn:
        found = utilisateurs.find(conn, me.login)
    return ici.show(
        "compte.html",
        code,
        a_un_passe=bool(found and found[1]),  # else an identity provider vouches for it
        refus=refus,
        refus_code=refus_code,
        fait=fait,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        lien=codes.make_address(secret, me.login, ici.console.plateforme),
    )


@router.post("/compte/code")
def ask_for_code(ici: Ici, code: Annotated[str, Form()] = "") -> Response:
    """Have a one-time code asked for from now on; the first one shows that the telephone makes them."""
    me, secret = _me(ici), codes.make_secret(read_token(ici.request))
    pas = codes.find_step(secret, code, ici.console.horloge())
    if me.double or pas is None:
        return _show(ici, 422, refus_code="Ce n'est pas le code que ce secret donne en ce moment.")
    with ici.console.base.begin() as conn:
        utilisateurs.set_totp(conn, me, secret, pas)
        utilisateurs.note(conn, "code", me, me.login, ici.console.now())
    log.info("code_asked_for", user=me.id)
    return RedirectResponse("/compte?fait=code", 303)


@router.post("/compte/sans-code")
def ask_for_no_code(
    ici: Ici, mot_de_passe: Annotated[str, Form()] = "", code: Annotated[str, Form()] = ""
) -> Response:
    """Ask for one-time codes no longer; whoever wants that shows both."""
    me = _me(ici)
    with ici.console.base.begin() as conn:
        found = utilisateurs.find(conn, me.login)
    known = found is not None and is_password(found[1], mot_de_passe)
    if not known or not ici.console.entree.accepts_code(me, code):
        log.warning("code_still_asked_for", user=me.id)
        return _show(ici, 403, refus_code="Mot de passe ou code inconnu.")
    with ici.console.base.begin() as conn:
        utilisateurs.set_totp(conn, me, "")
        utilisateurs.note(conn, "sans-code", me, me.login, ici.console.now())
    log.info("code_not_asked_for", user=me.id)
    return RedirectResponse("/compte?fait=sans-code", 303)


@router.post("/compte/mot-de-passe")
def change_password(
    ici: Ici,
    ancien: Annotated[str, Form()] = "",
    nouveau: Annotated[str, Form()] = "",
    encore: Annotated[str, Form()] = "",
) -> Response:
    """Change one's own password; every session ends but this one, which begins anew."""
    me = _me(ici)
    with ici.console.base.begin() as conn:
        found = utilisateurs.find(conn, me.login)
    if found is None or not is_password(found[1], ancien):
        log.warning("password_not_changed", user=me.id)
        return _show(ici, 403, refus="Le mot de passe actuel n'est pas celui-là.")
    refus = find_weakness(nouveau, me.login)
    if nouveau != encore:
        refus = "les deux nouveaux mots de passe diffèrent"
    elif nouveau == ancien:
        refus = "le nouveau mot de passe est l'ancien"
    if refus:
        return _show(ici, 422, refus=f"{refus[:1].upper()}{refus[1:]}.")
    with ici.console.base.begin() as conn:
        utilisateurs.change_password(conn, me, hash_password(nouveau))
        utilisateurs.note(conn, "mot-de-passe", me, me.login, ici.console.now())
    log.info("password_changed", user=me.id, by=me.id)
    return enter(ici, ici.console.entree.open_session(me), "/compte?fait=passe")


@router.get("/comptes", dependencies=[needs(Droit.GERER_COMPTES)])
def list_accounts(ici: Ici) -> Response:
    """Everybody who has an account."""
    return show_all(ici)


@router.post("/comptes/{number}/acces", dependencies=[needs(Droit.GERER_COMPTES)])
def set_access(ici: Ici, number: int, actif: Annotated[bool, Form()]) -> Response:
    """Close an account, or open it again. Nobody closes its own: an administrator is always left."""
    with ici.reading() as conn:
        who = ici.known(utilisateurs.find_by_id(conn, number))
    try:
        ici.console.gestes.set_access(who, actif, _me(ici))
    except GesteRefuse as refused:
        raise HTTPException(409, str(refused)) from refused
    return RedirectResponse("/comptes", 303)


def show_all(ici: Visite, code: int = 200, **more: Any) -> Response:
    """Accounts and tokens; ``more``: what was typed, why it is refused, the token that was made."""
    with ici.reading() as conn:
        found, made = utilisateurs.all_users(conn), jetons.all_tokens(conn)
    told = {"saisie": _VIERGE, "refus": "", "secret": "", "cree": None, **more}
    return ici.show("comptes.html", code, comptes=found, jetons=made, moi=_me(ici), roles=list(Role), **told)


def _me(ici: Visite) -> Utilisateur:
    if ici.visiteur is None:
        raise HTTPException(401)
    return ici.visiteur.utilisateur
