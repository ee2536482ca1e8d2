"""What a destinataire sends back: statuts of invoices, or what became of a flux that we handed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from edi.model.facture import Partie
from edi.model.findings import Place


@dataclass(frozen=True, slots=True)
class StatutRecu:
    """One statut of one invoice, as a flow tells it; nothing is judged yet."""

    rang: int  # position in the flow, from 1
    fournisseur: Partie
    debiteur: Partie
    numero: str
    date: date | None  # of the invoice
    id_statut: str  # two digits where it is a number
    complement: str = ""
    commentaire: str = ""
    horodatage: datetime | None = None  # aware
    mandat: str = ""  # the destinataire's own number of its payment order
    cdv: str = ""  # the code of the reform, where a message of it tells the statut; '' in CPPStatut
    admis: tuple[str, ...] = ()  # in words, what may be said in that format; () in CPPStatut
    place: Place = Place()  # of the unit
    place_statut: Place = Place()


@dataclass(frozen=True, slots=True)
class LigneRecue:
    """One fault that an integration report tells."""

    nature: str
    code: str
    libelle: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class StatutFluxRecu:
    """What became, at the destinataire, of a flux that we emitted."""

    rang: int
    id_flux: str
    id_statut: str  # 90..96
    complement: str = ""
    commentaire: str = ""
    horodatage: datetime | None = None
    lignes: tuple[LigneRecue, ...] = ()
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Retour:
    """A whole flow of statuts: of invoices, or of flux_list, never of both."""

    id_flux: str
    emetteur: str  # application code
    recepteur: str
    produit_le: date | None
    factures: tuple[StatutRecu, ...] = ()
    flux: tuple[StatutFluxRecu, ...] = ()


@dataclass(frozen=True, slots=True)
class Fait:
    """What a destinataire did to an invoice, besides the statut it gave: it is told on as it was said."""

    le: datetime  # when, by the destinataire
    motif: str = ""  # its comment
    complement: str = ""
    mandat: str = ""  # the number of its payment order
    producteur: str = ""  # SIRET of the destinataire
    flux_id: int | None = None  # the flux that told it
    cdv: str = ""  # the code of the reform by which it was told; '' in CPPStatut
