"""A picture of the platform at one instant: everything that alerts are made of, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from edi.model import Canal, ErrorClass, FluxStatut, Regle, Signalement
from edi.model.confiance import FeuilleSuivie
from edi.retries import DELAIS, EMISSION
from edi.store.comptes import EnAttente
from edi.store.disjoncteurs import Declenchement, Mesure


class Disque(NamedTuple):
    """A disk that we write on."""

    chemin: str
    libre: int  # bytes
    total: int


class EcartConnu(NamedTuple):
    """What the last audit found, and since when."""

    regle: str
    sujet: str
    constat: str
    vu_le: datetime


class Refus(NamedTuple):
    """How many invoices a rule refused of late, and whose déposants brought them."""

    regle: Regle
    mesure: Mesure
    deposants: tuple[str, ...]


class RegleDoutee(NamedTuple):
    """A rule whose breaker is open, and how many flux_list wait for it."""

    declenchement: Declenchement
    flux: int


class Muet(NamedTuple):
    """Something that we try to tell, and cannot: a channel of alerts."""

    canal: str
    essais: int
    incident: str
    depuis: datetime


@dataclass(frozen=True, slots=True)
class Tableau:
    """The platform at one instant."""

    at: datetime
    attentes: tuple[EnAttente, ...] = ()
    canaux: tuple[Canal, ...] = ()  # of the configured servers; ``arrete``: still so
    ecarts: tuple[EcartConnu, ...] = ()
    disques: tuple[Disque, ...] = ()
    habitudes: Mapping[str, tuple[date, ...]] = field(default_factory=dict)  # days of deposit, by déposant
    refus: tuple[Refus, ...] = ()
    doutees: tuple[RegleDoutee, ...] = ()
    muets: tuple[Muet, ...] = ()
    signalements: tuple[Signalement, ...] = ()  # what déposants were told, and is not over
    ecartees: tuple[FeuilleSuivie, ...] = ()  # official sheets whose compiled form was found to differ


def deadline_of(one: EnAttente) -> datetime | None:
    """When somebody must look at what waits; None when only its sender can end the wait."""
    if one.etape == "RECEPTION":
        return one.echeance
    if held_by_operator(one) and one.prochain_essai is not None:
        return one.prochain_essai + DELAIS[FluxStatut.EN_ATTENTE].duree
    delai = EMISSION if one.etape == "EMISSION" else DELAIS[FluxStatut[one.etape]]
    return one.depuis + delai.duree


def held_by_operator(one: EnAttente) -> bool:
    """Whether somebody wants it to wait until an instant: nobody need be told that it does."""
    return one.raison == ErrorClass.OPERATOR.name and one.prochain_essai is not None
