"""What the doctor looks at, frozen: values only, whatever their state. Nothing here judges.

An ``incident`` is what kept something from being used, in French; '' where nothing did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edi.model import Canal


@dataclass(frozen=True, slots=True)
class Cle:
    """A key that the configuration names: a private one of ours, or that of a server that we pin."""

    sujet: str
    incident: str = ""
    mode: int | None = None  # permissions of its file; None where there is no file
    empreinte: str = ""  # what names it


@dataclass(frozen=True, slots=True)
class Horloges:
    """The clocks that must agree."""

    ici: datetime
    disque: datetime | None  # of a file just written into the spool; None: none could be written
    base: datetime | None  # the newest instant that the database holds
    essai: bool = False  # the rehearsal's clock is set


@dataclass(frozen=True, slots=True)
class Disque:
    """Room that is left, in bytes, and files that may still be made."""

    sujet: str
    libre: int
    total: int
    fichiers: int | None = None  # None: this file system does not count them


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the spool, by its path from there."""

    chemin: str
    est_dossier: bool
    ouvert: bool = True  # we may list it, enter it, write in it
    mode: int = 0o750


@dataclass(frozen=True, slots=True)
class Base:
    """The database."""

    url: str  # without its password
    incident: str = ""
    revision: str = ""  # the last migration it has seen
    attendue: str = ""  # the last there is
    integrite: str | None = None  # what is wrong in its file; None: not looked at

    @property
    def lisible(self) -> bool:
        """May its tables be read? Those of another version are not ours to understand."""
        return not self.incident and self.revision == self.attendue


@dataclass(frozen=True, slots=True)
class Jeu:
    """One version of official rules that judges, or will."""

    sujet: str
    incident: str = ""  # a file is missing or is not the recorded one


@dataclass(frozen=True, slots=True)
class Liaison:
    """A server of a partner: how its channel stands, and what a call of just now came to."""

    canal: Canal
    empreinte: str  # that is pinned now
    appele: bool = False
    incident: str = ""  # of that call
    remede: str = ""


@dataclass(frozen=True, slots=True)
class Moteur:
    """A sample that a worker was asked to judge."""

    secondes: float
    incident: str = ""  # it could not be judged
    bloquants: tuple[str, ...] = ()  # codes that reject it, though it is valid
    grappe: str = ""  # the scheduler of the cluster that was asked; '': a worker of this machine


@dataclass(frozen=True, slots=True)
class Antivirus:
    """The antivirus that is configured, asked about a few harmless bytes."""

    adresse: str
    etat: str  # of edi.antivirus
    raison: str = ""


@dataclass(frozen=True, slots=True)
class Depositaire:
    """The entrepôt that is configured, asked to take a small object."""

    adresse: str
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Retard:
    """What waits past the deadline of its stage: how many of one sender, the first since when."""

    appli: str
    etape: str
    nombre: int
    depuis: datetime


@dataclass(frozen=True, slots=True)
class Portrait:
    """A workspace at one instant.

    ``refus``: why its configuration cannot be used, one line a fault; all else is then unseen.
    """

    refus: tuple[str, ...] = ()
    deposants: int = 0
    serveurs: int = 0
    cles: tuple[Cle, ...] = ()
    horloges: Horloges | None = None
    disques: tuple[Disque, ...] = ()
    place: int = 2 * 1024**3  # bytes that should be left on each
    plus_gros: int = (
        1024**3
    )  # bytes of the largest flux that is admitted: less than that, and one may not fit
    places: tuple[Place, ...] = ()
    base: Base | None = None
    jeux: tuple[Jeu, ...] = ()
    doutes: tuple[str, ...] = ()  # rules whose breaker has tripped: what they alone refuse waits
    regles: str = ""  # why the operator's own versions of rules cannot be read
    liaisons: tuple[Liaison, ...] = ()
    moteur: Moteur | None = None  # None: not asked
    entrepot: Depositaire | None = None
    antivirus: Antivirus | None = None  # None: none is configured
    annuaire_du: datetime | None = None  # its last import
    retards: tuple[Retard, ...] = ()
    observation: str = ""  # where we are watched from
