"""Tokens of programs through the API: made and taken back by administrators, as on the page of accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from edi.console.api.gestes import Court, Demande, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.comptes import JetonCree, JetonDit, NomRole
from edi.console.api.valeurs import Numero
from edi.console.droits import Droit, needs
from edi.console.visite import Ici
from edi.model import Role
from edi.store import jetons

router = APIRouter(prefix="/jetons", tags=["comptes et jetons"])

Nom = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
_AN, _PLUS_LONG = 365, 1_095  # days


class JetonVoulu(Demande):
    """Un jeton à faire."""

    nom: Nom = Field(description="Du programme : minuscules, chiffres et . _ -")
    role: NomRole
    deposants: list[Court] = Field(
        [], max_length=1_000, description="Codes appli, d'un fournisseur seulement."
    )
    jours: int = Field(_AN, ge=1, le=_PLUS_LONG, description="Combien de jours il sert.")


@router.get("", responses=declare(401, 403, 422, 429), dependencies=[needs(Droit.GERER_COMPTES)])
def list_tokens(ici: Ici) -> list[JetonDit]:
    """Tous les jetons qui ont été faits, par nom ; jamais leur secret."""
    with ici.reading() as conn:
        return [JetonDit.of(one, ici.console.horloge()) for one in jetons.all_tokens(conn)]


@act(router, "", Droit.GERER_COMPTES)
def create(ici: Ici, voulu: JetonVoulu) -> JetonCree:
    """Fait un jeton. Son secret n'est dit que cette fois."""
    seen = [code.strip().upper() for code in voulu.deposants]
    asked = (voulu.nom.strip(), Role[voulu.role], seen, voulu.jours)
    made, secret = ici.console.gestes.create_jeton(*asked, who_asks(ici))
    return JetonCree.of(made, ici.console.horloge(), secret=secret)


@act(router, "/{jeton_id}/revocation", Droit.GERER_COMPTES)
def revoke(ici: Ici, jeton_id: Numero, rien: Demande) -> JetonDit:
    """Révoque un jeton : il n'ouvre plus rien. Un jeton peut se révoquer lui-même."""
    with ici.reading() as conn:
        jeton = ici.known(jetons.find_by_id(conn, jeton_id))
    ici.console.gestes.revoke_jeton(jeton, who_asks(ici))
    with ici.reading() as conn:
        return JetonDit.of(jetons.get(conn, jeton_id), ici.console.horloge())
