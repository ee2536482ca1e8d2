"""One message of cycle de vie (CDAR) of the reform: who says what of which object.

MDT-n and MDG-n are the numbers that the French model gives to its data. A value that a message does not have
is '' or None: these values hold what foreign messages say too, and nothing here says whether that is legal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PartieCdv:
    """A party of a message. Platforms are anonymous (a role alone), except towards the PPF."""

    role: str = ""  # UNCL 3035: SE, BY, WK, DFH...
    identifiant: str = ""
    schema: str = ""  # list of the identifiant: 0002 SIREN, 0238 matricule of a platform
    nom: str = ""
    adresse: str = ""  # electronic address, MDT-73
    adresse_schema: str = ""  # 0225


@dataclass(frozen=True, slots=True)
class DonneeCdv:
    """A value that a motif is about (MDG-43)."""

    type: str = ""  # MDT-207: MEN, MPA, DIV, DVA...
    terme: str = ""  # MDT-206: BT-152
    modifiee: bool | None = None  # MDT-209
    nom: str = ""  # MDT-211
    lieu: str = ""  # MDT-213: XPath in the invoice
    valeur: str = ""  # MDT-214
    montant: Decimal | None = None  # MDT-215
    devise: str = ""
    taux: Decimal | None = None  # MDT-224, a percentage


@dataclass(frozen=True, slots=True)
class MotifCdv:
    """One reason of a statut, what is asked for it, and the values it is about (MDG-37)."""

    rang: int | None = None  # MDT-124-2, from 1
    code: str = ""  # MDT-113; '' where only values are given (212)
    libelle: str = ""
    action: str = ""  # MDT-121
    action_libelle: str = ""
    notes: tuple[str, ...] = ()  # MDT-126
    donnees: tuple[DonneeCdv, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjetCdv:
    """What a message speaks of, and its statut: one invoice, one file or one flux (MDG-33)."""

    id: str = ""  # MDT-87: number of the invoice; name of the file or flux for a 500 or 501
    statut: str = ""  # MDT-105
    libelle: str = ""  # MDT-106
    code_1373: str = ""  # MDT-88
    type: str = ""  # MDT-91: BT-3 of the invoice
    nature: str = ""  # MDT-97
    recu_le: datetime | None = None  # MDT-95, constant through the life of the object for one party
    date: date | None = None  # MDT-100: BT-2 of the invoice
    vendeur: PartieCdv | None = None  # MDG-40
    motifs: tuple[MotifCdv, ...] = ()


@dataclass(frozen=True, slots=True)
class Cdv:
    """One message. Instants are written and read without a zone: they are local to who handles them."""

    id: str = ""  # MDT-4
    nom: str = ""  # MDT-5
    processus: str = ""  # MDT-2; '' in the copy for the PPF
    profil: str = ""  # MDT-3
    cree_le: datetime | None = None  # MDT-8
    expediteur: PartieCdv | None = None  # MDG-9
    auteur: PartieCdv | None = None  # MDG-16: who gives the statut
    destinataires: tuple[PartieCdv, ...] = ()  # MDG-23
    phase: str = ""  # MDT-77: 305 transmission, 23 treatment
    pose_le: datetime | None = None  # MDT-78: when the statut was given
    objet: ObjetCdv = ObjetCdv()
