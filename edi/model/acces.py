"""Who may look at the platform through its pages, and what they may see."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
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
class Jeton:
    """What a program shows instead of logging in; the secret itself is no part of it."""

    id: int
    nom: str  # of the program
    role: Role
    cree_le: datetime
    cree_par: str
    expire_le: datetime
    deposants: frozenset[str] = frozenset()  # of a supplier: codes appli
    utilise_le: datetime | None = None  # to the minute
    revoque_le: datetime | None = None
    revoque_par: str = ""

    def is_valid(self, at: datetime) -> bool:
        """True when it still opens anything."""
        return self.revoque_le is None and at < self.expire_le

    def as_utilisateur(self) -> Utilisateur:
        """Whoever shows it, as somebody who asks: no account has such a login."""
        login = f"jeton:{self.nom}"
        return Utilisateur(0, login, self.nom, self.role, True, self.cree_le, self.deposants)


def hash_token(token: str) -> str:
    """What the database knows of a token. A plain hash: the token itself is 256 bits drawn at random."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class GroupeOidc:
    """What a group of an identity provider may do here."""

    nom: str
    role: Role
    deposants: frozenset[str] = frozenset()  # of a supplier


@dataclass(frozen=True, slots=True)
class ReglagesOidc:
    """The identity provider that vouches for people. Its secret is named by its source, never held."""

    emetteur: str
    client: str
    secret: str  # source: env:NAME or fichier:PATH
    adresse: str  # of the console, as browsers see it
    libelle: str
    etendues: tuple[str, ...]  # scopes
    revendication: str  # the claim that names groups; a dot goes one level down
    groupes: tuple[GroupeOidc, ...]
    autorites: str = ""  # PEM file of the authorities that its certificate is verified by; '': the system's
    delai: float = 10.0  # seconds

    @property
    def retour(self) -> str:
        """Where it sends browsers back to."""
        return f"{self.adresse}/connexion/retour"

    def find_role(self, noms: Collection[str]) -> tuple[Role, frozenset[str]] | None:
        """The most that some groups give, and the déposants of a supplier; None: nothing at all."""
        given = [groupe for groupe in self.groupes if groupe.nom in noms]
        ours = [groupe.role for groupe in given if groupe.role is not Role.FOURNISSEUR]
        if ours:
            return max(ours, key=list(Role).index), frozenset()
        seen = frozenset(code for groupe in given for code in groupe.deposants)
        return (Role.FOURNISSEUR, seen) if given else None


@dataclass(frozen=True, slots=True)
class ReglagesConsole:
    """The console, as configured."""

    adresse: str = ""  # host:port; '' for nowhere
    proxy: tuple[str, ...] = ("127.0.0.1",)  # addresses of reverse proxies whose X-Forwarded-* are believed
    inactivite: timedelta = timedelta(minutes=30)  # after which a session ends
    duree: timedelta = timedelta(hours=10)  # after which a session ends whatever happens
    oidc: ReglagesOidc | None = None
    mots_de_passe: str = "tous"  # who may log in by one: "tous", "administrateurs"
