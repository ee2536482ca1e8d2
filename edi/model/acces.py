"""Who may look at the platform through its pages, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Role(Enum):
    """What a user is for, from the least to the most; a supplier stands beside them."""

    LECTURE = "Lecture"
    OPERATEUR = "Opérateur"
    VALIDEUR = "Valideur"
    ADMINISTRATEUR = "Administrateur"
    FOURNISSEUR = "Fournisseur"

    @property
    def libelle(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Portee:
    """Whose deposits somebody may see: those of some déposants, or of all."""

    deposants: frozenset[str] | None  # None: of all

    @property
    def est_entiere(self) -> bool:
        return self.deposants is None


TOUT = Portee(None)


@dataclass(frozen=True, slots=True)
class Utilisateur:
    """Somebody with an account; what it logs in by is no part of it."""

    id: int
    login: str  # in small letters
    nom: str  # as it is shown
    role: Role
    actif: bool
    cree_le: datetime
    deposants: frozenset[str] = frozenset()  # of a supplier: codes appli
    double: bool = False  # a one-time code is asked for besides the password

    @property
    def portee(self) -> Portee:
        """A supplier sees its own déposants, and nothing at all when it has none; anybody else sees all."""
        return Portee(self.deposants) if self.role is Role.FOURNISSEUR else TOUT


@dataclass(frozen=True, slots=True)
class ReglagesConsole:
    """The console, as configured."""

    adresse: str = ""  # host:port; '' for nowhere
    proxy: tuple[str, ...] = ("127.0.0.1",)  # addresses of reverse proxies whose X-Forwarded-* are believed
    inactivite: timedelta = timedelta(minutes=30)  # after which a session ends
    duree: timedelta = timedelta(hours=10)  # after which a session ends whatever happens
