"""Tokens of programs, made and taken back by administrators on the page of accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from edi.console.droits import Droit, needs
from edi.console.pages.comptes import show_all
from edi.console.visite import Ici, Visite
from edi.model import Role
from edi.model.gestes import GesteRefuse
from edi.store import jetons

router = APIRouter(prefix="/comptes/jetons", dependencies=[needs(Droit.GERER_COMPTES)])


@router.post("")
def create(
    ici: Ici,
    nom: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    deposants: Annotated[str, Form()] = "",
    jours: Annotated[str, Form()] = "",
) -> Response:
    """Make a token, and show it this once: it is in no address, and no page shows it again."""
    typed = {"nom": nom, "role": role, "deposants": deposants, "jours": jours}
    seen = deposants.replace(",", " ").upper().split()
    if role not in Role.__members__ or not jours.isascii() or not jours.isdigit() or len(jours) > 5:
        return show_all(ici, 422, saisie=typed, refus="Choisissez un rôle et un nombre de jours.")
    gestes = ici.console.gestes
    try:
        made, secret = gestes.create_jeton(nom.strip(), Role[role], seen, int(jours), _who(ici))
    except GesteRefuse as refused:
        told = str(refused)
        return show_all(ici, 422, saisie=typed, refus=f"{told[:1].upper()}{told[1:]}.")
    return show_all(ici, 201, cree=made, secret=secret)


@router.post("/{number}/revocation")
def revoke(ici: Ici, number: int) -> Response:
    """Take a token back."""
    with ici.reading() as conn:
        jeton = ici.known(jetons.find_by_id(conn, number))
    try:
        ici.console.gestes.revoke_jeton(jeton, _who(ici))
    except GesteRefuse as refused:
        told = str(refused)
        return show_all(ici, 409, refus=f"{told[:1].upper()}{told[1:]}.")
    return RedirectResponse("/comptes#jetons", 303)


def _who(ici: Visite) -> str:
    return ici.visiteur.utilisateur.login if ici.visiteur else ""
