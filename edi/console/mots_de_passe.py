"""Passwords: what they must be, and how they are kept (argon2id, with the parameters of the package)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGUEUR = 12  # characters, as the portal asks
PLUS_LONG = 512  # characters that are hashed at most: nobody may keep us busy with more
_CLASSES = 3  # of the four
_HASHER = PasswordHasher()


def find_weakness(password: str, login: str = "") -> str:
    """Why a password is refused, in French; '' when it is good enough."""
    if len(password) < LONGUEUR:
        return f"il faut au moins {LONGUEUR} caractères"
    if len(password) > PLUS_LONG:
        return f"il faut au plus {PLUS_LONG} caractères"
    classes = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    if sum(any(map(is_of, password)) for is_of in classes) < _CLASSES:
        return "il faut au moins trois sortes de caractères parmi : minuscules, majuscules, chiffres, autres"
    if login and login in password.lower():
        return "il ne doit pas contenir l'identifiant"
    return ""


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def is_password(empreinte: str, password: str) -> bool:
    """True for the password that was hashed; takes its time in any case."""
    try:
        return _HASHER.verify(empreinte, password[:PLUS_LONG])
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(empreinte: str) -> bool:
    """True when the package would hash otherwise today."""
    return _HASHER.check_needs_rehash(empreinte)


@cache
def nobodys_hash() -> str:
    """A hash to verify against where there is no account, so that the answer takes as long as any other."""
    return _HASHER.hash("personne")
