"""What lies in a deposit folder and has not been taken yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Attente(Enum):
    """What a file of a deposit folder waits for, in the words that operators read."""

    PROVISOIRE = "nom provisoire, transfert en cours"
    MOUVEMENT = "encore en mouvement"
    TEMOIN = "témoin attendu"
    MANIFESTE = "manifeste attendu"
    EMPREINTE = "empreinte différente du manifeste"
    ARCHIVE = "archive incomplète"
    DOCUMENT = "document incomplet"
    FICHIER = "fichier annoncé attendu"  # a done file or a manifest whose file is not there
    SUITE = "fichiers annoncés pas encore pris"  # a manifest: it goes with the last of its files
    ILLISIBLE = "manifeste illisible"

    @property
    def libelle(self) -> str:
        return self.value

    @property
    def ends_in_quarantine(self) -> bool:
        """True for a deposit that is taken out of the folder at its deadline; the others are only told."""
        return self in _DEPOSITS


_DEPOSITS = frozenset(
    {Attente.TEMOIN, Attente.MANIFESTE, Attente.EMPREINTE, Attente.ARCHIVE, Attente.DOCUMENT}
)


@dataclass(frozen=True, slots=True)
class Reception:
    """A file of a déposant's ``in`` as it was last seen."""

    appli: str
    nom: str  # escaped: fit to be shown and stored
    inode: int
    taille: int  # bytes
    mtime_ns: int  # compared with itself alone, never with a clock
    vu_le: datetime  # first seen
    change_le: datetime  # seen to change
    attend: Attente
    echeance: datetime | None = None  # None: nothing ends this wait but the sender
    ticket: str = ""  # the ticket that it was taken under when its deadline had passed
