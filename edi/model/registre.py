"""What is remembered of a delivery, of its invoices and of its answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from edi.model.erreurs import ErrorClass
from edi.model.facture import Partie
from edi.model.statuts import FactureStatut, FluxStatut


@dataclass(frozen=True, slots=True)
class Flux:
    """One delivery: a file that a déposant put into its folder, and what became of it."""

    id: int
    ticket: str
    appli: str
    nom: str
    interface: str
    idflux: str
    sha256: str
    taille: int  # bytes
    recu_le: datetime
    statut: FluxStatut
    tentatives: int = 0
    incident: str = ""  # why it is held, for operators
    rappel_de: int | None = None
    acceptees: int = 0
    rejetees: int = 0
    recues: int | None = None  # invoices that the lot held, however they ended; None: not counted
    proprietaire: str = ""  # the process that has claimed it; void when that process is gone
    jeton: int = 0  # counts the claims: a claim that is not the last one can finish nothing
    classe: ErrorClass | None = None  # of the failure that holds it
    prochain_essai: datetime | None = None  # None while held: somebody must act first
    nature: str = "factures"  # or "statuts": what a destinataire sent; its counts are of statuts

    @property
    def reference(self) -> str:
        """What a déposant knows it by: its flux id, or its file name when the name bears none."""
        return self.idflux or self.nom


@dataclass(frozen=True, slots=True)
class FactureDeposee:
    """An invoice as it is remembered: what identifies it, and its statut (None: not yet decided)."""

    id: int
    flux_id: int
    ordre: int  # sorts the invoices as the flux does
    fichier: str
    rang: int
    numero: str
    type: str
    date: date | None
    fournisseur: Partie
    destinataire: Partie
    service: str
    engagement: str
    marche: str
    devise: str
    ttc: Decimal | None
    statut: FactureStatut | None
    origine: str = ""  # number of the invoice that an avoir says it corrects


@dataclass(frozen=True, slots=True)
class Emission:
    """One return flow: ``numero`` counts without holes per déposant and interface."""

    id: int
    flux_id: int
    appli: str
    interface: str
    numero: int
    nom: str
    cree_le: datetime
    emis_le: datetime | None = None
    sha256: str = ""
    proprietaire: str = ""  # the process that is emitting it
    pas_avant: datetime | None = None  # it is still being filled until then
    accuse: str = ""  # IdStatut (90..96) that its receiver gave it; '' while it has said nothing
    accuse_id: int | None = None  # the flux in which it did


class Processus(NamedTuple):
    """A process at work on this database."""

    id: str  # its name: machine, process id, and a word that no other process has had
    machine: str
    pid: int
    depuis: datetime
    vu_le: datetime  # its last heartbeat
