"""What was rejected and why, as groups of invoices; judging again, as somebody asks for it from a page."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple


class Cause(NamedTuple):
    """Why an invoice was rejected: the finding that decided, and what it is about."""

    code: str
    signature: str  # what several of the same code have in common, in French; '' for nothing besides


class Explication(NamedTuple):
    """What a rule is, for whoever meets its code for the first time; French."""

    famille: str  # « Service du destinataire »
    phrase: str
    remede: str
    source: str


class IssueRejeu(Enum):
    """How judging again ended; its value is French."""

    EN_COURS = "en cours"
    FAIT = "terminé"
    INTERROMPU = "interrompu"
    ECHOUE = "échoué"


class Trouve(NamedTuple):
    """What was found in an invoice, as a page of a replay tells it."""

    code: str
    bloque: bool
    message: str
    fix: str


class Rejouee(NamedTuple):
    """What became of one invoice of a replay."""

    facture_id: int
    flux_id: int
    change: str  # "acceptee", "rejetee" (still), "non_jugee"; '' when it is still to come
    raison: str = ""  # why it was not judged
    avant: tuple[Trouve, ...] = ()
    apres: tuple[Trouve, ...] = ()


class RejeuLance(NamedTuple):
    """One replay: who asked for it, why, how far it is."""

    id: int
    par: str
    cible: str  # what is judged again, in French: « la facture FA-12 »
    adresse: str  # the page of the console it was asked from; '' for none
    valider: bool  # False: a dry run
    raison: str
    demande_le: datetime
    emission_avant: int  # id of the last return flow that was booked before it
    processus: str  # that does it
    avance_le: datetime  # last sign of life
    fini_le: datetime | None
    issue: IssueRejeu
    incident: str  # what ended it, when it failed; French
    total: int
    faites: int
    acceptees: int
    rejetees: int
    non_jugees: int
