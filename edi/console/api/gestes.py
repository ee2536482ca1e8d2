"""Acts through the API: the same as those of the pages, each with its reason, by a token alone.

An act is one route of a few lines: what it is done to is found within the scope, then handed to its field of
``Gestes``. What cannot be done (GesteRefuse) is answered 409 by ``problemes.tell_act``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StringConstraints

from edi.console.actes import author
from edi.console.api.problemes import declare
from edi.console.api.valeurs import Valeur
from edi.console.droits import Droit, needs
from edi.console.visite import Visite

F = TypeVar("F", bound=Callable[..., Any])

REPONSES = declare(400, 401, 403, 404, 409, 413, 422, 429)

# At least one letter or digit, no control character: a blank reason is none.
SANS_CONTROLE = r"^[^\x00-\x1f]*$"
MOTS = r"^[^\x00-\x1f]*\w[^\x00-\x1f]*$"
Phrase = Annotated[str, StringConstraints(max_length=500, pattern=MOTS)]
Court = Annotated[str, StringConstraints(max_length=100, pattern=SANS_CONTROLE)]


class Demande(Valeur):
    """Ce qui est demandé ; un champ inconnu est refusé."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Raison(Demande):
    """Pourquoi un geste est fait ; écrit au journal avec le nom du jeton."""

    raison: Phrase


class RaisonEtDuree(Raison):
    """Pourquoi un geste est fait, et pour combien de temps."""

    heures: int = Field(24, ge=1, le=8_760, description="Combien d'heures il vaut.")


def act(router: APIRouter, path: str, droit: Droit = Droit.AGIR) -> Callable[[F], F]:
    """The route of an act that asks for a right."""
    route: Callable[[F], F] = router.post(path, responses=REPONSES, dependencies=[needs(droit)])
    return route


def who_asks(ici: Visite) -> str:
    """The name that the journal keeps."""
    return author(ici).login
