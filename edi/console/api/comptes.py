"""Accounts through the API: whoever asks, everybody's, closed and opened again, as on their page."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from edi.console.actes import author
from edi.console.api.gestes import Demande, act
from edi.console.api.problemes import declare
from edi.console.api.reponses.comptes import CompteDit, Demandeur, JetonDit
from edi.console.api.valeurs import Numero
from edi.console.droits import Droit, needs
from edi.console.visite import Ici
from edi.store import jetons, utilisateurs

router = APIRouter(tags=["comptes et jetons"])

_JETON = "jeton:"  # what the login of a program begins with


class Acces(Demande):
    """Si un compte ouvre la console."""

    actif: bool = Field(description="false : le compte est fermé, et ses séances prennent fin.")


@router.get("/compte", responses=declare(401, 422, 429))
def show_me(ici: Ici) -> Demandeur:
    """Qui demande : son rôle, ce qu'il peut, ce qu'il voit, jusqu'à quand son jeton sert."""
    me, jeton = author(ici), None
    if me.login.startswith(_JETON):
        with ici.reading() as conn:
            found = jetons.find_named(conn, me.login.removeprefix(_JETON))
        jeton = JetonDit.of(found, ici.console.horloge()) if found else None
    return Demandeur.of(me, sorted(ici.deposants), jeton)


@router.get("/comptes", responses=declare(401, 403, 422, 429), dependencies=[needs(Droit.GERER_COMPTES)])
def list_accounts(ici: Ici) -> list[CompteDit]:
    """Les comptes de la console, par identifiant."""
    with ici.reading() as conn:
        return [CompteDit.of(one) for one in utilisateurs.all_users(conn)]


@act(router, "/comptes/{compte_id}/acces", Droit.GERER_COMPTES)
def set_access(ici: Ici, compte_id: Numero, acces: Acces) -> CompteDit:
    """Ferme un compte, ou le rouvre. Le dernier administrateur ne se ferme pas."""
    with ici.reading() as conn:
        who = ici.known(utilisateurs.find_by_id(conn, compte_id))
    return CompteDit.of(ici.console.gestes.set_access(who, acces.actif, author(ici)))
