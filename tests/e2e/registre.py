"""The books of the partners of a simulated month: what they know by themselves, whatever we recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from edi.audit import Ecart
from edi.model import FluxStatut, Partie
from edi.samples import LotSpec

# What must come of a statut that a destinataire says.
PRIS, REDIT, REFUSE = "applied, and told once", "known already: nothing changes", "refused"


@dataclass(frozen=True)
class Envoi:
    """A flux as its sender remembers it, and what must come of it."""

    partenaire: str
    nom: str
    jour: int
    statut: FluxStatut
    factures: Mapping[str, bool] = field(default_factory=dict)  # by prefix and rank: must it be accepted?
    spec: LotSpec | None = None  # what it was made of, where it may be made again
    attend_mandat: bool = False  # nothing in it is to be mended: it is judged again once its mandat is signed


class Recu(NamedTuple):
    """A file that a partner found in its ``out`` and took away."""

    partenaire: str
    nom: str
    data: bytes


class Pivot(NamedTuple):
    """An invoice as its destinataire holds it."""

    idcpro: int  # our number of it
    numero: str
    fournisseur: Partie
    date: date


class Parole(NamedTuple):
    """What a destinataire says of an invoice."""

    facture: Pivot
    id_statut: str
    le: datetime
    motif: str = ""
    effet: str = PRIS


class Contre(NamedTuple):
    """A contre-relevé, and how many differences its answer must tell."""

    deposant: str
    nom: str
    ecarts: int


@dataclass
class Registre:
    """All that the partners know by themselves."""

    envois: list[Envoi] = field(default_factory=list)
    recus: list[Recu] = field(default_factory=list)
    paroles: list[tuple[str, Parole]] = field(default_factory=list)  # with the code of who said it
    contres: list[Contre] = field(default_factory=list)
    reprises: list[str] = field(default_factory=list)  # numbers that came again, to be recycled or completed
    accuses: dict[str, str] = field(default_factory=dict)  # IdStatut said of our pivots, by flux id
    alarmes: list[Ecart] = field(default_factory=list)
    jours: int = 0


def key_of(numero: str) -> str:
    """An invoice by the prefix of its lot and its rank: M00012-XXXXX-0003 -> M00012-0003."""
    return f"{numero.partition('-')[0]}-{numero.rpartition('-')[2]}"
