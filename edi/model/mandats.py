"""What somebody asks of a mandat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edi.model.facture import Identifiant
from edi.model.monde import ActeMandat


@dataclass(frozen=True, slots=True)
class Souscription:
    """A new mandat, as it is asked for."""

    mandant: Identifiant
    mandataire: str  # code appli
    du: date | None = None  # None: today, or the day of its signature when that is before
    soumis: bool = True  # sent to be signed on that very day
    signe_le: date | None = None
    signataire: str = ""


@dataclass(frozen=True, slots=True)
class DemandeMandat:
    """What is to be done to a mandat: SOUMIS, SIGNE or REVOQUE."""

    mandat_id: int
    acte: ActeMandat
    le: date | None = None  # None: today
    signataire: str = ""  # who signs for the fournisseur; '': as it was entered
    raison: str = ""  # of a revocation
