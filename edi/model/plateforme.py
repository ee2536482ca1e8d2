"""How the platform stands, as it is told: its nights, its déposants, its channels. Nothing secret is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from edi.model.nuit import Echeance, EtatTache, Passage, Tache


class Allure(Enum):
    """How something goes on, at a glance; the words beside it say what it is."""

    BON = "bon"
    ROUTE = "route"  # something is being done
    ATTENTE = "attente"  # it stands still, and somebody knows
    MAUVAIS = "mauvais"  # somebody must look
    NEUTRE = "neutre"


@dataclass(frozen=True, slots=True)
class NuitVue:
    """A job of the night at an instant."""

    tache: Tache
    etat: EtatTache
    allure: Allure
    dit: str  # how it stands; French
    jours: str  # on which days it is run, bank holidays included; French
    dernier: Passage | None
    prochaines: tuple[tuple[Echeance, str], ...]  # with what is to be said of each: a change of hour...


class CanalVu(NamedTuple):
    """The channel of a server: who is served there, how it stands."""

    nom: str
    adresse: str
    sens: tuple[tuple[str, str], ...]  # partner, what is done for it there; French
    allure: Allure
    dit: str  # French
    reussi_le: datetime | None  # the last call that succeeded
    prochain_essai: datetime | None
    incident: str  # what went wrong last, for operators
    a_deposer: int
    a_ranger: int  # files that were taken and whose after-action is still to be done

    @property
    def applis(self) -> tuple[str, ...]:
        """The partners that it serves."""
        return tuple(appli for appli, _ in self.sens)


@dataclass(frozen=True, slots=True)
class DeposantVu:
    """A déposant as the configuration has it."""

    code: str
    nom: str
    actif: bool
    raccordement: str  # in a few words; French
    contrat: str  # when a file of it is complete, in a few words
    reglages: tuple[tuple[str, str], ...]  # what is agreed with it: name, in words


class FenetreVue(NamedTuple):
    """A window that is over, and what it brought."""

    jour: date
    recu: str
    constat: str  # '' as expected
    allure: Allure


@dataclass(frozen=True, slots=True)
class AttenduVu:
    """What is expected of a déposant, and whether it comes."""

    appli: str
    regle: str  # when, how much; French
    allure: Allure
    dit: str  # in this moment; French
    derniere: str  # whether the last window was kept; '' nothing was judged yet
    prochaine: datetime | None
    fenetres: tuple[FenetreVue, ...] = ()  # the last one first; read for one déposant alone
