"""What each role may do: one table, and the guard of the pages that ask for more than looking."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from fastapi import Depends, HTTPException

from edi.console.visite import Ici, Visite
from edi.model import Role


class Droit(Enum):
    """Something that a page may ask for."""

    VOIR_PLATEFORME = "voir la plateforme entière"
    AGIR = "agir sur les flux et les factures"
    VALIDER = "valider ce qu'un autre a demandé"
    GERER_COMPTES = "gérer les comptes"
    DEPOSER = "déposer à la main"


_EXPLOITANT = frozenset({Droit.VOIR_PLATEFORME, Droit.AGIR, Droit.DEPOSER})
DROITS: Mapping[Role, frozenset[Droit]] = {
    Role.LECTURE: frozenset({Droit.VOIR_PLATEFORME}),
    Role.OPERATEUR: _EXPLOITANT,
    Role.VALIDEUR: _EXPLOITANT | {Droit.VALIDER},
    Role.ADMINISTRATEUR: _EXPLOITANT | {Droit.VALIDER, Droit.GERER_COMPTES},
    Role.FOURNISSEUR: frozenset({Droit.DEPOSER}),
}


def may(ici: Visite, droit: Droit) -> bool:
    """True when whoever asks may do something."""
    return ici.visiteur is not None and droit in DROITS[ici.visiteur.utilisateur.role]


def needs(droit: Droit) -> Any:
    """The dependency of a route that only some roles may use: ``dependencies=[needs(Droit.AGIR)]``."""

    def check(ici: Ici) -> None:
        role = ici.visiteur.utilisateur.role if ici.visiteur else None
        if role is None or droit not in DROITS[role]:
            raise HTTPException(403, f"Il faut le droit de {droit.value}, que votre rôle ne donne pas.")

    return Depends(check)
