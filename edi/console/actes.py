"""Having an act done from a page: who asks, why it is refused, what is told when it is done."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from fastapi import HTTPException

from edi.console.visite import Visite
from edi.model import Utilisateur
from edi.model.gestes import GesteRefuse, RaisonManquante

# For how long something may be acknowledged or held, in hours.
DUREES = ((1, "1 heure"), (4, "4 heures"), (24, "1 jour"), (72, "3 jours"), (168, "7 jours"))


class Refus(NamedTuple):
    """Why an act was refused, and the form as it was filled."""

    sujet: str  # which form of the page: « alerte-12 »
    phrase: str
    code: int
    saisie: dict[str, str]


def author(ici: Visite) -> Utilisateur:
    """Who acts. Raises HTTPException for a stranger."""
    if ici.visiteur is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
    return ici.visiteur.utilisateur


def refuse(sujet: str, error: GesteRefuse, **saisie: str) -> Refus:
    """What the page says of a refused act: 422 for a form that lacks something, 409 for all else."""
    lacks = isinstance(error, RaisonManquante)
    code = HTTPStatus.UNPROCESSABLE_ENTITY if lacks else HTTPStatus.CONFLICT
    return Refus(sujet, str(error), code, saisie)
