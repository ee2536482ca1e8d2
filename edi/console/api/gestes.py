"""Acts through the API: the same as those of the pages, each with its reason, by a token alone.

An act is one route of a few lines: what it is done to is found within the scope, then handed to its field of
``Gestes``. What cannot be done (GesteRefuse) is answered 409 by ``problemes.tell_act``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException
from pydantic import ConfigDict, StringConstraints

from edi.console.api.flux import read_whole
from edi.console.api.problemes import declare
from edi.console.api.reponses.flux import FluxEntier
from edi.console.api.valeurs import Numero, Valeur
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.store import recherches

F = TypeVar("F", bound=Callable[..., Any])

router = APIRouter(tags=["gestes"])

_REPONSES = declare(400, 401, 403, 404, 409, 422, 429)

# At least one letter or digit, no control character: a blank reason is none.
Phrase = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f]*\w[^\x00-\x1f]*$")]


class Raison(Valeur):
    """Pourquoi un geste est fait ; écrit au journal avec le nom du jeton."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    raison: Phrase


def act(path: str, droit: Droit = Droit.AGIR) -> Callable[[F], F]:
    """The route of an act that asks for a right."""
    route: Callable[[F], F] = router.post(path, responses=_REPONSES, dependencies=[needs(droit)])
    return route


def who_asks(ici: Visite) -> str:
    """The name that the journal keeps."""
    if ici.visiteur is None:
        raise HTTPException(401)
    return ici.visiteur.utilisateur.login


@act("/flux/{flux_id}/relance")
def relaunch_flux(ici: Ici, flux_id: Numero, pourquoi: Raison) -> FluxEntier:
    """Relance un flux en attente : il sera jugé de nouveau au prochain passage."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
    ici.console.gestes.relaunch(flux, pourquoi.raison.strip(), who_asks(ici))
    with ici.reading() as conn:
        return read_whole(conn, flux)
