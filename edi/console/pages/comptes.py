"""One's own account, and for administrators everybody's."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import RedirectResponse, Response

from edi.console.droits import Droit, needs
from edi.console.mots_de_passe import find_weakness, hash_password, is_password
from edi.console.pages.seance import enter
from edi.console.visite import Ici
from edi.model import Role, Utilisateur
from edi.store import utilisateurs

router = APIRouter()
log = structlog.get_logger()


@router.get("/compte")
def show_account(ici: Ici) -> Response:
    """Who one is, and the form that changes the password."""
    return ici.show("compte.html", refus="", fait=ici.request.query_params.get("fait") == "1")


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
        return ici.show("compte.html", 403, refus="Le mot de passe actuel n'est pas celui-là.", fait=False)
    refus = find_weakness(nouveau, me.login)
    if nouveau != encore:
        refus = "les deux nouveaux mots de passe diffèrent"
    elif nouveau == ancien:
        refus = "le nouveau mot de passe est l'ancien"
    if refus:
        return ici.show("compte.html", 422, refus=f"{refus[:1].upper()}{refus[1:]}.", fait=False)
    with ici.console.base.begin() as conn:
        utilisateurs.change_password(conn, me, hash_password(nouveau))
    log.info("password_changed", user=me.id, by=me.id)
    return enter(ici, ici.console.entree.open_session(me), "/compte?fait=1")


@router.get("/comptes", dependencies=[needs(Droit.GERER_COMPTES)])
def list_accounts(ici: Ici) -> Response:
    """Everybody who has an account."""
    with ici.reading() as conn:
        found = utilisateurs.all_users(conn)
    return ici.show("comptes.html", comptes=found, moi=_me(ici), administrateur=Role.ADMINISTRATEUR)


@router.post("/comptes/{number}/acces", dependencies=[needs(Droit.GERER_COMPTES)])
def set_access(ici: Ici, number: int, actif: Annotated[bool, Form()]) -> Response:
    """Close an account, or open it again. Nobody closes its own: an administrator is always left."""
    me = _me(ici)
    if number == me.id:
        raise HTTPException(409, "On ne ferme pas son propre compte : un autre administrateur le peut.")
    with ici.console.base.begin() as conn:
        who = ici.known(utilisateurs.find_by_id(conn, number))
        utilisateurs.set_active(conn, who, actif=actif)
    log.info("user_reactivated" if actif else "user_deactivated", user=who.id, by=me.id)
    return RedirectResponse("/comptes", 303)


def _me(ici: Ici) -> Utilisateur:
    if ici.visiteur is None:
        raise HTTPException(401)
    return ici.visiteur.utilisateur
