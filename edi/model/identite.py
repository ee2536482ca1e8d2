"""What a verdict depends on besides the document and what is asked: the installation that gives it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Identite(NamedTuple):
    """An installation; two that are equal give the same verdicts."""

    version: str  # of Navette
    code: str  # digest of its source and of what it ships
    compilateur: str  # digest of what compiles the official sheets
    feuilles: str  # digest of the official sheets, as they lie on this machine
    socle: str  # Python and the packages that judge, with their versions

    @property
    def empreinte(self) -> str:
        """All of it in a few characters."""
        return hashlib.sha256("\n".join(self).encode()).hexdigest()[:16]


_NOMS = {
    "version": "version de Navette",
    "code": "programme",
    "compilateur": "compilateur de règles",
    "feuilles": "règles officielles",
    "socle": "Python et bibliothèques",
}


def tell_difference(ici: Identite, attendue: Identite) -> str:
    """In French, in what an installation is not the one that is wanted; '' when it is."""
    found, wanted = ici._asdict(), attendue._asdict()
    return ", ".join(nom for key, nom in _NOMS.items() if found[key] != wanted[key])
